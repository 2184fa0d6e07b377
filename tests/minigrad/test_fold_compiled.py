"""Mode compiled beside mode node, where the contract does not look: chunks, leaves' memories, work memory."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import models
from minigrad.fold.compiler import memory as work
from minigrad.fold.compiler.abi import Call
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.evaluation import Evaluation
from minigrad.fold.compiler.memory import LINE, Buffer, padded
from minigrad.fold.compiler.run import FOLD, compiled
from minigrad.fold.compiler.writer import CHUNK
from minigrad.optim import AdaGrad
from tests.minigrad.fold_contract.cells import (
    ContractCell,
    E,
    Memory,
    Product,
    SharedMatrix,
    Simple,
    ThreeParts,
)
from tests.minigrad.fold_contract.forests import FIXED, PAIR, Trees, grow, left_chain, right_chain
from tests.minigrad.fold_contract.reference import TOLERANCE, Arrays, Case, close, dense
from tests.minigrad.poison import poison

VOCABULARY = models.Vocabulary(["a"])


class RNN(models.RNN):
    parts = (mg.Part("h", E),)

    def __init__(self, rng: np.random.Generator, dtype: Any = np.float64) -> None:
        super().__init__(E, rng, dtype=dtype)


class RLSTM(models.RLSTM):
    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))

    def __init__(self, rng: np.random.Generator, dtype: Any = np.float64) -> None:
        super().__init__(E, rng, dtype=dtype)


CELLS: Any = {kind.__name__: kind for kind in (RNN, RLSTM, Product, ThreeParts, SharedMatrix)}


def random_trees(seed: int, lengths: list[int], shape: str = "uniform_shape") -> Trees:
    forest = models.random_forest(np.random.default_rng(seed), lengths, shape, vocabulary=VOCABULARY)
    return Trees(forest.left, forest.right)


BIG = random_trees(0, [1, 60, 1, 2, *[20] * 15, 200])  # chunks, one-leaf trees, a long one, any kind of child
INNER = len(BIG.left) - BIG.n_leaves


def beside(case: Case, other: str = "node") -> Iterator[tuple[Arrays, Arrays]]:
    """Values and gradients, compiled and otherwise, after a look that nothing was refused."""
    assert isinstance(compiled(case.cell, case.L.dtype), CompiledCell)
    return zip(case.fold("compiled"), case.fold(other), strict=True)


each = pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        pytest.param(
            kind,
            dtype,
            id=f"{kind.__name__}-{dtype.__name__}",
            marks=[pytest.mark.slow] * (dtype is np.float32 and kind is not RLSTM),
        )
        for kind in CELLS.values()
        for dtype in (np.float64, np.float32)
    ],
)


@each
@settings(max_examples=8, derandomize=True, deadline=None)
@given(
    seed=st.integers(0, 1000),
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    shape=st.sampled_from(sorted(models.SHAPES)),
)
def test_random_forests_agree_with_node_mode(kind, dtype, seed, lengths, shape):
    case = Case(kind, random_trees(seed, lengths, shape), dtype, seed)
    for got, expected in beside(case):
        close(got, expected, TOLERANCE[dtype])


@each
def test_a_forest_of_several_chunks_agrees_with_node_mode(kind, dtype):
    assert INNER > 2 * CHUNK
    for got, expected in beside(Case(kind, BIG, dtype)):
        close(got, expected, TOLERANCE[dtype])


@pytest.mark.parametrize("n", [2, 8, 9, 32, 33, CHUNK, CHUNK + 1, CHUNK + 2, 2 * CHUNK + 1])
def test_chunks_and_tiles_end_anywhere(n):
    """n − 1 inner nodes: in tiles of one, in full tiles, and all of them ready at once."""
    for trees in (left_chain(n), right_chain(n), random_trees(n, [n], "balanced"), grow(*[PAIR] * (n - 1))):
        for got, expected in beside(Case(Memory, trees), "level"):
            close(got, expected, 1e-12)


def test_the_fold_is_one_operation_of_the_graph():
    states = mg.fold(Simple(np.random.default_rng(0)), grow(PAIR), np.zeros((2, E)), "compiled")
    assert [node.op for node in states.h.node.parents] == [FOLD]


class Chain(ContractCell):
    """Reads words narrower than its state; `n` counts steps."""

    parts = (mg.Part("h", 4), mg.Part("n", 1))
    right_parts = (mg.Part("x", 2), mg.Part("zero", 3, leaf="zero"))
    shapes = {"U": (4, 2), "V": (4, 2), "W": (4, 4), "Z": (4, 3), "b": (4,)}  # noqa: RUF012

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        h = mg.tanh(right.x @ self.U.T + left.h @ self.W.T + right.zero @ self.Z.T + self.b)
        return {"h": mg.sigmoid(right.x @ self.V.T) * h, "n": left.n + 1}


@pytest.mark.parametrize("n", [2, 5, 300])
def test_chains_read_their_words(n, monkeypatch):
    poison(monkeypatch, "minigrad.fold.compiler.evaluation")
    cell = Chain(np.random.default_rng(0))
    assert isinstance(compiled(cell, np.float64), CompiledCell)
    trees = random_trees(0, [n, 1, 3], "left_chain")
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(n + 4, 2)), rng.normal(size=(len(trees.left), 4))

    def gradients(mode: str) -> Arrays:
        cell.zero_grad()
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, mode)
        (mg.sum(w * states.h) + mg.sum(states.n * states.n)).backward()
        tensors = {"leaves": leaves, **dict(cell.named_parameters()), **states}
        return {**{name: dense(t) for name, t in tensors.items()}, "values": states.h.data}

    close(gradients("compiled"), gradients("node"), 1e-12)


class Dropped(ContractCell):
    """Dropout before a product, after it, and of the state."""

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))
    shapes = {"W1": (E, E), "W2": (E, E), "b": (E,)}  # noqa: RUF012
    generator: Any = None

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        first = mg.dropout(left.h, 0.5, self.generator)
        h = mg.tanh(
            first @ self.W1.T + mg.dropout(right.h @ self.W2.T + right.c, 0.25, self.generator) + self.b
        )
        return {"h": mg.dropout(h, 0.125, self.generator), "c": left.c + h}


def test_dropout_draws_what_node_mode_draws():
    def seeded() -> Case:
        case = Case(Dropped, BIG)
        case.cell.generator = np.random.default_rng(3)
        return case

    case, other = seeded(), seeded()
    assert isinstance(compiled(case.cell, np.float64), CompiledCell)
    for got, expected in zip(case.fold("compiled"), other.fold("node"), strict=True):
        close(got, expected, 1e-12)
    assert case.cell.generator.random() == other.cell.generator.random()


# -- the derivatives by the memory of leaves, which are computed when somebody looks -------------------


def memories(mode: str, before_look: Callable[[mg.Cell], None] = lambda cell: None) -> Arrays:
    case = Case(Memory, BIG)
    leaves = mg.tensor(case.L[case.words], requires_grad=True)
    states = mg.fold(case.cell, case.trees, leaves, mode)
    sum((mg.sum(w * states[p]) for p, w in case.weights.items()), start=mg.tensor(0.0)).backward()
    before_look(case.cell)
    return {name: dense(states[name]) for name in states}


def train_and_fold_again(cell: mg.Cell) -> None:
    AdaGrad(cell.parameters(), lr=0.5).step()
    for trees in (FIXED["leaves and trees"], left_chain(300)):
        case = Case(Memory, trees)
        case.cell = cell
        case.fold("compiled")


def test_a_look_later_sees_the_derivatives_of_then():
    close(memories("compiled", train_and_fold_again), memories("node"), 1e-12)


def test_a_look_costs_one_more_pass_and_none_if_nobody_looks(monkeypatch):
    case = Case(Memory, grow(PAIR, (PAIR, None)))
    code = compiled(case.cell, np.float64)
    passes = []
    call = code.call

    def counted(function: str, given: Call) -> None:
        if function == "backward":
            passes.append(given.complete)
        call(function, given)

    monkeypatch.setattr(code, "call", counted)
    states = mg.fold(case.cell, case.trees, case.L[case.words], "compiled")
    mg.sum(states.h * states.c).backward()
    dense(states.h)
    assert passes == [False]
    first = dense(states.c)
    assert passes == [False, True]
    assert dense(states.c) is first
    assert passes == [False, True]


@pytest.mark.parametrize("looks", [(), ("first",), ("second",), ("first", "second")])
def test_every_backward_leaves_its_own_derivatives(looks):
    case = Case(Memory, grow((PAIR, None), PAIR))

    def run(mode: str) -> list[Arrays]:
        states = mg.fold(case.cell, case.trees, mg.tensor(case.L[case.words], requires_grad=True), mode)
        losses = {
            "first": mg.sum(case.weights["h"] * states.h),
            "second": mg.sum(mg.exp(states.c * states.h)),
        }
        seen = []
        for name, loss in losses.items():
            loss.backward(retain_graph=True)
            if name in looks or mode == "node":
                seen.append({part: dense(states[part]).copy() for part in states})
        return seen

    expected = dict(zip(("first", "second"), run("node"), strict=True))
    for name, got in zip(looks, run("compiled"), strict=True):
        close(got, expected[name], 1e-12)


def test_a_gradient_may_be_set_and_removed():
    case = Case(Memory, grow(PAIR))
    states = mg.fold(case.cell, case.trees, case.L[case.words], "compiled")
    mg.sum(states.c).backward()
    states.c.grad = None
    assert states.c.grad is None
    states.c.grad = np.ones((3, E))
    assert (states.c.grad == 1).all()


# -- work memory --------------------------------------------------------------------------------------


def runs_of(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Any]]:
    """The runs to come."""
    seen: list[weakref.ref[Any]] = []
    start = Evaluation.__init__

    def watched(self: Evaluation, *arguments: Any) -> None:
        seen.append(weakref.ref(self))
        start(self, *arguments)

    monkeypatch.setattr(Evaluation, "__init__", watched)
    return seen


USES: dict[str, Callable[[mg.NodeStates], Any]] = {
    "nothing": lambda states: None,
    "backward": lambda states: mg.sum(states.h * states.c).backward(),
    "a look": lambda states: (mg.sum(states.h * states.c).backward(), states.c.grad),
    "graph retained": lambda states: (mg.sum(states.h).backward(retain_graph=True), states.c.grad),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("recording", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_memory_comes_back_without_the_garbage_collector(use, recording, monkeypatch):
    case = Case(Memory, BIG)
    code = compiled(case.cell, np.float64)
    case.fold("compiled")  # compiled here, since the compiler needs the garbage collector
    seen = runs_of(monkeypatch)
    gc.collect()
    gc.disable()
    try:
        if recording:
            states = mg.fold(
                case.cell, case.trees, mg.tensor(case.L[case.words], requires_grad=True), "compiled"
            )
            memory = weakref.ref(seen[0]()._memory)
            use(states)
        else:
            with mg.no_grad():
                states = mg.fold(case.cell, case.trees, case.L[case.words], "compiled")
            memory = weakref.ref(code._pool[-1])
            assert seen[0]() is None, "without a graph, nothing needs it"
        del states
        assert [run() for run in seen] == [None]
        assert any(memory() is kept for kept in code._pool), "for the next run"
    finally:
        gc.enable()


def test_memory_that_was_given_back_is_used_again_and_two_or_a_little_is_kept(monkeypatch):
    monkeypatch.setattr(sys.modules[CompiledCell.__module__], "SPARE", 1)
    case = Case(Memory, BIG)
    code = compiled(case.cell, np.float64)
    states = [mg.fold(case.cell, case.trees, case.L[case.words], "compiled") for _ in range(4)]
    states.clear()
    assert len(code._pool) == 2
    kept = list(code._pool)
    again = code.take(5)
    assert any(again is memory for memory in kept)
    assert code.take(again.nodes + 1) not in kept


@pytest.mark.parametrize("kind", [RLSTM, Memory, ThreeParts])
def test_nothing_is_read_before_it_is_written(kind, monkeypatch):
    """And so two runs give the same bits, whatever was computed between them."""
    case = Case(kind, BIG)
    code = compiled(case.cell, np.float64)
    first = case.fold("compiled")
    Case(kind, left_chain(5)).fold("compiled")
    memories = [code.take(INNER) for _ in range(2)]
    for memory in memories:
        memory.bytes.fill(255)  # NaN, as floats
    for scratch in code._workspaces:
        scratch.bytes.fill(255)
    for memory in memories:
        code.give_back(memory)
    poison(monkeypatch, "minigrad.fold.compiler.evaluation")
    for got, expected in zip(case.fold("compiled"), first, strict=True):
        for name, values in expected.items():
            np.testing.assert_array_equal(got[name], values, err_msg=name)


def test_values_that_are_replaced_by_another_dtype_s_are_refused_as_in_node_mode():
    case = Case(RNN, BIG, np.float32)
    before = case.fold("compiled")
    own = {p: p.data for p in case.cell.parameters()}
    for p in own:
        p.data = p.data.astype(np.float64)
    for mode in ("compiled", "node"):
        with pytest.raises(mg.ShapeError, match=r"is float64 .* should be float32"):
            case.fold(mode)
    for p, array in own.items():
        p.data = array
    for found, expected in zip(case.fold("compiled"), before, strict=True):
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_a_part_that_is_handed_on_unchanged_is_not_taken_from_memory_nobody_wrote(monkeypatch):
    poison(monkeypatch, "minigrad.fold.compiler.evaluation")
    case = Case(SharedMatrix, BIG)
    X, found = case.L[case.words], {}
    for mode in ("node", "compiled"):
        leaves = mg.tensor(X, requires_grad=True)
        case.cell.zero_grad()
        states = mg.fold(case.cell, BIG, leaves, mode)
        ((states.h * states.m).sum() + (states.h * states.h).sum()).backward()
        weights = [parameter.grad for parameter in case.cell.parameters()]
        found[mode] = [states.h.data, states.m.data, states.m.grad, leaves.grad, *weights]
    for expected, got in zip(found["node"], found["compiled"], strict=True):
        assert np.abs(got - expected).max() <= 1e-12 * np.abs(expected).max()


@each
def test_evaluation_gives_the_bits_of_training(kind, dtype):
    case = Case(kind, BIG, dtype)
    values, _ = case.fold("compiled")
    with mg.no_grad():
        states = mg.fold(case.cell, BIG, case.L[case.words], "compiled")
    for name, expected in values.items():
        np.testing.assert_array_equal(states[name].data, expected)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("width", [1, 16, 17, 64, 250])
def test_rows_begin_at_cache_lines_an_odd_number_apart(width, dtype):
    for n in (0, 1, 5):
        buffers = [Buffer("a", n, 3), Buffer("b", None, width), Buffer("c", 0, width)]
        a, b, c = work.Memory(buffers, 7, dtype).pointers
        apart = padded(width, dtype) * np.dtype(dtype).itemsize
        assert padded(width, dtype) >= width
        assert a % LINE == b % LINE == c % LINE == 0
        assert apart // LINE % 2 == 1
        assert apart % LINE == 0
        assert b - a == max(n, 1) * padded(3, dtype) * np.dtype(dtype).itemsize
        assert c - b == 7 * apart
