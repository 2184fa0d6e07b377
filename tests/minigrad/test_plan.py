"""What the fold's compiler makes of a traced cell, before and after each of its passes."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np

import minigrad as mg
import models
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.layout import Layout
from minigrad.fold.compiler.plan import Plan, WeightProduct
from minigrad.fold.compiler.sweep import Passes, Rectangle, Sweep, is_product, is_rows, live
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.symbol import Symbol

UNTOUCHED = Passes(group=False, fuse=False, skip=False)
GROUPED = UNTOUCHED._replace(group=True)


def _trace(cell: mg.Cell) -> Trace:
    return trace(cell, np.float32)


def _rlstm(D: int = 50) -> models.RLSTM:
    return models.RLSTM(D, np.random.default_rng(0))


def _columns(cells: Any) -> set[tuple[int, int]]:
    return {(k, n) for k, n, _ in cells}


def _shape(r: Rectangle | WeightProduct) -> tuple[int, int]:
    return r.k[1] - r.k[0], r.n[1] - r.n[0]


def _operands(sweep: Sweep, r: Rectangle) -> set[Symbol]:
    columns = sweep.operands if r.given else sweep.kept
    return {s for s, k in columns.start.items() if r.k[0] <= k < r.k[1]}


def test_products_of_one_operand_become_one_wider_product():
    traced = _trace(_rlstm())
    before, after = Plan(traced, UNTOUCHED).forward, Plan(traced, GROUPED).forward
    assert [_shape(r) for r in before.rectangles] == [(50, 50)] * 21  # as the equations are written
    # Wco c; h of either child towards four gates, o and its candidate; c of both towards four gates.
    assert sorted(map(_shape, after.rectangles)) == [(50, 50), (50, 300), (50, 300), (100, 200)]
    assert sum(len(r.cells) for r in after.rectangles) == 21


def test_operands_that_go_the_same_ways_are_multiplied_together():
    traced = _trace(_rlstm())
    before, after = Plan(traced, UNTOUCHED).backward, Plan(traced, GROUPED).backward
    assert [_shape(r) for r in before.rectangles] == [(50, 50)] * 21
    widest = max(after.rectangles, key=lambda r: len(r.cells))
    assert _shape(widest) == (200, 200)  # four gates, h and c of both
    assert _columns(widest.cells) == {(k, n) for k in range(0, 200, 50) for n in range(0, 200, 50)}


def test_the_memory_of_a_leaf_takes_no_part():
    traced = _trace(_rlstm())
    before, after = Plan(traced, GROUPED), Plan(traced)
    c = {s for (_, name), s in traced.inputs.items() if name == "c"}
    assert not any(r.side for r in (*before.forward.rectangles, *before.weight_products))
    assert sorted(filter(None, (r.side for r in after.forward.rectangles))) == ["left", "right"]
    assert sorted(filter(None, (p.side for p in after.weight_products))) == ["left", "right"]
    for r in after.forward.rectangles:
        assert (r.side is not None) == bool(_operands(after.forward, r) & c)
        assert not r.side or {s.args[0] for s in _operands(after.forward, r)} == {r.side}


def test_the_derivative_by_the_memory_of_a_leaf_is_not_computed():
    traced = _trace(_rlstm())
    before, after = Plan(traced, GROUPED).backward, Plan(traced).backward
    assert not any(r.side for r in before.rectangles)
    for side in ("left", "right"):
        (r,) = (r for r in after.rectangles if r.side == side)
        start = after.blocks.start[traced.child_gradients[side, "c"]]
        assert r.n == (start, start + 50)
        assert _shape(r) == (200, 50)


def test_what_is_read_elsewhere_is_computed_at_leaves_too():
    class Shared(mg.Cell):
        parts = (mg.Part("h", 4), mg.Part("c", 4, leaf="zero"))

        def __init__(self) -> None:
            self.W = mg.nn.Parameter(np.eye(4, dtype=np.float32))

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            both = (left.h + left.c) @ self.W  # the gradients of h and of c are one
            return {"h": both + right.h, "c": right.c}

    assert not any(r.side for r in Plan(_trace(Shared())).backward.rectangles)


def test_weights_gradients_are_products_over_all_nodes():
    traced = _trace(_rlstm())
    before, after = Plan(traced, UNTOUCHED), Plan(traced)
    assert [_shape(p) for p in before.weight_products] == [(50, 50)] * 21
    assert len(after.products) == len(before.products) == 21
    assert len(after.weight_products) == 5  # the memory's two skip leaves
    assert sum(k * n for k, n in map(_shape, after.weight_products)) == 21 * 50 * 50
    assert len(after.sums) == 6  # bi and bf twice


def test_only_what_backward_needs_again_is_kept():
    plan = Plan(_trace(_rlstm()))
    assert not plan.forward.kept.start.keys() & set(plan.trace.inputs.values()), "children can be read again"
    kept = plan.forward.kept.start
    # c and its tanh, four gates, o, the update, and two of its products; 28 values are computed.
    assert plan.trace.outputs["c"] in kept
    assert plan.trace.outputs["h"] not in kept
    assert set(kept) - {plan.trace.outputs["c"]} <= set(plan.backward.live)  # c was multiplied by Wco
    assert sorted(s.op for s in kept) == ["add", "matmul", "matmul", *["sigmoid"] * 5, "tanh", "tanh"]


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
    plan = Plan(_trace(_Wasteful()))
    loops = [loop for stage in plan.forward.stages for loop in stage]
    assert [s.op for loop in loops for s in loop.statements] == ["matmul", "tanh", "mul", "add"]
    assert len(plan.forward.rectangles) == 1
    assert plan.trace.parameter_gradients[1] is None


def test_a_chain_of_elementwise_ops_is_one_loop():
    traced = _trace(_rlstm())
    before, after = Plan(traced, GROUPED), Plan(traced, GROUPED._replace(fuse=True))
    for one, other, loops in ((before.forward, after.forward, 2), (before.backward, after.backward, 3)):
        assert {len(loop.statements) for stage in one.stages for loop in stage} == {1}
        assert sum(map(len, other.stages)) == loops
        for unfused, fused in zip(one.stages, other.stages, strict=True):
            together = [s for loop in fused for s in loop.statements]
            assert together == [s for loop in unfused for s in loop.statements if s not in other.bare.start]
            assert all(is_rows(s) and s.shape[1] == loop.width for loop in fused for s in loop.statements)
    assert len(after.forward.passed) < len(before.forward.passed)


def test_columns_do_not_overlap():
    plan = Plan(_trace(_rlstm(7)))
    layout = Layout(plan)
    for columns in (
        *(plan.forward.operands, plan.forward.blocks, plan.forward.kept, layout.forward_rest),
        *(plan.backward.operands, plan.backward.blocks, layout.cotangents, layout.backward_rest),
    ):
        taken: list[int] = []
        for s, start in columns.start.items():
            assert isinstance(s, Symbol)
            taken += range(start, start + s.shape[1])
        assert len(set(taken)) == len(taken)
        assert not taken or max(taken) < columns.width
    assert not set(layout.cotangents.start) & set(layout.backward_rest.start)


def test_the_optimised_graph_is_printed_with_its_cost():
    text = io.StringIO()
    explain_fold(_rlstm(), file=text)
    lines = text.getvalue().splitlines()
    assert lines[0] == "RLSTM, float32"
    assert "forward: 52,500 multiply-adds in 5 products, 1,150 others" in lines
    assert any("only where the left child is no leaf" in line for line in lines)
    assert sum("only where the right child is no leaf" in line for line in lines) == 2
    assert "weights: 52,500 multiply-adds in 5 products over all nodes" in lines
    assert "  [%79] × 50 × 50 → blocks of [%88]" in lines, "an operand that is computed has its name too"


def test_what_is_left_after_each_pass_is_printed():
    text = io.StringIO()
    explain_fold(_rlstm(), file=text)
    lines = [re.split(r"  +", line) for line in text.getvalue().splitlines()[-5:]]
    # A memory of 50 towards four gates, forward, back, and for the weights: 3 × 50 × 200 less for a leaf.
    assert lines == [
        ["", "products", "loops", "multiply-adds, no leaf", "leaf left", "leaf right", "two leaves"],
        ["the equations", "21 + 21 + 21", "23 + 22", *["157,500"] * 4],
        ["products grouped", "4 + 4 + 4", "23 + 22", *["157,500"] * 4],
        ["loops fused", "4 + 4 + 4", "2 + 3", *["157,500"] * 4],
        ["leaves left out", "5 + 6 + 5", "2 + 3", "157,500", "127,500", "127,500", "97,500"],
    ]


def test_products_are_counted_as_they_are_written():
    traced = _trace(_rlstm())
    products = [s for s in live(list(traced.outputs.values()), set()) if is_product(s)]
    assert len(products) == len(Plan(traced, UNTOUCHED).forward.rectangles) == 21
