"""The Jacobian matrix: one walk backward that carries a row of cotangents for every element of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from minigrad.aside import gradients_aside
from minigrad.cotangent import SparseRows, as_dense
from minigrad.errors import GraphError
from minigrad.graph import Node, backward, misshapen, reachable, usable_vjps
from minigrad.stack import Stack
from minigrad.tensor import Tensor

Array = np.ndarray


@overload
def jacobian(output: Tensor, of: Tensor, rows: int | None = None) -> Array: ...
@overload
def jacobian(output: Tensor, of: Sequence[Tensor], rows: int | None = None) -> list[Array]: ...
def jacobian(output: Tensor, of: Any, rows: int | None = None) -> Any:
    """Return ∂output/∂of: the derivatives of every element of a result by every element of a tensor.

    The graph is walked once, with the cotangents of all elements of the result stacked: a `Stack`, on which
    most vjps work as on one array. The vjps that do something else are called once for every cotangent. A
    graph with a compiled fold is walked once per element, since its backward is one piece of code.

    The graph remains, and no ``.grad`` changes.

    Parameters
    ----------
    output : tensor
    of : tensor or sequence of tensors
        Leaves, or tensors that the result was computed from.
    rows : int, optional
        How many cotangents to carry at once, all unless said otherwise. Each takes the memory that a
        backward pass takes.

    Returns
    -------
    An array of shape ``output.shape + of.shape``, or a list of such arrays. Zeros where the result does not
    depend on a tensor.

    Raises
    ------
    GraphError
        If output, or one of the tensors, does not require a gradient; if the graph has been freed, or an
        operand was changed in place since.
    ValueError
        If `rows` is less than 1.
    """
    tensors = [of] if isinstance(of, Tensor) else list(of)
    wanted = [_node(t, f"tensor {k} of `of`") for k, t in enumerate(tensors)]
    root = _node(output, "the output")
    n = output.size
    if rows is not None and rows < 1:
        raise ValueError(f"jacobian: rows counts the cotangents that are carried at once, from 1; not {rows}")
    found = [np.zeros((n, *t.shape), t.dtype) for t in tensors]
    nodes = reachable(root)
    walk = _walk if all(node.op is None or node.op.stackable for node in nodes) else _walk_each
    for start in range(0, n, rows or max(n, 1)):
        part = slice(start, min(n, start + (rows or n)))
        seeds = np.eye(n, dtype=output.dtype)[part].reshape((part.stop - start, *output.shape))
        for k, g in walk(nodes, seeds, wanted).items():
            found[k][part] = g
    results = [J.reshape(output.shape + t.shape) for J, t in zip(found, tensors, strict=True)]
    return results[0] if isinstance(of, Tensor) else results


def _node(t: Any, what: str) -> Node:
    if not isinstance(t, Tensor):
        raise TypeError(f"jacobian: {what} is a {type(t).__name__}, not a tensor")
    if t.node is None:
        raise GraphError(
            f"jacobian: {what}{f', {t.name!r},' if t.name else ''} does not require a gradient; make it, or "
            "what it is computed from, with requires_grad=True, and not under no_grad()"
        )
    return t.node


def _walk(nodes: list[Node], seeds: Array, wanted: list[Node]) -> dict[int, Array]:
    """Carry stacked cotangents from nodes[0] back to the wanted ones; return those, by number."""
    needed = set(wanted)
    for node in reversed(nodes):  # oldest first
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    sums = _Sums(nodes[0].id, seeds)
    found: dict[int, Array] = {}
    for node in nodes:
        g = sums.pop(node.id)
        if g is None:
            continue
        if node.op is not None and node.op.writes and node.id not in sums.owned:
            g = g.copy()  # from here on it is one stack for all versions of the states, to which reads add
        for k, other in enumerate(wanted):
            if other is node:
                found[k] = g.data
        if not any(parent in needed for parent in node.parents):
            continue
        for parent, vjp in zip(node.parents, usable_vjps(node), strict=True):
            if parent in needed:
                sums.add(parent, _stacked(node, parent, vjp, g), node.op.writes)
    return found


def _stacked(node: Node, parent: Node, vjp: Callable[[Any], Any], g: Stack) -> Stack | SparseRows:
    """Return what a vjp makes of all cotangents, at once if it can."""
    try:
        part = vjp(g)
    except Exception:  # whatever a stack can't do; if the vjp is wrong, it raises again below
        part = None
    if isinstance(part, SparseRows) and all(isinstance(values, Stack) for _, values in part._parts):
        return part
    if isinstance(part, Stack) and part.shape == parent.shape:
        return part
    parts = []
    for row in g.data:
        one = vjp(np.asarray(row))
        if getattr(one, "shape", None) != parent.shape:
            raise misshapen(node, parent, one)
        parts.append(as_dense(one))
    return Stack(np.stack(parts))


class _Sums:
    """The stacked cotangents that have begun to add up, by node id; see `cotangent.Cotangents`."""

    def __init__(self, key: int, seeds: Array) -> None:
        self._sums = {key: Stack(seeds)}
        self._height = len(seeds)
        self.owned: set[int] = set()

    def pop(self, key: int) -> Stack | None:
        return self._sums.pop(key, None)

    def add(self, parent: Node, part: Stack | SparseRows, owned: bool) -> None:
        """Add a contribution; `owned` says that nothing else adds to, or keeps, its memory."""
        total = self._sums.get(parent.id)
        if isinstance(part, SparseRows):
            if total is None:
                total = Stack(np.zeros((self._height, *parent.shape), parent.dtype))
            elif parent.id not in self.owned:
                total = total.copy()
            for rows, values in part._parts:
                if len(np.unique(rows)) == len(rows):
                    total.data[:, rows] += values.data
                else:
                    np.add.at(total.data, (slice(None), rows), values.data)  # type: ignore[arg-type]
            owned = True
        elif total is None:
            total = part.astype(parent.dtype, copy=False)
        else:
            total, owned = Stack(total.data + part.astype(parent.dtype, copy=False).data), True
        self._sums[parent.id] = total
        if owned:
            self.owned.add(parent.id)


def _walk_each(nodes: list[Node], seeds: Array, wanted: list[Node]) -> dict[int, Array]:
    """Carry one cotangent after the other."""
    found = {k: np.zeros((len(seeds), *node.shape), node.dtype) for k, node in enumerate(wanted)}
    for row, seed in enumerate(seeds):
        with gradients_aside(nodes[0], wanted):
            backward(nodes[0], np.array(seed), retain_graph=True)
            for k, node in enumerate(wanted):
                if node.gradient is not None and node.gradient.value is not None:
                    found[k][row] = as_dense(node.gradient.value)
    return found
