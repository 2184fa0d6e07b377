"""The function `backward`.

It goes through the tiles from last to first. A *chunk* is as many tiles as fit in the buffer O: when they are
done, their nodes' contributions are added to the gradients of the weights, while all operands are in cache.
"""

from __future__ import annotations

from minigrad.fold.compiler.columns import merged
from minigrad.fold.compiler.matrices import pack, write_gradients
from minigrad.fold.compiler.writer import Writer
from minigrad.symbol import UnsupportedError


def write_backward(w: Writer) -> None:
    """Write the function that computes the gradients with respect to states, leaves and parameters.

    If `complete`, it computes those with respect to the states only, but also in the rows that nothing else
    needs: with respect to state parts that are constantly zero at leaves. If `fresh`, only the roots' rows of
    the states' gradients have been set before the call; all others are overwritten.
    """
    with w.function("backward"):
        with w.unless_complete():
            pack(w, w.layout.backward)
            w.clear_sums()
        with w.chunks():
            with w.tiles_of_chunk():
                _tile(w)
            with w.unless_complete():
                for number in dict.fromkeys([*w.targets, *range(len(w.layout.weights))]):
                    w.weight_product(number, w.layout.weights[number])
                for start, stop in merged((start, start + s.shape[0]) for s, start in w.layout.sums.items()):
                    w.add_sums(start, stop)
        with w.unless_complete():
            if not w.chain:  # for chains they are complete already
                w.leaf_gradients()
            write_gradients(w)


def _tile(w: Writer) -> None:
    layout = w.layout
    with w.rows():
        w.gather_children()
        for name, s in w.trace.cotangents.items():
            for row, columns in (("z", layout.cotangents), ("v", layout.backward.operands)):
                if s in columns.start:
                    w.gather(f"G_{name}", "row", s.shape[1], layout.column(row, columns.start[s]))
    w.sweep(layout.backward)
    fresh, otherwise = w.if_fresh()
    with fresh, w.rows():
        _pass_on(w, add=False)
    with otherwise, w.rows():
        _pass_on(w, add=True)


def _pass_on(w: Writer, add: bool) -> None:
    """Write that a node's contributions are added to its children's gradients."""
    for (side, name), s in w.trace.child_gradients.items():
        inputs = w.reads_inputs(side)  # whose derivatives are always added to
        if inputs and not w.is_vector(name):
            continue
        found = w.layout.find(s, w.layout.loads(w.layout.backward))
        if found is None:
            raise UnsupportedError("a child's gradient that is no row")
        w.scatter(s.shape[1], found, "G_leaves" if inputs else f"G_{name}", side, add or inputs)
