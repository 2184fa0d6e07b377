"""The graph behind a tensor, as text and as DOT."""

from __future__ import annotations

import sys
from typing import TextIO

from graphviz import Digraph, escape

from minigrad.errors import GraphError
from minigrad.graph import Node, reachable
from minigrad.tensor import Tensor


def _nodes(tensor: Tensor) -> list[Node]:
    if tensor.node is None:
        raise GraphError(
            "this tensor has no graph: it depends on nothing that requires a gradient, or was computed "
            "under no_grad()"
        )
    return reachable(tensor.node)[::-1]


def _title(node: Node) -> str:
    return str(node.op.name if node.op is not None else node.name or "leaf")


def explain(tensor: Tensor, file: TextIO | None = None) -> None:
    """Print the graph behind a tensor as a table, in the order in which it was computed.

    A line per node: id, op, the ids of its operands, shape, the derivative that its vjps compute (g is the
    node's cotangent), the norm of the cotangent where `record_gradients` was on, and "freed" where backward
    has dropped the vjps. Nodes are grouped by scope. Operands without a gradient are not in the graph.

    Parameters
    ----------
    tensor : Tensor
    file : text file, optional
        Where to print; standard output if left out.

    Raises
    ------
    GraphError
        If the tensor has no graph.
    """
    rows = []
    scopes = []
    for node in _nodes(tensor):
        operands = " ".join(f"%{parent.id}" for parent in node.parents)
        formula = node.op.formula if node.op is not None else ""
        norm = "" if node.norm is None else f"{node.norm:.3g}"
        freed = "freed" if node.vjps is None else ""
        rows.append((f"%{node.id}", _title(node), operands, str(node.shape), formula, norm, freed))
        scopes.append("" if node.scope is None else str(node.scope))
    header = ("id", "op", "operands", "shape", "vjp", "‖g‖", "")
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    lines = [_line(header, widths)]
    previous = ""
    for row, scope in zip(rows, scopes, strict=True):
        if scope != previous:
            lines.append(f"— {scope}" if scope else "—")
            previous = scope
        lines.append(_line(row, widths))
    print("\n".join(lines), file=file or sys.stdout)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def graph_dot(tensor: Tensor) -> str:
    """Return the graph behind a tensor as DOT text: a box per node, arrows from operand to result.

    Boxes show what `explain` shows. They are numbered in the order of computation, from 0, so that the same
    computation gives the same text.

    Raises
    ------
    GraphError
        If the tensor has no graph.
    """
    font = {"fontname": "DejaVu Sans"}
    dot = Digraph("graph", graph_attr={"rankdir": "LR"}, node_attr={"shape": "box", **font})
    nodes = _nodes(tensor)
    number = {node.id: f"n{k}" for k, node in enumerate(nodes)}
    for node in nodes:
        parts = [_title(node), str(node.shape)]
        if node.norm is not None:
            parts.append(f"‖g‖ = {node.norm:.3g}")
        style = {"style": "rounded"} if node.op is None else {}
        tooltip = "" if node.scope is None else str(node.scope)
        dot.node(number[node.id], escape("\n".join(parts)), tooltip=escape(tooltip), **style)
        for parent in node.parents:
            dot.edge(number[parent.id], number[node.id])
    return str(dot.source)
