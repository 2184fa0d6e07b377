"""Backward, one contribution at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Cotangent, Cotangents, SparseRows, as_dense
from minigrad.graph import Node, backward, misshapen, out_of_order, reachable, usable_vjps
from minigrad.internal.table import aligned
from minigrad.outline.flow import index_text
from minigrad.record import kept, value_lines
from minigrad.tensor import Tensor

HEADER = ("step", "node", "g", "operand", "vjp", "contribution", "sum so far")
ELEMENTS = 6  # of an array, printed in full; of a larger one least … greatest, and mean
FORMULA = 40  # characters
ROWS = 100  # steps, printed in one table


@dataclass(frozen=True, eq=False)
class Step:
    """What one vjp adds to the cotangent of one operand.

    Attributes
    ----------
    number : int
        Counts from 1.
    node : Node
        The node that backward has reached.
    g : array
        The node's cotangent, which is complete.
    parent : Node
        The operand that the vjp leads to.
    formula : str
        What the vjp computes; of all the node's vjps, where the node does not tell them apart.
    contribution : array or SparseRows
        What the vjp returned for g, of the operand's shape.
    total : array or SparseRows
        The sum of all contributions to the operand so far, this one included.
    """

    number: int
    node: Node
    g: np.ndarray
    parent: Node
    formula: str
    contribution: np.ndarray | SparseRows
    total: np.ndarray | SparseRows

    def __repr__(self) -> str:
        ends = f"%{self.node.id} {node_title(self.node)} → %{self.parent.id} {node_title(self.parent)}"
        numbers = f"{array_text(self.contribution)}, sum {array_text(self.total)}"
        return f"<Step {self.number}: {ends}, {self.formula} = {numbers}>"


class Steps:
    """The steps of a backward pass, computed when they are asked for; made by `step_through`."""

    def __init__(self, root: Node, cotangent: np.ndarray, retain_graph: bool) -> None:
        self._root, self._cotangent, self._retain_graph = root, cotangent, retain_graph
        self._steps = _steps(root, cotangent)
        self._first: list[Step] = []  # for the table of a graph that has been freed
        self._done = False

    def __iter__(self) -> Steps:
        return self

    def __next__(self) -> Step:
        step = next(self._steps, None)
        if step is None:
            if not self._done:
                self._done = True
                backward(self._root, self._cotangent, self._retain_graph, thread.state.observers)
            raise StopIteration
        if len(self._first) <= ROWS:
            self._first.append(step)
        return step

    def peek(self) -> Iterator[Step]:
        """Return an iterator over all steps from the first one on, which changes nothing at its end."""
        return _steps(self._root, self._cotangent)

    def __str__(self) -> str:
        first = self._first if self._done else [*islice(self.peek(), ROWS + 1)]
        more = f"\n… (the first {ROWS} steps; iterate to see the others)" if len(first) > ROWS else ""
        return step_table(first[:ROWS]) + more

    __repr__ = __str__


def step_through(tensor: Tensor, cotangent: Any = None, retain_graph: bool = False) -> Steps:
    """Go through backward one contribution at a time.

    Iterating yields a `Step` for every vjp that backward calls, in the order of its calls: the node, its
    complete cotangent g, the operand, the formula of the vjp, its contribution, and the sum of the operand's
    contributions so far. Nothing changes until the last step has been taken. Then everything is as after
    ``tensor.backward(cotangent, retain_graph)``: gradients are in ``.grad``, and the graph is freed.

    Printing shows all steps as a table and changes nothing. `viz.StepsPicture` draws them. A fold in mode
    ``compiled`` is one node; a step through it computes the gradients of its states, which then have them.

    Parameters
    ----------
    tensor, cotangent, retain_graph
        As for `Tensor.backward`.

    Returns
    -------
    Steps
        An iterator. Every step holds copies of its arrays.

    Raises
    ------
    GraphError, ShapeError
        As `Tensor.backward` does: at once, or at the step that meets a node that has been freed or changed.

    Examples
    --------
    >>> a = mg.tensor(3.0, requires_grad=True, name="a")
    >>> print(mg.step_through(a * a))
    step  node    g  operand  vjp    contribution  sum so far
    1     %2 mul  1  %1 a     g ⊙ b  3             3
    2                %1 a     g ⊙ a  3             6
    """
    root, cotangent = tensor._seed(cotangent)
    if root.op is not None:
        usable_vjps(root)  # refuses a graph that has been freed
    return Steps(root, cotangent, retain_graph)


def step_table(steps: Sequence[Step], renumber: bool = False) -> str:
    """Return steps as a table, with node and g once for all steps of a node.

    With `renumber`, ids count from 1, so that the same computation gives the same text.
    """
    ids = sorted({node.id for step in steps for node in (step.node, step.parent)})
    shown = {number: k if renumber else number for k, number in enumerate(ids, 1)}
    rows = [HEADER]
    for k, step in enumerate(steps):
        node = f"%{shown[step.node.id]} {node_title(step.node)}", array_text(step.g)
        parent = f"%{shown[step.parent.id]} {node_title(step.parent)}"
        formula = step.formula if len(step.formula) <= FORMULA else f"{step.formula[: FORMULA - 2]} …"
        same = k > 0 and steps[k - 1].node is step.node
        sums = array_text(step.contribution), array_text(step.total)
        rows.append((str(step.number), *(("", "") if same else node), parent, formula, *sums))
    return "\n".join(aligned(rows))


def node_title(node: Node) -> str:
    """Return the op's name and the rows that it reads or writes; of a leaf the name."""
    return node.title + index_text(node.meta.index)


def array_text(g: np.ndarray | SparseRows) -> str:
    """Return a few elements in full, of more the least, the greatest and the mean."""
    if isinstance(g, SparseRows):
        rows = " ".join(map(str, g.rows[:ELEMENTS])) + (" …" if len(g.rows) > ELEMENTS else "")
        return f"rows {rows}: {array_text(g.values)}"
    lines = value_lines(kept(g, ELEMENTS), lambda number: f"{number:.3g}")
    return lines[0] if len(lines) == 1 else f"[{' '.join(lines)}]"


def _steps(root: Node, cotangent: np.ndarray) -> Iterator[Step]:
    """Yield what `graph.backward` computes, by the same arithmetic, and store nothing in the graph."""
    number = count(1).__next__
    cotangents = Cotangents(root.id, cotangent)
    for node in reachable(root):
        g = cotangents.pop(node.id, None)
        if g is None:
            raise out_of_order(node.id)
        if node.op is None:
            continue
        g = node.op.accept(g if g.shape else np.asarray(g))
        for parent, vjp, formula in zip(node.parents, usable_vjps(node), _formulas(node), strict=True):
            part = vjp(g)
            if getattr(part, "shape", None) != parent.shape:
                raise misshapen(node, parent, part)
            contribution = _copy(part)  # before it may become the sum, to which more is added in place
            cotangents.add(parent.id, part, parent.dtype, node.op.fresh)
            yield Step(number(), node, _copy(g), parent, formula, contribution, _copy(cotangents[parent.id]))
    if cotangents:
        raise out_of_order(*cotangents)


def _formulas(node: Node) -> list[str]:
    """Return a formula for each vjp: its own, where the op's formula lists one for every operand."""
    formula: str = node.op.formula
    each = formula.split(", ")
    if isinstance(node.op.makers, tuple) and len(each) == len(node.op.makers):
        each = [text for text, maker in zip(each, node.op.makers, strict=True) if maker is not None]
    return each if len(each) == len(node.parents) else [formula] * len(node.parents)


def _copy(g: Cotangent) -> Any:
    return g.copy() if isinstance(g, SparseRows) else np.array(as_dense(g))
