"""The emitted function `backward`.

It goes through the tiles from last to first. A *chunk* is as many tiles as fit in the buffer O: when they are
done, their nodes' contributions are added to the gradients of the weights, while all operands are in cache.
"""

from __future__ import annotations

from minigrad.fold.compiler.columns import aligned
from minigrad.fold.compiler.emit import Writer, merged
from minigrad.fold.compiler.emit_forward import ARGUMENTS
from minigrad.fold.compiler.plan import WeightProduct
from minigrad.symbol import UnsupportedError


def products(w: Writer) -> list[str]:
    """Return the names of the products that hold the weights' gradients."""
    return [f"dW{k}" for k in range(len(w.plan.weight_products))]


def write_backward(w: Writer, packed: list[str]) -> None:
    """Write the function that computes the gradients with respect to states, leaves and parameters.

    If `complete`, it computes those with respect to the states only, but also in the rows that nothing else
    needs: with respect to state parts that are constantly zero at leaves. If `fresh`, only the roots' rows of
    the states' gradients have been set before the call; all others are overwritten.
    """
    with w.function("backward", ["complete", "fresh", *ARGUMENTS, "totals", "G_leaves", "gradient"]):
        w.emit("use_wide_vectors()")
        w.arrays("K", "O", "Z", "B", "E", "sums", *packed, *products(w))
        w.states()
        w.side_by_side("totals", {f"G_{p.name}": p.width for p in w.trace.parts})
        with w.block("if not complete:"):
            w.emit("pack_backward(memory, parameters)")
            w.emit("sums[:] = zero")
        w.emit("stop = len(tiles)")
        with w.block("while stop > 0:"):
            w.emit("first = stop - 1")
            with w.block("while first > 0 and tiles[stop - 1, 4] - tiles[first - 1, 0] <= len(O):"):
                w.emit("first -= 1")
            w.emit("c = tiles[first, 0]")
            with w.block("for tile in range(stop - 1, first - 1, -1):"):
                _tile(w)
            with w.block("if not complete:"):
                _weights(w)
            w.emit("stop = first")
        with w.block("if not complete:"):
            _leaves(w)
            w.emit("gradients(memory, gradient)")


def _tile(w: Writer) -> None:
    sweep, layout = w.plan.backward, w.layout
    w.emit("t = tiles[tile]", "a, m, base = t[0], t[4] - t[0], np.uint64(t[0])")
    if w.chain:  # all right children are inputs, and only one left child is a leaf: nothing to skip
        w.emit("l0, l1, r0, r1 = 0, m, 0, 0")
    else:
        w.emit("l0, l1, r0, r1 = t[2] - a, m, t[1] - a, t[3] - a")
        with w.block("if complete:"):
            w.emit("l0, l1, r0, r1 = 0, m, 0, m")
    w.emit("Kt, Ot = K[a : t[4]], O[a - c : t[4] - c]")
    with w.row():
        w.emit("u, z = Ot[i], Z[i]")
        w.gather_children()
        for name, s in w.trace.cotangents.items():
            for row, columns in (("z", layout.cotangents), ("v", sweep.operands)):
                if s in columns.start:
                    to = layout.column(row, columns.start[s])
                    w.copy(s.shape[1], to, (f"G_{name}[{w.node('row')}]", 0))
    w.sweep(sweep, "Q")
    with w.block("if fresh:"), w.row():
        _pass_on(w, add=False)
    with w.block("else:"), w.row():
        _pass_on(w, add=True)


def _pass_on(w: Writer, add: bool) -> None:
    """Write that a node's contributions are added to its children's gradients."""
    layout, sweep = w.layout, w.plan.backward
    w.emit("k, u, z = Kt[i], Ot[i], Z[i]")
    for (side, name), s in w.trace.child_gradients.items():
        inputs = w.reads_inputs(side)  # whose derivatives are always added to
        if inputs and not w.is_vector(name):
            continue
        found = layout.find(s, layout.loads(sweep))
        if found is None:
            raise UnsupportedError("a child's gradient that is no row")
        to = f"{'G_leaves' if inputs else f'G_{name}'}[{w.node(side)}]", 0
        w.copy(s.shape[1], to, found, add or inputs)


def _weights(w: Writer) -> None:
    w.emit("m, base = tiles[stop - 1, 4] - c, np.uint64(c)", "Kt, Ot = K[c : c + m], O[:m]")
    w.emit("more = stop < len(tiles)")
    for number, p in enumerate(w.plan.weight_products):
        if p.side:
            _picked(w, number, p)
        else:
            (k0, k1), (n0, n1) = p.k, p.n
            v = w.layout.V
            x = f"{'Ot' if p.given else 'Kt'}[:, {k0}:{k1}]"
            w.emit(f"product_tn(dW{number}[:, :{n1 - n0}], {x}, Ot[:, {v + n0}:{v + n1}], more)")
    with w.row():
        w.emit("u = Ot[i]")
        for start, stop in merged((start, start + s.shape[0]) for s, start in w.plan.sums.items()):
            with w.block(f"for j in range({start}, {stop}):"):
                w.emit(f"sums[j] += u[{w.layout.V} + j]")


def _picked(w: Writer, number: int, p: WeightProduct) -> None:
    """Write a product over the nodes whose child on a side is not a leaf: their rows are compacted first."""
    k, n = p.k[1] - p.k[0], p.n[1] - p.n[0]
    start = aligned(k)
    w.emit("n = 0")
    with w.row(), w.block(f"if not {w.is_leaf(p.side)}:"):
        w.emit(f"e, x, u = E[np.uint64(n)], {'Ot' if p.given else 'Kt'}[i], Ot[i]")
        w.copy(k, ("e", 0), ("x", p.k[0]))
        w.copy(n, ("e", start), ("u", w.layout.V + p.n[0]))
        w.emit("n += 1")
    w.emit(f"product_tn(dW{number}[:, :{n}], E[:n, :{k}], E[:n, {start}:{start + n}], more)")


def _leaves(w: Writer) -> None:
    """Write the gradients with respect to the leaves' vectors; for chains they are complete already."""
    vectors = [p for p in w.trace.parts if p.leaf == "vector"]
    if w.chain or not vectors:
        return
    with w.block("for i in range(np.uint64(len(leaf_rows))):"):
        w.emit("row, x = np.uint64(leaf_rows[i]), G_leaves[i]")
        for k, part in enumerate(vectors):
            w.copy(part.width, ("x", 0), (f"G_{part.name}[row]", 0), add=k > 0)
