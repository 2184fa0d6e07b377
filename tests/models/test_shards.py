"""Large minibatches in shards, by several threads: the same bits for every number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training import fit, training_step
from minigrad.cotangent import as_dense
from minigrad.fold.shards import SIZE, shard_count, shards
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import SGD, AdaGrad
from models.direct import loss_and_gradients
from tests.models.test_direct import TwoParts

compiled_only = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
VOCABULARY = models.Vocabulary(map(str, range(40)))
TREES = 90


class Dropping(TwoParts):
    """With a mask for every node."""

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any) -> None:
        super().__init__(D, rng, dtype)
        self.drop = mg.nn.Dropout(0.4, np.random.default_rng(8))

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return both parts."""
        state = super().compose(left, right)
        return {"h": self.drop(state["h"]), "c": state["c"]}


def setup(head: str = "root", kind: Any = TwoParts, dtype: Any = np.float32) -> tuple[Any, models.Forest]:
    rng = np.random.default_rng(5)
    if kind is models.LSTM:
        lengths = rng.integers(1, 60, TREES)
        labels = np.full(lengths.sum(), -1)
        labels[np.cumsum(lengths) - 1] = rng.integers(4, size=TREES)
        words = rng.integers(len(VOCABULARY), size=len(labels))
        forest = models.chain_forest(words, lengths, VOCABULARY, labels=labels)
    else:
        labels = rng.integers(4, size=TREES)
        lengths = rng.integers(1, 60, TREES)
        forest = models.random_forest(rng, lengths, vocabulary=VOCABULARY, labels=labels)
    if head == "labelled":
        label = np.where(rng.random(forest.n_nodes) < 0.3, rng.integers(4, size=forest.n_nodes), -1)
        label[: forest.root[TREES // 2]] = -1  # some trees, perhaps a whole shard, have none
        forest = models.Forest.from_arrays(
            forest.left, forest.right, forest.word, label, forest.root, VOCABULARY
        )
    model = models.TreeClassifier(kind(6, rng=rng, dtype=dtype), VOCABULARY, 4, rng, head=head)
    model.L.data *= 1e4  # away from zero, where every cell is linear
    return model, forest


def results(model: Any, loss: float, states: mg.NodeStates) -> dict[str, np.ndarray]:
    found = {name: as_dense(parameter.grad) for name, parameter in model.named_parameters()}
    for name, tensor in states.items():
        found |= {f"states.{name}": tensor.data, f"states.{name}.grad": tensor.grad}
    return {**found, "loss": np.array(loss)}


@pytest.mark.parametrize("size", [1, 30, SIZE])
def test_every_tree_is_in_one_shard_whole_and_shards_are_of_about_equal_size(size):
    _, forest = setup()
    found = shards(forest, size, ready=1)
    count = min(-(-(forest.n_nodes // 2) // size), np.count_nonzero(forest.height[forest.root]))
    assert len(found) == count > 1
    assert all((shard.left >= 0).any() for shard in found)
    np.testing.assert_array_equal(np.sort(np.concatenate([s.rows for s in found])), np.arange(forest.n_nodes))
    for shard in found:
        inner = shard.left >= 0
        for side in ("left", "right"):
            children = getattr(shard, side)
            np.testing.assert_array_equal(
                shard.rows[children[inner]], getattr(forest, side)[shard.rows[inner]]
            )
            np.testing.assert_array_equal(children[~inner], -1)
        np.testing.assert_array_equal(shard.height, forest.height[shard.rows])
        np.testing.assert_array_equal(np.isin(shard.rows, forest.root).nonzero()[0], shard.root)
    sizes = [len(shard.rows) for shard in found]
    assert max(sizes) - min(sizes) <= np.diff(forest.root, prepend=-1).max()


def test_a_small_forest_and_a_single_tree_are_not_cut():
    rng = np.random.default_rng(0)
    assert not shards(models.random_forest(rng, [SIZE + 1], vocabulary=VOCABULARY))
    assert not shards(models.random_forest(rng, [3 * SIZE], vocabulary=VOCABULARY))
    assert len(shards(models.random_forest(rng, [SIZE + 1, 2], vocabulary=VOCABULARY))) == 2


@compiled_only
def test_no_shard_has_leaves_only():
    """Compiled code would find no node in it, and leave the weights' gradients as its buffers had them."""
    rng = np.random.default_rng(0)
    for lengths, count in (([SIZE + 2, 1, 1, 1], 0), ([SIZE + 2, 1, 1, 3], 2)):
        labels = rng.integers(4, size=len(lengths))
        forest = models.random_forest(rng, lengths, vocabulary=VOCABULARY, labels=labels)
        assert len(shards(forest)) == count
        model = models.TreeClassifier(models.RNN(6, rng=rng, dtype=np.float64), VOCABULARY, 4, rng)
        model.L.data *= 1e4
        small = models.random_forest(rng, [9, 9], vocabulary=VOCABULARY, labels=np.zeros(2, int))
        loss_and_gradients(model, small)  # leaves something in the buffers
        model.zero_grad()
        direct = results(model, *loss_and_gradients(model, forest))
        model.zero_grad()
        loss, states = model.loss(forest, "level")
        loss.backward()
        for name, expected in results(model, float(loss), states).items():
            assert np.abs(direct[name] - expected).max() <= 1e-12 * np.abs(expected).max(), name


def test_chains_are_cut_only_if_there_are_many():
    for chains, length, count in ((20, 100, 1), (31, 100, 1), (32, 100, 2), (64, 100, 4), (200, 29, 5)):
        words = np.ones(chains * length, np.intp)
        forest = models.chain_forest(words, [length] * chains, VOCABULARY)
        assert shard_count(forest) == count
        assert len(shards(forest)) == (count if count > 1 else 0)


@compiled_only
@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("root", TwoParts),
        ("labelled", TwoParts),
        ("root", Dropping),
        ("root", models.LSTM),
        ("root", models.RLSTM),
    ],
)
def test_results_are_the_same_bits_for_every_number_of_threads(head, kind):
    expected = None
    for threads in (1, 2, 3, 4):
        model, forest = setup(head, kind)
        assert len(shards(forest)) > 1
        found = results(model, *loss_and_gradients(model, forest, threads))
        expected = expected or found
        for name, values in expected.items():
            assert found[name].tobytes() == values.tobytes(), (threads, name)


@compiled_only
@pytest.mark.parametrize(
    ("head", "kind"), [("root", TwoParts), ("labelled", TwoParts), ("root", Dropping), ("root", models.LSTM)]
)
def test_shards_compute_what_the_graph_computes_in_one_piece(head, kind):
    model, forest = setup(head, kind, np.float64)
    direct = results(model, *loss_and_gradients(model, forest, 2))
    model, forest = setup(head, kind, np.float64)  # so that masks are drawn again
    loss, states = model.loss(forest, "level")
    loss.backward()
    for name, expected in results(model, float(loss), states).items():
        assert np.abs(direct[name] - expected).max() <= 1e-12 * np.abs(expected).max(), name


@compiled_only
def test_a_loss_that_is_not_finite_in_one_shard_moves_nothing():
    model, forest = setup()
    model.L.data[7] = np.nan
    loss, states = loss_and_gradients(model, forest, 2)
    assert np.isnan(loss)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert states.h.grad is None
    assert np.isnan(states.h.data).any()
    assert np.isfinite(states.h.data).any()


@compiled_only
def test_a_label_that_is_no_class_is_left_to_the_graph():
    model, forest = setup()
    label = forest.label.copy()
    label[forest.root[-1]] = 4
    bad = models.Forest.from_arrays(forest.left, forest.right, forest.word, label, forest.root, VOCABULARY)
    assert loss_and_gradients(model, bad, 2) is None
    assert model.L.grad is None


@compiled_only
def test_two_threads_may_run_one_cell_at_the_same_time():
    model, forest = setup(kind=models.RLSTM)
    leaves = mg.tensor(np.random.default_rng(0).normal(size=((forest.left < 0).sum(), 6)).astype(np.float32))

    def states(_: int) -> bytes:
        return mg.fold(model.cell, forest, leaves, "compiled").h.data.tobytes()

    expected = states(0)
    with ThreadPoolExecutor(2) as executor:
        assert set(executor.map(states, range(20))) == {expected}


@compiled_only
def test_training_gives_the_same_parameters_for_every_number_of_threads():
    trained = []
    for threads in (1, 2):
        model, forest = setup()
        fit(
            model, AdaGrad(model.parameters(), lr=0.05), forest, forest,
            batch_size=TREES, rng=np.random.default_rng(0), max_epochs=2, patience=2, threads=threads,
        )  # fmt: skip
        trained.append(b"".join(values.tobytes() for values in model.state_dict().values()))
    assert trained[0] == trained[1]


def test_more_than_one_thread_is_refused_where_a_graph_is_walked():
    model, forest = setup()
    step = partial(training_step, model, SGD(model.parameters(), lr=0.1), forest)
    with pytest.raises(
        ValueError, match="mode 'level' is computed through a graph, by one thread: threads=2"
    ):
        step("level", threads=2)
    with pytest.raises(ValueError, match="a penalty is computed through a graph"):
        step(threads=2, penalty=lambda forest, states: (states.h * states.h).sum())
    with pytest.raises(ValueError, match="threads is at least 1"):
        step(threads=0)
