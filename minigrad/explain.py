"""The graph behind a tensor, as text and as DOT."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from minigrad.errors import GraphError
from minigrad.internal.table import aligned
from minigrad.outline import Box, Item, Outline, outline, renumbered
from minigrad.record import value_lines
from minigrad.tensor import Tensor

HEADER = ("id", "op", "operands", "shape", "vjp", "‖g‖", "", "value")
MOST_LINES = 100  # unless more are asked for
MOST_SOURCES = 8  # of a collapsed scope, printed before they are only counted


def explain(
    tensor: Tensor,
    file: TextIO | None = None,
    *,
    expand: Any = "all",
    max_nodes: int | None = MOST_LINES,
    values: bool = False,
    names: Mapping[str, Tensor] | None = None,
) -> None:
    """Print the graph behind a tensor as a table, in the order in which it was computed.

    A line per node: id, op (with the rows that it reads or writes), the ids of its operands, shape, the
    derivative that its vjps compute (g is the node's cotangent, y its value, x its operand, or a and b its
    two operands), the norm of the cotangent where `record_gradients` was on, and "freed" where backward has
    dropped the vjps. Nodes are grouped by scope. Operands without a gradient are not in the graph.

    Parameters
    ----------
    tensor : Tensor
    file : text file, optional
        Where to print; standard output if left out.
    expand : "all", or a scope, or several
        The scopes that are printed op by op; of the others only their results are, which ops outside read. A
        scope is named by its text, or by whole words of it, which may match several; ``()`` collapses all.
    max_nodes : int, or None
        The most lines for ops and collapsed scopes. Older ones are only counted; None prints all. If the
        default is too few for the graph, the first line says so, and so does the last.
    values : bool
        Print the values that `record_values` has kept: arrays of up to 16 elements in three digits, of larger
        ones minimum … maximum, and mean.
    names : mapping from a name to a tensor, optional
        More names of tensors, besides their own, for instance
        ``dict(model.named_parameters())``.

    Raises
    ------
    GraphError
        If the tensor has no graph, or values are asked for and none was recorded.
    ValueError
        If `expand` names no scope of the graph, or `max_nodes` is not a whole number from 1 on.
    """
    found = outline(tensor, expand, max_nodes, names)
    text = table(found, values)
    if found.hidden and max_nodes == MOST_LINES:
        hint = f"the newest {MOST_LINES} lines; max_nodes=None prints all, expand=() one line for each scope"
        text = f"{hint}\n{text}\n{hint}"
    print(text, file=file or sys.stdout)


def table(found: Outline, values: bool = False, renumber: bool = False) -> str:
    """Return an outline as `explain` prints it, without the last line break.

    With `renumber`, ids count from 1, so that the same computation gives the same text.

    Raises
    ------
    GraphError
        If values are asked for and the outline has none.
    """
    if values:
        check_values(found)
    if renumber:
        found = renumbered(found)
    lines: list[tuple[str, ...] | str] = [HEADER if values else HEADER[:-1]]
    scope = ""
    for box in found.boxes:
        if box.kind in ("scope", "hidden"):
            lines.append(f"— {_heading(box)}")
        elif box.scope != scope:
            lines.append(f"— {box.scope}" if box.scope else "—")
        scope = box.scope
        lines += (_row(item, values) for item in (*box.items, *box.inside))
        if box.more:
            lines.append(f"… {box.more} more")
    rows = iter(aligned([line for line in lines if isinstance(line, tuple)]))
    return "\n".join(line if isinstance(line, str) else next(rows) for line in lines)


def check_values(found: Outline) -> None:
    """Raise GraphError where an outline has no values to print."""
    if all(item.value is None for box in found.boxes for item in (*box.items, *box.inside)):
        raise GraphError(
            "no values of this graph have been kept; compute it inside `with mg.record_values():` "
            "and ask again"
        )


def graph_dot(tensor: Tensor, *, expand: Any = "all", max_nodes: int | None = None) -> str:
    """Return the graph behind a tensor as DOT text: a box per node, arrows from operand to result.

    Boxes show what `explain` shows, and `expand` and `max_nodes` mean the same. They are numbered in the
    order of computation, from 0, so that the same computation gives the same text. `viz.OpGraphPicture` is
    this in colours.

    Raises
    ------
    GraphError, ValueError
        As `explain` does.
    """
    from graphviz import Digraph, escape

    font = {"fontname": "DejaVu Sans"}
    dot = Digraph("graph", graph_attr={"rankdir": "LR"}, node_attr={"shape": "box", **font})
    found = outline(tensor, expand, max_nodes)
    for k, box in enumerate(found.boxes):
        lines = [_heading(box, sources=False)] if box.kind in ("scope", "hidden") else []
        for item in box.items:
            lines += [item.title, str(item.shape)]
            if item.norm is not None:
                lines.append(f"‖g‖ = {item.norm:.3g}")
        style = {"style": "rounded"} if box.kind == "leaf" else {}
        dot.node(f"n{k}", escape("\n".join(lines)), tooltip=escape(box.scope), **style)
        for (source, target), times in found.arrows.items():
            if target == k:
                dot.edges([(f"n{source}", f"n{k}")] * (times if box.kind == "op" else 1))
    return str(dot.source)


def _heading(box: Box, sources: bool = True) -> str:
    if box.kind == "hidden":
        return box.title
    ops = f"{len(box.ids)} op" + "s" * (len(box.ids) != 1)
    return f"{box.title}: {ops}" + (f" on {_ids(box.sources)}" if sources and box.sources else "")


def _ids(numbers: Sequence[int]) -> str:
    shown = " ".join(f"%{number}" for number in numbers[:MOST_SOURCES])
    rest = len(numbers) - MOST_SOURCES
    return shown if rest <= 0 else f"{shown} and {rest} more"


def _row(item: Item, values: bool) -> tuple[str, ...]:
    operands = " ".join(f"%{number}" for number in item.operands)
    norm = "" if item.norm is None else f"{item.norm:.3g}"
    freed = "freed" if item.freed else ""
    row = (f"%{item.id}", item.title, operands, str(item.shape), item.formula, norm, freed)
    if not values:
        return row
    lines = [] if item.value is None else value_lines(item.value, lambda number: f"{number:.3g}")
    return (*row, " ".join(lines) if len(lines) < 2 else f"[{' '.join(lines)}]")
