"""Two products instead of four where two operands swap their roles: where, and that nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.passes import PASSES, optimise
from minigrad.fold.compiler.program import Program
from minigrad.fold.compiler.run import compile_with, compiled
from minigrad.fold.compiler.trace import trace
from minigrad.kernels import JIT_ENABLED
from tests.minigrad import shared_kernels as shared
from tests.minigrad.fold_contract.cells import ContractCell, E, σ
from tests.minigrad.fold_contract.forests import FIXED, grow
from tests.minigrad.fold_contract.reference import TOLERANCE, Case, close, dense

SQUARES = dict.fromkeys("ABCDFGMNPQ", (E, E))


class Swapping(ContractCell):
    """Swaps words, memories and masked words, in either order, with and without transposes.

    p is in two butterflies, with q and with u; r reads the later child first.
    """

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))
    shapes = SQUARES | {"b": (E,), "d": (E,)}

    def compose(self, left, right):
        x, y, cx, cy = left.h, right.h, left.c, right.c
        xm, ym = mg.where(left.is_leaf, 0.0, x), mg.where(right.is_leaf, 0.0, y)
        p = mg.tanh(
            x @ self.A.T + y @ self.B.T + cx @ self.C + cy @ self.D + x @ self.M + y @ self.N + self.b
        )
        q = mg.sigmoid(y @ self.A.T + x @ self.B.T + 0.5 + cy @ self.C + cx @ self.D + self.b)
        r = mg.tanh(y @ self.F.T + x @ self.G.T + xm @ self.P.T + ym @ self.Q.T)
        s = mg.sigmoid(x @ self.F.T + y @ self.G.T + ym @ self.P.T + xm @ self.Q.T + self.d)
        u = mg.tanh(y @ self.M + x @ self.N + self.d)
        return {"h": p * q + r * s - u, "c": p * cx + q * cy + r * u}

    @staticmethod
    def reference(P, one, other):
        x, y, cx, cy = one["h"], other["h"], one["c"], other["c"]
        xm, ym = (0 * v["h"] if v["is_leaf"] else v["h"] for v in (one, other))
        p = np.tanh(P["A"] @ x + P["B"] @ y + cx @ P["C"] + cy @ P["D"] + x @ P["M"] + y @ P["N"] + P["b"])
        q = σ(P["A"] @ y + P["B"] @ x + 0.5 + cy @ P["C"] + cx @ P["D"] + P["b"])
        r = np.tanh(P["F"] @ y + P["G"] @ x + P["P"] @ xm + P["Q"] @ ym)
        s = σ(P["F"] @ x + P["G"] @ y + P["P"] @ ym + P["Q"] @ xm + P["d"])
        u = np.tanh(y @ P["M"] + x @ P["N"] + P["d"])
        return {"h": p * q + r * s - u, "c": p * cx + q * cy + r * u}


class Left(mg.Cell):
    """Has square matrices; subclasses say what they multiply."""

    parts = (mg.Part("h", E),)

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.A, self.B, self.C, self.D = (mg.nn.Parameter(rng.normal(size=(E, E))) for _ in range(4))


def _program(cell: mg.Cell, last: str = "butterflies") -> Program:
    names = [each.__name__ for each in PASSES]
    return optimise(trace(cell), PASSES[: names.index(last) + 1])


def _swapped(cell: mg.Cell) -> list[tuple[str, ...]]:
    traced = _program(cell).trace
    return [tuple(traced.names[k] for k in numbers[:2]) for numbers in traced.butterflies]


def _contract(kind: Any = Swapping) -> Any:
    return kind(np.random.default_rng(0))


# What becomes of it


@pytest.mark.parametrize("trees", FIXED.values(), ids=FIXED)
def test_values_and_gradients_are_those_of_the_equations(trees: Any) -> None:
    """Compared with plain recursion and the complex step, over all rows of both parts."""
    case = Case(Swapping, trees)
    for got, expected in zip(case.fold("compiled"), case.reference(), strict=True):
        close(got, expected, 1e-12)


@pytest.mark.parametrize(
    ("chosen", "dtype"),
    [
        (PASSES[1:], np.float64),
        (PASSES, np.float32),
        *(pytest.param(p, np.float64, marks=pytest.mark.slow) for p in (PASSES[:2], PASSES[1:2])),
        pytest.param(PASSES[1:], np.float32, marks=pytest.mark.slow),
    ],
)
def test_other_passes_make_no_difference(chosen: Any, dtype: Any) -> None:
    """Without common subexpressions, too, where an operand is a symbol for each of its readers."""
    case = Case(Swapping, FIXED["leaves and trees"], dtype)
    compile_with(case.cell, np.dtype(dtype), chosen)
    for got, expected in zip(case.fold("compiled"), case.fold("level"), strict=True):
        close(got, expected, TOLERANCE[dtype])


def test_every_swap_is_found_and_leaves_half_the_products() -> None:
    cell = _contract()
    assert sorted(_swapped(cell)) == [("A", "B"), ("C", "D"), ("F", "G"), ("M", "N"), ("P", "Q")]
    before, after = _program(cell, "common_subexpressions"), _program(cell)
    for one, other in ((before.forward, after.forward), (before.backward, after.backward)):
        assert (len(list(one.products)), len(list(other.products))) == (20, 10)
    # x and y are multiplied by the cotangent of p for A and B, and again for M and N
    assert (len(before.weights), len(after.weights)) == (18, 10)


def test_the_recursive_lstm_has_thirteen_products_of_twenty_one() -> None:
    cell = models.RLSTM(50, np.random.default_rng(0))
    assert _swapped(cell) == [("Wi1", "Wi2"), ("Wci1", "Wci2"), ("Wf1", "Wf2"), ("Wcf1", "Wcf2")]
    program = _program(cell)
    for products in (program.forward.products, program.backward.products, program.weights):
        assert len(list(products)) == 13
    separate = _swapped(models.RLSTM(50, np.random.default_rng(0), leaf_weights="separate"))
    assert ("Wi1.leaf", "Wi2.leaf") in separate
    assert ("Wi1.inner", "Wi2.inner") in separate


def test_sums_and_differences_are_computed_once() -> None:
    """Forward, the gradients of the weights, and backward read the same, two for each pair of operands."""
    program = _program(models.RLSTM(50, np.random.default_rng(0)), "leaves")
    traced = program.trace
    children = set(traced.inputs.values())
    of_children = [s for s in program.forward.live if s.op in ("add", "sub") and set(s.args) <= children]
    assert len(of_children) == 4  # h and c, sum and difference
    assert {x for p in program.weights for x in p.xs} >= set(of_children)
    for p in program.weights:
        if set(p.xs) & set(of_children):
            assert set(p.gs) <= {x for p in program.backward.products for x in p.operands}
    assert len(program.sums) == 4, "bi and bf read the sums of two cotangents"


def test_sums_and_differences_of_the_children_are_not_kept() -> None:
    """They are computed again where backward gathers the children."""
    program = _program(models.RLSTM(50, np.random.default_rng(0)), "leaves")
    assert [s.op for s in program.gathered] == ["add", "sub", "add", "sub"]
    layout = Layout(program)
    assert not set(program.gathered) & set(layout.forward.kept.start)
    assert set(program.gathered) <= set(layout.forward.operands.start)


class ReadsTheSum(Left):
    """Reads the sum and the difference of the children outside of products, forward and in backward."""

    def compose(self, left, right):
        x, y = left.h, right.h
        p, q = mg.tanh(x @ self.A + y @ self.B), mg.sigmoid(y @ self.A + x @ self.B)
        return p * (x + y) + mg.tanh(x - y) * q * (x - y)


def test_sums_of_the_children_that_are_read_elsewhere_too_are_right() -> None:
    assert _swapped(ReadsTheSum()) == [("A", "B")]
    _compare(ReadsTheSum)
    program = _program(ReadsTheSum(), "leaves")
    assert len(program.gathered) == 2
    assert not set(program.gathered) & set(Layout(program).forward.kept.start)


def test_two_swapped_pairs_in_one_sum_are_no_butterfly() -> None:
    """Where equal products are not one, it would look like one."""
    cell = OneSum()
    compile_with(cell, np.dtype(np.float64), PASSES[1:])
    assert compiled(cell, np.dtype(np.float64)).trace.butterflies == []


class Chain(mg.Cell):
    """Swaps a state with a word, and a memory with what is zero at all words."""

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))
    right_parts = (mg.Part("x", E), mg.Part("zero", E, leaf="zero"))

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.A, self.B, self.C, self.D = (mg.nn.Parameter(rng.normal(size=(E, E))) for _ in range(4))

    def compose(self, left, right):
        h, x, c, zero = left.h, right.x, left.c, right.zero
        p = mg.tanh(h @ self.A + x @ self.B + c @ self.C + zero @ self.D)
        q = mg.sigmoid(x @ self.A + h @ self.B + zero @ self.C + c @ self.D)
        return {"h": p * q + x, "c": p - q * c}


class MixedOrder(Left):
    """In one sum the earlier word comes first, and the later memory: one difference has to be turned."""

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))

    def compose(self, left, right):
        x, y, cx, cy = left.h, right.h, left.c, right.c
        p = x @ self.A + y @ self.B + cy @ self.C + cx @ self.D
        q = y @ self.A + x @ self.B + cx @ self.C + cy @ self.D
        return {"h": mg.tanh(p) * mg.sigmoid(q), "c": p * cx - q * cy + x}


class PartOfASum(Left):
    """Adds to swapped sums, of which one is read by itself, too."""

    def compose(self, left, right):
        x, y = left.h, right.h
        p, q = x @ self.A + y @ self.B, y @ self.A + x @ self.B
        more, other = p + x @ self.C + y @ self.D, q + y @ self.C + x @ self.D
        return mg.tanh(p) + mg.tanh(more) * mg.sigmoid(other)


class IsTheState(Left):
    def compose(self, left, right):
        p, q = left.h @ self.A + right.h @ self.B, right.h @ self.A + left.h @ self.B
        return p + mg.tanh(q[:, :1]) * (p - q)


@pytest.mark.parametrize(
    ("kind", "pairs"), [(MixedOrder, ["AB", "CD"]), (PartOfASum, ["AB", "CD"]), (IsTheState, ["AB"])]
)
def test_sums_of_every_kind_swap(kind: Any, pairs: list[str]) -> None:
    assert _swapped(kind()) == [tuple(pair) for pair in pairs]
    _compare(kind)


def test_the_words_of_a_chain_swap_too() -> None:
    assert _swapped(Chain()) == [("A", "B"), ("C", "D")]
    trees = grow((((None, None), None), None), None, (None, None))
    X, w = np.random.default_rng(1).normal(size=(7, E)), np.random.default_rng(2).normal(size=(2, 11, E))
    found = {}
    for mode in ("compiled", "level", "node"):
        cell, leaves = Chain(), mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, trees, leaves, mode)
        (mg.sum(w[0] * states.h) + mg.sum(w[1] * states.c)).backward()
        found[mode] = {name: p.grad for name, p in cell.named_parameters()}
        found[mode] |= {"X": leaves.grad, "h": states.h.data, "c": states.c.data}
        found[mode] |= {"∂h": states.h.grad, "∂c": states.c.grad}
    for mode in ("compiled", "level"):
        close(found[mode], found["node"], 1e-12)


def test_what_both_children_leave_zero_is_skipped_where_both_are_leaves() -> None:
    program = _program(models.RLSTM(50, np.random.default_rng(0)), "leaves")
    for products in (program.forward.products, program.backward.products, program.weights):
        assert [p.side for p in products if p.side] == ["either", "either"]


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no scratch memory")
def test_backward_has_the_half_sums_of_its_own_forward() -> None:
    """Where another thread works in the scratch memory that forward had, backward gets another."""
    case, trees = Case(Swapping, FIXED["leaves and trees"]), FIXED["leaves and trees"]
    expected = case.fold("level")[1]["A"]
    case.cell.zero_grad()
    states = mg.fold(case.cell, trees, mg.tensor(case.L[case.words]), "compiled")
    code = compiled(case.cell, np.dtype(np.float64))
    taken = code.take_scratch()
    sum((mg.sum(w * states[name]) for name, w in case.weights.items()), start=mg.tensor(0.0)).backward()
    code.give_back_scratch(taken)
    close({"A": case.cell.A.grad}, {"A": expected}, 1e-12)


# What is left alone


class ReadElsewhere(Left):
    def compose(self, left, right):
        x, y = left.h, right.h
        return mg.tanh(x @ self.A + y @ self.B) * mg.tanh(y @ self.A + x @ self.B) + mg.tanh(x @ self.A.T)


class OneOperand(Left):
    def compose(self, left, right):
        x = left.h
        return mg.tanh(x @ self.A + x @ self.B) * mg.tanh(x @ self.B + right.h) * (x @ self.A)


class OneSum(Left):
    def compose(self, left, right):
        x, y = left.h, right.h
        return mg.tanh(x @ self.A + y @ self.B + y @ self.A + x @ self.B)


class NotSwapped(Left):
    def compose(self, left, right):
        x, y = left.h, right.h
        return mg.tanh(x @ self.A + y @ self.B) * mg.tanh(y @ self.A - x @ self.B)


class OneTurned(Left):
    def compose(self, left, right):
        x, y = left.h, right.h
        return mg.tanh(x @ self.A.T + y @ self.B) * mg.tanh(y @ self.A + x @ self.B.T)


class OfWeights(Left):
    def compose(self, left, right):
        x, y, A = left.h, right.h, mg.tanh(self.A)
        return mg.tanh(x @ A + y @ self.B) * mg.tanh(y @ A + x @ self.B)


class Compared(Left):
    """Compares a weight with rows, which leaves no trace in its gradient."""

    parts = (mg.Part("h", E), mg.Part("g", 1, leaf="zero"))

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.A, self.B = (mg.nn.Parameter(rng.normal(size=(1, E))) for _ in range(2))

    def compose(self, left, right):
        x, y = left.g, right.g
        p, q = mg.tanh(x @ self.A + y @ self.B + left.h), mg.tanh(y @ self.A + x @ self.B + right.h)
        return {"h": mg.where(left.h > self.A, p, q) * q, "g": 1 + x * y}


class NeedsAProduct(Left):
    """Reads a product besides the sum that it is in."""

    def compose(self, left, right):
        x, y = left.h, right.h
        product = x @ self.A
        return mg.tanh(product + y @ self.B) * mg.tanh(y @ self.A + x @ self.B) * product


SWAPPING = (ReadsTheSum, MixedOrder, PartOfASum, IsTheState)


@pytest.mark.parametrize("kind", [k for k in Left.__subclasses__() if k not in SWAPPING])
def test_what_does_not_swap_is_left_alone(kind: Any) -> None:
    """And computes what it should."""
    assert _swapped(kind()) == []
    _compare(kind)


def _compare(kind: Any) -> None:
    found = {}
    for mode in ("compiled", "node"):
        cell, trees = kind(), FIXED["leaves and trees"]
        leaves = mg.tensor(np.random.default_rng(1).normal(size=(trees.n_leaves, E)), requires_grad=True)
        states = mg.fold(cell, trees, leaves, mode)
        assert mode == "node" or isinstance(compiled(cell, leaves.dtype), CompiledCell)
        rng = np.random.default_rng(2)
        terms = [mg.sum(rng.normal(size=states[name].shape) * states[name]) for name in states]
        sum(terms[1:], start=terms[0]).backward()
        found[mode] = {name: states[name].data for name in states} | {"leaves": leaves.grad}
        found[mode] |= {f"∂{name}": states[name].grad for name in states}
        found[mode] |= {name: dense(p) for name, p in cell.named_parameters()}
    close(found["compiled"], found["node"], 1e-12)


# Whole matrices


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_half_sums_and_differences_may_take_the_place_of_what_they_are_made_of(dtype: Any) -> None:
    for n in (0, 1, 7, 8, 15, 16, 17, 64, 75):
        a, b = np.random.default_rng(n).normal(size=(2, n)).astype(dtype)
        expected = (a + b) / 2, (a - b) / 2
        room = np.full((4, n + 40), np.nan, dtype)
        first, second, p, q = (row[20 : 20 + n] for row in room)
        first[:], second[:] = a, b
        shared.butterfly(p, q, first, second)
        np.testing.assert_array_equal((p, q), expected)
        np.testing.assert_array_equal((first, second), (a, b))
        for to in ((first, second), (second, first)):
            first[:], second[:] = a, b
            shared.butterfly(*to, first, second)
            np.testing.assert_array_equal(to, expected)
        assert np.isnan(room[:, :20]).all(), "written beside the targets"
        assert np.isnan(room[:, 20 + n :]).all(), "written beside the targets"
