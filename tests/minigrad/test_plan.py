"""What the fold's compiler makes of a traced cell, before and after each of its passes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

import minigrad as mg
import models
from minigrad.fold.compiler.explain import explain_fold
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import is_product, is_rows, live
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.symbol import Symbol


def _trace(cell: mg.Cell) -> Trace:
    return trace(cell, np.float32)


def _rlstm(D: int = 50) -> models.RLSTM:
    return models.RLSTM(D, np.random.default_rng(0))


def _columns(cells: Any) -> set[tuple[int, int]]:
    return {(k, n) for k, n, _ in cells}


def test_products_of_one_operand_become_one_wider_product():
    traced = _trace(_rlstm())
    products = [s for s in live(list(traced.outputs.values()), set()) if is_product(s)]
    assert len(products) == 21  # as the equations are written
    forward = Plan(traced).forward
    # h of either child towards four gates, o and its candidate; c of either child towards four gates; Wco c.
    shapes = sorted((r.k[1] - r.k[0], r.n[1] - r.n[0]) for r in forward.rectangles)
    assert shapes == [(50, 50), (50, 200), (50, 200), (50, 300), (50, 300)]
    assert sum(len(r.cells) for r in forward.rectangles) == 21


def test_operands_that_go_the_same_ways_are_multiplied_together():
    backward = Plan(_trace(_rlstm())).backward
    widest = max(backward.rectangles, key=lambda r: len(r.cells))
    assert (widest.k[1] - widest.k[0], widest.n[1] - widest.n[0]) == (200, 200)  # four gates, h and c of both
    assert _columns(widest.cells) == {(k, n) for k in range(0, 200, 50) for n in range(0, 200, 50)}


def test_the_memory_of_a_leaf_takes_no_part():
    plan = Plan(_trace(_rlstm()))
    assert [r.side for r in plan.forward.rectangles].count("left") == 1
    assert [r.side for r in plan.forward.rectangles].count("right") == 1
    c = {s for (_, name), s in plan.trace.inputs.items() if name == "c"}
    for r in plan.forward.rectangles:
        operands = {s for s, k in plan.forward.operands.start.items() if r.k[0] <= k < r.k[1]}
        assert (r.side is not None) == bool(operands & c)


def test_weights_gradients_are_products_over_all_nodes():
    plan = Plan(_trace(_rlstm()))
    assert len(plan.products) == 21
    assert len(plan.weight_products) == 7
    assert len(plan.sums) == 6  # bi and bf twice


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
    plan = Plan(_trace(_rlstm()))
    assert [[len(loop.statements) > 2 for loop in stage] for stage in plan.forward.stages] == [
        [],
        [True],
        [True],
    ]
    for stage in plan.forward.stages:
        for loop in stage:
            assert all(is_rows(s) and s.shape[1] == loop.width for s in loop.statements)


def test_columns_do_not_overlap():
    plan = Plan(_trace(_rlstm(7)))
    for columns in (plan.forward.operands, plan.forward.blocks, plan.forward.kept, plan.backward.blocks):
        taken: list[int] = []
        for s, start in columns.start.items():
            assert isinstance(s, Symbol)
            taken += range(start, start + s.shape[1])
        assert sorted(taken) == list(range(columns.width))


def test_the_optimised_graph_is_printed_with_its_cost():
    text = io.StringIO()
    explain_fold(_rlstm(), file=text)
    lines = text.getvalue().splitlines()
    assert lines[0] == "RLSTM, float32"
    assert "forward: 52,500 multiply-adds in 5 products, 1,150 others" in lines
    assert any("only where the left child is no leaf" in line for line in lines)
    assert lines[-1] == "together: 157,500 multiply-adds per node"
