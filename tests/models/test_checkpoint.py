from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.nn import Parameter, StateError, load_npz, save_npz
from models.cells import CELLS, RNN
from models.chains import as_chains
from models.classifier import TreeClassifier
from models.forest import Forest
from models.shapes import random_forest
from models.tree import Tree
from models.vocabulary import Vocabulary

WORDS = Vocabulary(["not", "good", "naïve", "", "a b", "\ud800"], unknown="<unk>")
FOREST = Forest([Tree.parse("(1 (1 not) (0 (1 good) (1 strange)))"), Tree.parse("(0 good)")], WORDS)


class Sum(mg.Cell):
    """A cell of the user's own."""

    def __init__(self, width: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.settings = {"width": width}
        self.parts = (mg.Part("v", width),)
        self.W = Parameter(mg.nn.initial("orthogonal", rng, (width, width), dtype))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        return mg.tanh((left.v + right.v) @ self.W.T)


def classifier(
    cell: Any = RNN, head: str = "root", dtype: Any = np.float32, **options: Any
) -> TreeClassifier:
    rng = np.random.default_rng(3)
    model = TreeClassifier(cell(3, rng, dtype=dtype, **options), WORDS, 2, rng, head)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape)
    return model


def same(one: TreeClassifier, other: TreeClassifier) -> None:
    forest = FOREST if one.cell.right_parts is None else as_chains(FOREST)
    for a, b in zip(one(forest, "level"), other(forest, "level"), strict=True):
        pairs = [(a, b)] if isinstance(a, mg.Tensor) else [(a[name], b[name]) for name in a]
        for ours, theirs in pairs:
            assert ours.data.tobytes() == theirs.data.tobytes()
            assert ours.dtype == theirs.dtype
    assert np.array_equal(one.predict(forest, "level"), other.predict(forest, "level"))


@pytest.mark.parametrize("head", ["root", "labelled"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", CELLS)
def test_a_loaded_model_predicts_the_same_bits(tmp_path: Path, kind: str, dtype: Any, head: str) -> None:
    model = classifier(CELLS[kind], head, dtype)
    path = models.save(tmp_path / "model.npz", model)
    loaded = models.load(path)
    same(model, loaded)
    assert loaded.vocabulary == WORDS
    assert (loaded.head, loaded.classes, type(loaded.cell)) == (head, 2, CELLS[kind])
    assert list(tmp_path.iterdir()) == [path]


def test_the_activation_is_kept(tmp_path: Path) -> None:
    model = classifier(f="softsign")
    loaded = models.load(models.save(tmp_path / "m", model))
    assert loaded.cell.settings == {"D": 3, "f": "softsign", "leaf_weights": "shared"}
    same(model, loaded)


def test_loading_and_saving_again_gives_the_same_arrays(tmp_path: Path) -> None:
    first = models.save(tmp_path / "first", classifier())
    second = models.save(tmp_path / "second", models.load(first))
    a, b = load_npz(first), load_npz(second)
    assert list(a) == list(b)
    assert all(a[name].tobytes() == b[name].tobytes() for name in a)


def test_a_cell_of_one_s_own_is_loaded_by_its_class(tmp_path: Path) -> None:
    model = classifier(Sum)
    path = models.save(tmp_path / "m", model)
    same(model, models.load(path, cells={"Sum": Sum}))
    with pytest.raises(StateError, match=r"holds a Sum, which is not one of RNN, RLSTM, .*cells=\{name"):
        models.load(path)


class Plain(Sum):
    """A cell that has one dtype, and no argument for it."""

    def __init__(self, width: int, rng: np.random.Generator) -> None:
        super().__init__(width, rng)


def test_a_cell_need_not_take_a_dtype_to_be_loaded(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    model = TreeClassifier(Plain(3, rng), WORDS, 2, rng)
    path = models.save(tmp_path / "m", model)
    same(model, models.load(path, cells={"Plain": Plain}))


def test_a_cell_without_settings_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    model = classifier(Sum)
    del model.cell.settings
    with pytest.raises(TypeError, match="Sum has no `settings`; set it in __init__"):
        models.save(tmp_path / "m", model)
    assert list(tmp_path.iterdir()) == []


def test_sizes_from_numpy_can_be_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    model = TreeClassifier(RNN(np.int64(3), rng), WORDS, FOREST.label.max() + 1, rng)
    same(model, models.load(models.save(tmp_path / "m", model)))


def test_a_large_random_forest_is_predicted_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    forest = random_forest(rng, rng.integers(1, 30, 20), vocabulary=WORDS)
    model = classifier()
    loaded = models.load(models.save(tmp_path / "m", model))
    np.testing.assert_array_equal(model.predict(forest, "level"), loaded.predict(forest, "level"))


def test_a_loaded_model_looks_words_up_in_the_same_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = Vocabulary(["Not", "not", "good", "rare", "good"], unknown="UNK", lower=True, min_count=2)
    model = TreeClassifier(RNN(3, rng), words, 2, rng)
    loaded = models.load(models.save(tmp_path / "m", model))
    assert loaded.vocabulary == words
    assert loaded.vocabulary.counts == words.counts == (2, 2, 1)
    forest = Forest([Tree.parse("(1 (NOT) ((Good) (rare)))")])  # with a vocabulary of its own
    assert loaded.vocabulary.lookup(["NOT", "Good", "rare", "UNK"]).tolist() == [0, 1, 2, 2]
    assert model(forest, "level")[0].data.tobytes() == loaded(forest, "level")[0].data.tobytes()


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, np.ndarray]:
    return load_npz(models.save(tmp_path / "whole.npz", classifier()))


def header(parts: dict[str, np.ndarray], **changes: Any) -> np.ndarray:
    content = json.loads(parts["header"].tobytes()) | changes
    return np.frombuffer(json.dumps(content).encode(), np.uint8)


HEADERS = {
    "another format": {"format": "somebody/2"},
    "too few words": {"vocabulary": ["good"]},
    "words that are none": {"vocabulary": [1, 2, 3]},
    "repeated words": {"vocabulary": ["good"] * 7},
    "too few counts": {"counts": [1]},
    "counts that are none": {"counts": ["one"] * 7},
    "negative counts": {"counts": [-1] * 7},
    "words in a case that is never looked up": {"vocabulary": list("ABCDEFG"), "lower": True},
    "other sizes": {"settings": {"D": 4, "f": "tanh"}},
    "an unknown setting": {"settings": {"D": 3, "depth": 1}},
    "an unknown activation": {"settings": {"D": 3, "f": "mish"}},
    "no settings": {"settings": None},
    "other classes": {"classes": 3},
    "classes that are no number": {"classes": "two"},
    "an unknown head": {"head": "all"},
    "another cell": {"cell": "RLSTM"},
    "a cell that is no name": {"cell": ["RNN"]},
}


@pytest.mark.parametrize("changes", HEADERS.values(), ids=HEADERS)
def test_a_description_that_does_not_fit_is_a_state_error(
    tmp_path: Path, parts: dict[str, np.ndarray], changes: dict[str, Any]
) -> None:
    path = save_npz(tmp_path / "changed.npz", {**parts, "header": header(parts, **changes)})
    with pytest.raises(StateError):
        models.load(path)


@pytest.mark.parametrize("missing", ["header", "parameter:Ws", "parameter:cell.b"])
def test_a_missing_array_is_a_state_error(tmp_path: Path, parts: dict[str, np.ndarray], missing: str) -> None:
    del parts[missing]
    with pytest.raises(StateError):
        models.load(save_npz(tmp_path / "less.npz", parts))


@pytest.mark.parametrize("name", ["header", "parameter:Ws", "parameter:L"])
@pytest.mark.parametrize("values", [np.zeros(()), np.array(["text"]), np.zeros(3), np.zeros((2, 3), complex)])
def test_an_array_of_another_kind_is_a_state_error(
    tmp_path: Path, parts: dict[str, np.ndarray], name: str, values: np.ndarray
) -> None:
    with pytest.raises(StateError):
        models.load(save_npz(tmp_path / "other.npz", {**parts, name: values}))


def test_another_npz_is_named(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "data.npz", {"X": np.eye(2)})
    with pytest.raises(StateError, match=r"data\.npz is not a minigrad\.TreeClassifier/2 file"):
        models.load(path)


def test_damage_and_truncation_are_state_errors(tmp_path: Path) -> None:
    path = models.save(tmp_path / "m", classifier())
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(StateError):
            models.load(path)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(StateError):
        models.load(path)


opened = []


class Flag:
    def __reduce__(self) -> Any:
        return opened.append, ("unpickled",)


def test_pickles_are_refused_and_not_opened(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, **{**parts, "header": np.array([Flag()], dtype=object)})
    with pytest.raises(StateError):
        models.load(path)
    assert opened == []


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        models.load(tmp_path / "nothing")


def test_an_unwritable_path_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first")
    for place in ("missing/m", "file/m"):
        with pytest.raises(OSError, match="can't write m into"):
            models.save(tmp_path / place, classifier())
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]
    assert (tmp_path / "file").read_text() == "here first"
