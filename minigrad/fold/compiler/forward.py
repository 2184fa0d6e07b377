"""The function `forward`: the states of all nodes from the leaves' vectors."""

from __future__ import annotations

from minigrad.fold.compiler.matrices import pack
from minigrad.fold.compiler.writer import Writer


def write_forward(w: Writer) -> None:
    """Write the function."""
    with w.function("forward"):
        pack(w, w.layout.forward)
        w.place_leaves()
        with w.tiles():
            with w.rows():
                w.gather_children()
            w.sweep(w.layout.forward)
            with w.rows():
                for name, s in w.trace.outputs.items():
                    value = w.layout.find(s, w.layout.loads(w.layout.forward))
                    assert value is not None, "outputs are stored"
                    w.scatter(s.shape[1], value, f"state_{name}", "row")
