from __future__ import annotations

import io
import re

import numpy as np
import pytest

import minigrad as mg
from models.forest import Forest
from models.tree import Tree
from tests.minigrad.fold_contract.cells import E, Simple

FOLD = """\
id  op  operands  shape  vjp  ‖g‖
%1  W1  (3, 3)  1
%2  W2  (3, 3)  0
%3  b  (3,)  1
%4  L  (2, 3)  0
%5  gather [0 1]  %4  (2, 3)  rows of g, added to the table's rows that were read (SparseRows)  0  freed
%6  start_rows h  (3, 3)  –  1  freed
%7  write_rows h[0 1]  %6 %5  (3, 3)  g, rows of g  1  freed
— node 3 of tree 1, 'not bad'
%8  gather h[0]  %7  (1, 3)  rows of g, added to the table's rows that were read (SparseRows)  0  freed
%9  gather h[1]  %7  (1, 3)  rows of g, added to the table's rows that were read (SparseRows)  0  freed
—
%10  transpose  %1  (3, 3)  g with its axes back in their order  1  freed
— node 3 of tree 1, 'not bad'
%11  matmul  %8 %10  (1, 3)  g bᵀ, aᵀ g  1  freed
—
%12  transpose  %2  (3, 3)  g with its axes back in their order  0  freed
— node 3 of tree 1, 'not bad'
%13  matmul  %9 %12  (1, 3)  g bᵀ, aᵀ g  1  freed
%14  add  %11 %13  (1, 3)  g, g  1  freed
%15  add  %14 %3  (1, 3)  g, g  1  freed
%16  tanh  %15  (1, 3)  g ⊙ (1 − y²)  1  freed
%17  write_rows h[2]  %7 %16  (3, 3)  g, rows of g  1  freed
—
%18  getitem h[2, 0]  %17  ()  g added to zeros at [index]  1  freed
"""

PLAIN = """\
id  op    operands  shape   vjp                                    ‖g‖
%1  x               (2,)
— the gate
%2  tanh  %1        (2,)    g ⊙ (1 − y²)
—
%3  mul   %2 %1     (2,)    g ⊙ b, g ⊙ a
%4  sum   %3        ()      g, repeated along the summed axes
"""

DOT = """\
digraph "graph" {
	graph [rankdir=LR]
	node [fontname="DejaVu Sans" shape=box]
	n0 [label="x
(2,)" style=rounded tooltip=""]
	n1 [label="tanh
(2,)" tooltip="the gate"]
	n0 -> n1
	n2 [label="mul
(2,)" tooltip=""]
	n1 -> n2
	n0 -> n2
	n3 [label="sum
()" tooltip=""]
	n2 -> n3
}
"""


def gated() -> mg.Tensor:
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    with mg.scope("the gate"):
        a = mg.tanh(x)
    return (a * x).sum()


def explained(tensor: mg.Tensor) -> str:
    """The table with ids counted from 1, and columns as wide as that makes them."""
    text = io.StringIO()
    mg.explain(tensor, text)
    ids = sorted({int(number) for number in re.findall(r"%(\d+)", text.getvalue())})
    short = {f"%{number}": f"%{k}" for k, number in enumerate(ids, 1)}
    return re.sub(r"%\d+", lambda found: short[found[0]], text.getvalue())


def unpadded(table: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]


def test_a_graph_is_printed_in_order_with_scopes_and_formulas() -> None:
    assert unpadded(explained(gated())) == unpadded(PLAIN)


def test_a_fold_by_node_is_printed_under_its_tree_nodes_with_norms() -> None:
    cell = Simple(np.random.default_rng(0))
    for parameter in cell.parameters():
        parameter.data[...] = 0  # tanh'(0) = 1: the numbers can be checked by hand
    forest = Forest([Tree.parse("(1 (1 not) (1 bad))")])
    L = mg.tensor([[1.0, 0, 0], [0, 0, 0]], np.float64, requires_grad=True, name="L")
    loss = mg.fold(cell, forest, mg.gather(L, [0, 1]), "node").h[2, 0]
    with mg.record_gradients():
        loss.backward()
    assert unpadded(explained(loss)) == unpadded(FOLD)


def test_the_columns_stand_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    mg.explain(gated())
    header, *lines = capsys.readouterr().out.splitlines()
    column = header.index("shape")
    assert all(line[column] == "(" for line in lines if line.startswith("%"))
    assert not any(line != line.rstrip() for line in lines)


def test_dot_text_is_the_same_for_the_same_computation() -> None:
    assert mg.graph_dot(gated()) == DOT
    assert mg.graph_dot(gated()) == mg.graph_dot(gated())


def test_dot_shows_recorded_norms_and_survives_quotes_in_names() -> None:
    x = mg.tensor([3.0], requires_grad=True, name='"a" \\n <b>')
    y = x.sum()
    with mg.record_gradients():
        y.backward()
    text = mg.graph_dot(y)
    assert text.count("‖g‖ = 1") == 2
    assert '\\"a\\"' in text


def test_a_tensor_without_graph_is_refused() -> None:
    for show in (mg.explain, mg.graph_dot):
        with pytest.raises(mg.GraphError, match="no graph"):
            show(mg.tensor([1.0]))


def test_a_deep_graph_is_printed_without_recursion() -> None:
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(5000):
        x = x + 1.0
    text = io.StringIO()
    mg.explain(x, text, max_nodes=None)
    assert len(text.getvalue().splitlines()) == 5002


def test_a_large_graph_is_printed_whole_only_if_asked_for() -> None:
    x = mg.tensor(1.0, requires_grad=True)
    with mg.scope("a long chain"):
        for _ in range(2000):
            x = x + 1.0
    first, _, hidden, *lines, hint = explained(x).splitlines()
    assert hidden == "— +1901 hidden"
    assert sum("add" in line for line in lines) == 100
    assert first == hint
    for way in ("the newest 100 lines", "max_nodes=None prints all", "expand=() one line for each scope"):
        assert way in hint
    text = io.StringIO()
    mg.explain(x, text, expand=(), max_nodes=None)
    assert len(text.getvalue().splitlines()) == 4
    text = io.StringIO()
    mg.explain(x, text, max_nodes=7)
    assert len(text.getvalue().splitlines()) == 10
    assert "max_nodes" not in text.getvalue()


def test_the_graph_of_a_fold_can_be_printed_in_every_mode(mode: str) -> None:
    cell = Simple(np.random.default_rng(0))
    forest = Forest([Tree.parse("(1 (1 not) (1 bad))")])
    loss = mg.fold(cell, forest, np.zeros((2, E)), mode).h.sum()
    assert "W1" in explained(loss)
    assert "W1" in mg.graph_dot(loss)
