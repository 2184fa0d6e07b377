"""The emitted function `forward`."""

from __future__ import annotations

from minigrad.fold.compiler.emit import Writer

# Arguments of both functions; see evaluation.py
ARGUMENTS = ["tiles", "nodes", "leaf_rows", "entries", "table", "states", "masks", "memory", "parameters"]


def write_forward(w: Writer, packed: list[str]) -> None:
    """Write the function that computes the states of all nodes from the leaves' vectors."""
    with w.function("forward", ["keep", *ARGUMENTS]):
        w.emit("use_wide_vectors()", "pack_forward(memory, parameters)")
        w.arrays("K", "O", "Z", "B", *packed)
        w.states()
        _place_leaves(w)
        with w.block("for tile in range(len(tiles)):"):
            w.emit("t = tiles[tile]", "a, m, base = t[0], t[4] - t[0], np.uint64(t[0])")
            w.emit("l0, l1, r0, r1 = t[2] - a, m, t[1] - a, t[3] - a")
            w.emit("Kt, Ot = K[a : t[4]] if keep else K[:m], O[:m]")
            with w.row():
                w.emit("u = Ot[i]")
                w.gather_children()
            w.sweep(w.plan.forward, "P")
            with w.row():
                w.emit("k, u, z = Kt[i], Ot[i], Z[i]")
                for name, s in w.trace.outputs.items():
                    value = w.layout.find(s, w.layout.loads(w.plan.forward))
                    assert value is not None, "outputs are stored"
                    w.copy(s.shape[1], (f"state_{name}[{w.node('row')}]", 0), value)


def _place_leaves(w: Writer) -> None:
    with w.block("for i in range(np.uint64(len(leaf_rows))):"):
        w.emit("row, y = np.uint64(leaf_rows[i]), table[np.uint64(entries[i])]")
        for part in w.trace.parts:
            if part.leaf == "vector" and not w.chain:
                w.copy(part.width, (f"state_{part.name}[row]", 0), ("y", 0))
            else:
                w.clear(part.width, f"state_{part.name}[row]")
