"""What each of the compiler's passes makes of a cell's program, and that every program computes the same."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.fold.compiler import passes as compiler
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.passes import PASSES, optimise
from minigrad.fold.compiler.program import Product, Program, Sweep, WeightProduct, is_product, live
from minigrad.fold.compiler.run import compile_with
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.fold.compiler.views import is_rows
from minigrad.symbol import Symbol
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Memory, Simple
from tests.minigrad.fold_contract.forests import FIXED
from tests.minigrad.fold_contract.reference import Case, close

NAMES = [each.__name__.replace("_", " ") for each in PASSES]


def after(name: str, cell: mg.Cell | None = None) -> Program:
    """Return a cell's program after a pass, and those before it but for butterflies."""
    chosen = [p for p in PASSES[: NAMES.index(name) + 1] if p is not compiler.butterflies]
    return optimise(_trace(cell or _rlstm()), chosen)


def _trace(cell: mg.Cell) -> Trace:
    return trace(cell, np.float32)


def _rlstm(D: int = 50) -> models.RLSTM:
    return models.RLSTM(D, np.random.default_rng(0))


def _shape(p: Product | WeightProduct) -> tuple[int, int]:
    k, n = (p.operands, p.sums) if isinstance(p, Product) else (p.xs, p.gs)
    return sum(s.shape[1] for s in k), sum(s.shape[1] for s in n)


def _shapes(products: Any) -> list[tuple[int, int]]:
    return sorted(map(_shape, products))


# Programs that compute the same


def prefixes() -> list[Any]:
    return [pytest.param(PASSES[:k], id=f"{k} passes") for k in range(len(PASSES) + 1)]


def one_left_out() -> list[Any]:
    return [
        pytest.param([p for p in PASSES if p is not each], id=f"without {name}")
        for each, name in zip(PASSES, NAMES, strict=True)
    ]


def of(kind: Any, chosen: list[Any]) -> list[Any]:
    return [pytest.param(kind, *each.values, id=f"{kind.__name__}-{each.id}") for each in chosen]


@pytest.mark.parametrize(
    ("kind", "chosen"), of(Simple, prefixes() + one_left_out()) + of(Memory, prefixes()[-2:])
)
def test_every_prefix_of_the_passes_is_right(kind: Any, chosen: Sequence[Any]) -> None:
    _check(kind, chosen)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [*prefixes(), *one_left_out()])
@pytest.mark.parametrize("kind", CELLS)
def test_every_prefix_is_right_for_all_cells(kind: Any, chosen: Sequence[Any]) -> None:
    _check(kind, chosen)


def _check(kind: Any, chosen: Sequence[Any]) -> None:
    case = Case(kind, FIXED["leaves and trees"])
    compile_with(case.cell, np.dtype(np.float64), chosen)
    for got, expected in zip(case.fold("compiled"), case.fold("level"), strict=True):
        close(got, expected, 1e-12)


# What each pass does


class _Wasteful(mg.Cell):
    """Computes one thing twice, and one for nothing."""

    parts = (mg.Part("h", 4),)

    def __init__(self) -> None:
        self.W = mg.nn.Parameter(np.eye(4, dtype=np.float32))
        self.unused = mg.nn.Parameter(np.eye(4, dtype=np.float32))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        mg.exp(left.h @ self.unused.T)
        return mg.tanh(left.h @ self.W.T) * mg.tanh(left.h @ self.W.T) + right.h


def test_what_is_computed_twice_is_computed_once_and_what_is_not_needed_not_at_all():
    before = optimise(_trace(_Wasteful()), ())
    assert [s.op for loop in before.forward.loops for s in loop.statements] == [
        *("matmul", "tanh", "matmul", "tanh", "mul", "add")
    ]
    program = after("common subexpressions", _Wasteful())
    assert [s.op for loop in program.forward.loops for s in loop.statements] == [
        *("matmul", "tanh", "mul", "add")
    ]
    assert len(list(program.forward.products)) == 1
    assert program.trace.parameter_gradients[1] is None


def test_products_are_counted_as_they_are_written():
    traced = _trace(_rlstm())
    products = [s for s in live(list(traced.outputs.values()), frozenset()) if is_product(s)]
    assert len(products) == len(list(optimise(traced, ()).forward.products)) == 21


def test_a_sum_of_products_is_accumulated_and_not_added_by_a_loop():
    before, program = after("common subexpressions"), after("sums of products")
    assert len(list(before.forward.loops)) == 56
    assert len(list(program.forward.loops)) == 23
    # four gates of four products and o of three, as a sum; two candidates
    terms = sorted(len(total.products) for total in program.forward.sums.values())
    assert terms == [1, 1, 3, 4, 4, 4, 4]
    assert len(list(program.forward.products)) == 21


class _Widened(ContractCell):
    """Adds sums of one column to rows."""

    parts = (mg.Part("h", E),)
    shapes = {"A": (E, 1), "B": (E, 1), "C": (E, E)}  # noqa: RUF012

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        x, y = left.h, right.h
        narrow = mg.tanh(x @ self.A + y @ self.B + x) * mg.tanh(y @ self.A + x @ self.B + y)
        return mg.tanh(narrow + (x @ self.A + y @ self.C))


@pytest.mark.parametrize("chosen", [(), PASSES[:3], PASSES])
def test_a_product_of_one_column_is_added_to_every_column(chosen: Sequence[Any]) -> None:
    """Accumulated in a wider sum, it would be added to the first."""
    _check(_Widened, chosen)


def test_what_does_not_wait_for_a_product_of_another_stage_is_in_one():
    program = after("stages")
    for sweep in (program.forward, program.backward):
        done: set[Symbol] = set()
        for stage in sweep.stages:
            new = {s for loop in stage.loops for s in loop.statements}
            for s in sorted(new, key=lambda s: s.id):
                assert all(a in done or not sweep.computed(a) for a in sweep.reads(s))
                done.add(s)
            assert all(x in done or not sweep.computed(x) for p in stage.products for x in p.operands)
    # x and y of the four gates and both candidates; then o's own memory; then what is left
    assert [len(stage.products) for stage in program.forward.stages] == [20, 1, 0]


def test_products_of_one_operand_become_one_wider_product():
    before, program = after("stages").forward, after("grouping").forward
    assert _shapes(before.products) == [(50, 50)] * 21  # as the equations are written
    # Wco c; h of either child towards four gates, o and its candidate; c of both towards four gates.
    assert _shapes(program.products) == [(50, 50), (50, 300), (50, 300), (100, 200)]
    assert sum(len(p.cells) for p in program.products) == 21


def test_operands_that_go_the_same_ways_are_multiplied_together():
    before, program = after("stages").backward, after("grouping").backward
    assert _shapes(before.products) == [(50, 50)] * 21
    widest = max(program.products, key=lambda p: len(p.cells))
    assert _shape(widest) == (200, 200)  # four gates, h and c of both
    assert len({(c.operand, c.sum) for c in widest.cells}) == len(widest.cells) == 16


def test_a_chain_of_elementwise_ops_is_one_loop():
    before = after("grouping")
    program = compiler.fusion(before)
    for one, other, loops in ((before.forward, program.forward, 2), (before.backward, program.backward, 3)):
        assert {len(loop.statements) for loop in one.loops} == {1}
        assert len(list(other.loops)) == loops
        for unfused, fused in zip(one.stages, other.stages, strict=True):
            together = [s for loop in fused.loops for s in loop.statements]
            assert together == [s for loop in unfused.loops for s in loop.statements if s not in other.bare]
            assert all(
                is_rows(s) and s.shape[1] == loop.width for loop in fused.loops for s in loop.statements
            )
    assert len(Layout(program).forward.passed) < len(Layout(before).forward.passed)


def test_the_memory_of_a_leaf_takes_no_part():
    before, program = after("fusion"), after("leaves")
    memories = {s for (_, name), s in program.trace.inputs.items() if name == "c"}
    assert not any(p.side for p in (*before.forward.products, *before.weights))
    assert sorted(filter(None, (p.side for p in program.forward.products))) == ["left", "right"]
    assert sorted(filter(None, (p.side for p in program.weights))) == ["left", "right"]
    for p in program.forward.products:
        assert (p.side is not None) == bool(set(p.operands) & memories)
        assert not p.side or {s.args[0] for s in p.operands} == {p.side}


def test_the_derivative_by_the_memory_of_a_leaf_is_not_computed():
    before, program = after("fusion").backward, after("leaves")
    assert not any(p.side for p in before.products)
    for side in ("left", "right"):
        (p,) = (p for p in program.backward.products if p.side == side)
        assert p.sums == (program.trace.child_gradients[side, "c"],)
        assert _shape(p) == (200, 50)


def test_what_is_read_elsewhere_is_computed_at_leaves_too():
    class Shared(mg.Cell):
        parts = (mg.Part("h", 4), mg.Part("c", 4, leaf="zero"))

        def __init__(self) -> None:
            self.W = mg.nn.Parameter(np.eye(4, dtype=np.float32))

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            both = (left.h + left.c) @ self.W  # the gradients of h and of c are one
            return {"h": both + right.h, "c": right.c}

    assert not any(p.side for p in after("leaves", Shared()).backward.products)


class _OfInner(ContractCell):
    """Reads what `where` sets to zero at leaves; one derivative by it is read elsewhere too."""

    parts = (mg.Part("h", E),)
    shapes = dict.fromkeys("ABCV", (E, E)) | {"b": (E,)}

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        x, y = (mg.where(child.is_leaf, 0.0, child.h) for child in (left, right))
        alone = x @ self.A + mg.where(right.is_leaf, right.h, 0.0) @ self.B
        shared = mg.where(left.is_leaf, 0.0, y @ self.C) + self.b
        return mg.tanh(alone + shared @ self.V)


def test_what_where_sets_to_zero_at_leaves_takes_no_part():
    program = after("leaves", models.RNN(50, np.random.default_rng(0), leaf_weights="separate"))
    for products in (program.forward.products, program.backward.products, program.weights):
        skipping = sorted((p.side, *_shape(p)) for p in products if p.side)
        assert skipping == [("left", 50, 50), ("right", 50, 50)]
    program = after("leaves", _OfInner(np.random.default_rng(0), np.float32))
    # ∂shared is read at leaves by b, so it has to be computed there; ∂x and ∂y need not
    assert sorted(p.side or "" for p in program.backward.products) == ["", "left", "right"]
    assert sum(len(p.sums) for p in program.backward.products if p.side) == 2


def test_what_where_sets_to_zero_at_leaves_makes_no_difference():
    _check(_OfInner, PASSES)


def test_weights_gradients_are_products_over_all_nodes():
    before, program = after("stages"), after("leaves")
    assert _shapes(before.weights) == [(50, 50)] * 21
    assert len(Layout(before).products) == len(Layout(program).products) == 21
    assert len(program.weights) == 5  # the memory's two skip leaves
    assert sum(k * n for k, n in map(_shape, program.weights)) == 21 * 50 * 50
    assert len(program.sums) == 6  # bi and bf twice


# Where the values stand


def test_only_what_backward_needs_again_is_kept():
    program = after("leaves")
    kept = Layout(program).forward.kept.start
    assert not kept.keys() & set(program.trace.inputs.values()), "children can be read again"
    # c and its tanh, four gates, o, the update, and two of its products; 28 values are computed.
    assert program.trace.outputs["c"] in kept
    assert program.trace.outputs["h"] not in kept
    assert set(kept) - {program.trace.outputs["c"]} <= set(program.backward.live)  # c was multiplied by Wco
    assert sorted(s.op for s in kept) == ["add", "matmul", "matmul", *["sigmoid"] * 5, "tanh", "tanh"]


@pytest.mark.parametrize("name", NAMES)
def test_columns_do_not_overlap_and_every_product_finds_its_own(name: str) -> None:
    layout = Layout(after(name, _rlstm(7)))
    forward, backward = layout.forward, layout.backward
    for columns in (
        *(forward.operands, forward.blocks, forward.kept, layout.forward_rest),
        *(backward.operands, backward.blocks, layout.cotangents, layout.backward_rest),
    ):
        taken: list[int] = []
        for s, start in columns.start.items():
            assert isinstance(s, Symbol)
            taken += range(start, start + s.shape[1])
        assert len(set(taken)) == len(taken)
        assert not taken or max(taken) < columns.width
    assert not set(layout.cotangents.start) & set(layout.backward_rest.start)
    for of in (forward, backward):
        weights = sorted(w.id for r in itertools.chain(*of.rectangles) for _, _, w in r.cells)
        assert weights == sorted(c.weight.id for p in of.sweep.products for c in p.cells)


# What is printed


def printed(cell: mg.Cell | None = None, **options: Any) -> list[str]:
    text = io.StringIO()
    explain_fold(cell or _rlstm(), file=text, **options)
    return text.getvalue().splitlines()


def test_the_program_is_printed_with_its_cost():
    lines = printed()
    assert lines[0] == "RLSTM, float32"
    assert "Wi1, Wi2: read as half their sum and half their difference" in lines
    assert "forward: 32,500 multiply-adds in 7 products, 1,550 others" in lines
    assert sum("only where a child is no leaf" in line for line in lines) == 6
    assert "weights: 32,500 multiply-adds in 7 products over all nodes" in lines
    assert "  [%71] × 50 × 50 → sums of [%80]" in lines, "an operand that is computed has its name too"
    of_one_side = printed(models.RNN(50, np.random.default_rng(0), leaf_weights="separate"))
    for side in ("left", "right"):
        assert sum(f"only where the {side} child is no leaf" in line for line in of_one_side) == 3


def test_what_is_left_after_each_pass_is_printed():
    lines = [re.split(r"  +", line) for line in printed()[-9:]]
    # A memory of 50 towards two gates, as sum and difference, forward, back, and for the weights:
    # 3 × 2 × 50 × 100 less for two leaves. One leaf spares nothing more.
    assert lines == [
        ["", "products", "loops", "multiply-adds, no leaf", "leaf left", "leaf right", "two leaves"],
        ["the equations", "21 + 21 + 21", "56 + 58", *["157,500"] * 4],
        ["common subexpressions", "21 + 21 + 21", "56 + 58", *["157,500"] * 4],
        ["butterflies", "13 + 13 + 13", "44 + 50", *["97,500"] * 4],
        ["sums of products", "13 + 13 + 13", "31 + 33", *["97,500"] * 4],
        ["stages", "13 + 13 + 13", "31 + 33", *["97,500"] * 4],
        ["grouping", "5 + 5 + 5", "31 + 33", *["97,500"] * 4],
        ["fusion", "5 + 5 + 5", "2 + 3", *["97,500"] * 4],
        ["leaves", "7 + 7 + 7", "2 + 3", *["97,500"] * 3, "67,500"],
    ]


def test_the_program_after_a_pass_is_printed():
    lines = printed(after="sums of products")
    assert "forward: 32,500 multiply-adds in 13 products, 1,550 others" in lines
    assert printed(after="leaves") == printed()
    with pytest.raises(ValueError, match=r"no pass 'fuse'.* common subexpressions, .*, fusion, leaves"):
        printed(after="fuse")


def test_passes_are_pure():
    program = optimise(_trace(_rlstm()), ())
    for each in PASSES:
        again, other = each(program), each(program)
        assert _text(again) == _text(other)
        program = again
    assert compiler.PASSES == PASSES


def _text(program: Program) -> str:
    def sweep(of: Sweep) -> list[str]:
        return [str(stage) for stage in of.stages]

    return str([sweep(program.forward), sweep(program.backward), program.weights])
