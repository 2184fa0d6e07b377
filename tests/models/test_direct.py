"""A training step without a graph: the same bits as with one, and only where it is the same computation."""

from __future__ import annotations

import copy
import gc
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training.step import training_step
from minigrad.cotangent import SparseRows
from minigrad.fold import compiler
from minigrad.fold.compiler.run import compiled
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import SGD, AdaGrad
from models.classifier import Dropout
from models.direct import loss_and_gradients
from tests.minigrad.poison import poison, poisoned_memory

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
VOCABULARY = models.Vocabulary(map(str, range(9)))


class TwoParts(mg.Cell):
    """Without products, so that it is compiled in a moment."""

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any) -> None:
        self.parts = (mg.Part("h", D), mg.Part("c", D, leaf="zero"))
        self.a, self.b = (mg.nn.Parameter(rng.normal(size=D).astype(dtype)) for _ in range(2))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        c = mg.sigmoid(self.a * right.h) * left.c + mg.tanh(left.h + right.c)
        return {"h": mg.tanh(self.b * c) + right.h, "c": c}


def setup(head: str = "root", kind: Any = TwoParts, dtype: Any = np.float32) -> tuple[Any, models.Forest]:
    rng = np.random.default_rng(3)
    model = models.TreeClassifier(kind(6, rng, dtype=dtype), VOCABULARY, 4, rng, head=head)
    model.L.data *= 1e4  # away from zero, where every cell is linear
    lengths = [5, 1, 30, 2]
    forest = models.random_forest(rng, lengths, vocabulary=VOCABULARY, labels=rng.integers(4, size=4))
    if head == "labelled":
        some = rng.random(forest.n_nodes) < 0.6
        label = np.where(some, rng.integers(4, size=forest.n_nodes), -1)
        label[forest.root] = 1
        forest = models.Forest.from_arrays(
            forest.left, forest.right, forest.word, label, forest.root, VOCABULARY
        )
    return model, forest


def gradients(model: Any, states: mg.NodeStates) -> dict[str, np.ndarray]:
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    found.update({f"states.{name}": tensor.grad for name, tensor in states.items()})
    return {name: g.dense() if isinstance(g, SparseRows) else g for name, g in found.items()}


def squash(x: mg.Tensor) -> mg.Tensor:
    return mg.tanh(x)


class Reading(TwoParts):
    """The same equations, in a function that is looked up each time."""

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        c = mg.sigmoid(self.a * right.h) * left.c + mg.tanh(left.h + right.c)
        return {"h": squash(self.b * c) + right.h, "c": c}


Reading.__name__ = "TwoParts"  # hence the same module, compiled already


def test_a_step_notices_when_compose_reads_something_else(monkeypatch):
    model, forest = setup(kind=Reading)
    before = loss_and_gradients(model, forest)
    assert before is not None
    factors = [2.0]
    monkeypatch.setattr(sys.modules[__name__], "squash", lambda x: mg.tanh(factors[0] * x))
    assert loss_and_gradients(model, forest) is None, "a list is read: there is no compiled form"
    monkeypatch.setattr(sys.modules[__name__], "squash", lambda x: mg.tanh(x))
    after = loss_and_gradients(model, forest)
    assert after is not None
    assert after[0] == before[0]


@pytest.mark.parametrize("head", ["root", "labelled"])
@pytest.mark.parametrize(
    "kind", [TwoParts, *(pytest.param(kind, marks=pytest.mark.slow) for kind in (models.RNN, models.RLSTM))]
)
def test_loss_values_and_gradients_are_those_of_the_graph_bit_for_bit(head, kind):
    model, forest = setup(head, kind)
    loss, by_graph = model.loss(forest, "compiled")
    loss.backward()
    expected = gradients(model, by_graph)
    model.zero_grad()
    with poisoned_memory():
        value, states = loss_and_gradients(model, forest)
    assert value == pytest.approx(float(loss), rel=1e-6)
    for name, tensor in by_graph.items():
        np.testing.assert_array_equal(states[name].data, tensor.data)
    found = gradients(model, states)
    assert found.keys() == expected.keys()
    for name, g in expected.items():
        np.testing.assert_array_equal(found[name], g, err_msg=name)
        assert g.any(), "something to compare"
        assert found[name].dtype == np.float32


def test_a_second_minibatch_adds_to_the_gradients():
    model, forest = setup()
    once = gradients(model, loss_and_gradients(model, forest)[1])["Ws"].copy()
    twice = gradients(model, loss_and_gradients(model, forest)[1])
    np.testing.assert_allclose(twice["Ws"], 2 * once, rtol=1e-6)


def test_a_loss_that_is_not_finite_leaves_no_gradient():
    model, forest = setup()
    model.bs.data[...] = np.nan
    value, states = loss_and_gradients(model, forest)
    assert np.isnan(value)
    assert states.h.grad is None
    assert all(parameter.grad is None for parameter in model.parameters())


class Own(models.TreeClassifier):
    """May compute anything."""


def _other_class(model: Any, forest: models.Forest) -> Any:
    model.__class__ = Own
    return loss_and_gradients(model, forest)


def _other_vocabulary(model: Any, forest: models.Forest) -> Any:
    model.vocabulary = models.Vocabulary(reversed(VOCABULARY.words))
    return loss_and_gradients(model, forest)


def _recording(model: Any, forest: models.Forest) -> Any:
    with mg.record_gradients():
        return loss_and_gradients(model, forest)


def _without_gradients(model: Any, forest: models.Forest) -> Any:
    with mg.no_grad():
        return loss_and_gradients(model, forest)


def _lower_table(model: Any, forest: models.Forest) -> Any:
    model.L.data = model.L.data[:5]
    return loss_and_gradients(model, forest)


def _wider_table(model: Any, forest: models.Forest) -> Any:
    model.L.data = np.ones((9, 7), np.float32)
    return loss_and_gradients(model, forest)


def _other_softmax(model: Any, forest: models.Forest) -> Any:
    model.Ws.data = model.Ws.data[:, :5]
    return loss_and_gradients(model, forest)


def _mixed_dtypes(model: Any, forest: models.Forest) -> Any:
    model.bs.data = model.bs.data.astype(np.float64)
    return loss_and_gradients(model, forest)


def _leaves_only(model: Any, forest: models.Forest) -> Any:
    return loss_and_gradients(model, forest.select([1]))


def _no_machine_code(model: Any, forest: models.Forest) -> Any:
    """As under ``NUMBA_DISABLE_JIT=1``: the cell's text runs, which only the graph calls."""
    code = compiled(model.cell, np.float32)
    code.addresses, code._functions = (), {}
    found = loss_and_gradients(model, forest)
    assert np.isfinite(model.loss(forest)[0].item())
    return found


CASES = [
    *(_no_machine_code, _other_class, _other_vocabulary, _recording, _without_gradients),
    *(_lower_table, _wider_table, _other_softmax, _mixed_dtypes, _leaves_only),
]


@pytest.mark.parametrize("case", CASES)
def test_another_computation_is_left_to_the_graph(case):
    model, forest = setup()
    assert case(model, forest) is None
    assert all(parameter.grad is None for parameter in model.parameters())


def test_dropout_is_for_training_only():
    model, forest = setup()
    model.dropout = Dropout(words=0.5, states=0.5, rng=np.random.default_rng(0))
    assert loss_and_gradients(model.eval(), forest) is not None


def test_a_label_that_is_no_class_is_left_to_the_graph_which_names_it():
    model, forest = setup()
    bad = models.Forest.from_arrays(
        forest.left, forest.right, forest.word, np.full(forest.n_nodes, 7), forest.root, VOCABULARY
    )
    loss_and_gradients(model, forest)
    gc.collect()  # what the compiler left behind at the first call may hold that call's memory
    code = compiled(model.cell, np.float32)
    model.zero_grad()
    loss_and_gradients(model, forest)
    model.zero_grad()
    kept = len(code.rooms._free)
    assert kept
    assert loss_and_gradients(model, bad) is None
    assert len(code.rooms._free) == kept, "memory comes back"
    with pytest.raises(ValueError, match=r"has the label 7; the classes are 0\.\.3"):
        training_step(model, SGD(model.parameters(), lr=0.1), bad, "compiled")
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_graph_that_is_not_there_says_so():
    model, forest = setup()
    _, states = loss_and_gradients(model, forest)
    with pytest.raises(mg.GraphError, match="freed by an earlier backward"):
        mg.sum(states.h).backward()


def test_an_encoder_trains_in_mode_compiled_by_the_graph():
    class Doubled(models.Encoder):
        parts, right_parts = (mg.Part("h", 6, leaf="zero"),), (mg.Part("x", 6),)

        def __init__(self) -> None:
            self.cell = models.Elman(6, np.random.default_rng(0))

        def fold(self, forest, leaves, mode="level"):
            h = mg.fold(self.cell, forest, leaves, "level")["h"]
            return mg.NodeStates({"h": (h + h).retain_grad()})

    model = models.TreeClassifier(Doubled(), VOCABULARY, 4, np.random.default_rng(1))
    chains = models.chain_forest([1, 2, 3], [3], VOCABULARY, labels=[-1, -1, 2])
    assert loss_and_gradients(model, chains) is None


class Modulated(mg.Cell):
    """A chain whose words multiply the state, so that derivatives by states depend on words; no products."""

    parts, right_parts = (mg.Part("h", 6, leaf="zero"),), (mg.Part("x", 6),)

    def __init__(self, rng: np.random.Generator) -> None:
        self.v, self.w = (mg.nn.Parameter(rng.normal(size=6).astype(np.float32)) for _ in range(2))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        """Return h."""
        return mg.tanh(self.v * left.h + self.w * (left.h + 1) * right.x + left.h * right.x)


@pytest.mark.parametrize("mode", ["compiled", "level"])
def test_a_chain_s_states_keep_their_gradients_when_the_words_have_been_updated(mode, monkeypatch):
    rng = np.random.default_rng(3)
    model = models.TreeClassifier(Modulated(rng), VOCABULARY, 4, rng)
    model.L.data *= 1e4
    chains = models.chain_forest([1, 2, 3, 2, 5, 6], [4, 2], VOCABULARY, labels=[-1, -1, -1, 2, -1, 1])
    with monkeypatch.context() as m:
        poison(m, "minigrad.fold.compiler.evaluation")
        loss, by_graph = model.loss(chains, mode)
        loss.backward()
        expected = gradients(model, by_graph)
    model.zero_grad()
    with poisoned_memory():
        _, states = loss_and_gradients(model, chains)
    SGD(model.parameters(), lr=0.5).step()
    found = gradients(model, states)
    for name, g in expected.items():
        np.testing.assert_allclose(found[name], g, rtol=1e-5, atol=1e-6, err_msg=name)
    words = np.setdiff1d(np.flatnonzero(chains.left < 0), chains.left)
    assert not states.h.grad[words].any(), "words are no states"
    assert states.h.grad[chains.left[chains.left >= 0].min()].any(), "the state before the first word is one"


SCRIPT = """
import json, warnings
import numpy as np
from tests.models.test_direct import loss_and_gradients, setup
model, forest = setup()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    value, _ = loss_and_gradients(model, forest)
print(json.dumps([value, float(np.abs(model.Ws.grad).sum()), [str(w.message) for w in caught]]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["driver_*.code", "fold_*.code"])
def test_machine_code_that_was_damaged_is_compiled_again(pattern, tmp_path):
    def run() -> Any:
        environment = {**os.environ, "MINIGRAD_CACHE_DIR": str(tmp_path)}
        environment.pop("NUMBA_CACHE_DIR", None)
        root = Path(__file__).parents[2]
        out = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=root,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        *result, warned = json.loads(out.stdout)
        return result, warned

    first, warned = run()
    assert not warned
    damaged = list(tmp_path.rglob(pattern))
    assert len({path.parent for path in damaged}) == 1
    for path in damaged:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again, warned = run()
    assert again == first
    assert len(warned) == 1
    assert run() == (first, [])


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
def test_every_step_is_made_by_the_machine_code_that_is_kept(dtype: Any) -> None:
    """With arguments of other types than it was compiled for, every process would compile it again."""
    for head in ("root", "labelled"):
        assert loss_and_gradients(*setup(head, dtype=dtype)) is not None
    assert len(compiler.driver(np.dtype(dtype)).overloads) == 1


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
}


@pytest.mark.parametrize("mode", ["compiled", "level"])
@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_a_copied_classifier_learns_as_the_original_would(how: Any, mode: str) -> None:
    """All its parameters move, and nothing that the original has compiled, packed or kept is shared."""
    model, forest = setup()
    optimizer = AdaGrad(model.parameters(), lr=0.05)
    training_step(model, optimizer, forest, mode)
    start = model.state_dict()
    (other, theirs), again = how((model, optimizer)), how(forest)
    runs = [(model, optimizer, forest), (other, theirs, again)]
    losses = [[training_step(*run, mode)[0] for run in runs] for _ in range(3)]  # in turns
    for a, b in losses:
        assert a == pytest.approx(b, rel=1e-6)
    for (name, p), (_, q) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        assert np.abs(q.data - start[name]).max() > 1e-3, f"{name} has moved"
        np.testing.assert_allclose(p.data, q.data, rtol=2e-5, err_msg=name)


def test_a_copy_is_not_moved_by_the_original() -> None:
    model, forest = setup()
    optimizer = AdaGrad(model.parameters(), lr=0.05)
    training_step(model, optimizer, forest)
    other = copy.deepcopy(model)
    before = other.state_dict()
    loss = other.loss(forest)[0].item()
    training_step(model, optimizer, forest)
    assert other.loss(forest)[0].item() == loss
    for name, values in other.state_dict().items():
        np.testing.assert_array_equal(values, before[name])


def test_states_are_not_copied() -> None:
    model, forest = setup()
    for _, states in (loss_and_gradients(model, forest), model.loss(forest, "level")):
        for how in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(mg.GraphError, match=r"can't be copied.*copy their values"):
                how(states)


@pytest.mark.parametrize("mode", ["compiled", "level"])
def test_there_is_no_loss_over_no_nodes(mode: str) -> None:
    """Training would go on without moving."""
    model, forest = setup("labelled")
    none = models.Forest.from_arrays(
        forest.left, forest.right, forest.word, np.full(forest.n_nodes, -1), forest.root, VOCABULARY
    )
    with pytest.raises(ValueError, match=r"no loss over no nodes: none of these 4 trees has a label"):
        training_step(model, SGD(model.parameters(), lr=0.1), none, mode)
    with pytest.raises(ValueError, match="nothing to classify"):
        model.predict(none, mode)
