"""All emitted functions of a cell, and what they need."""

from __future__ import annotations

from minigrad.fold.compiler import matrices
from minigrad.fold.compiler.emit import Writer
from minigrad.fold.compiler.emit_backward import write_backward
from minigrad.fold.compiler.emit_forward import write_forward
from minigrad.fold.compiler.plan import Plan


class Emitted:
    """The functions `forward` and `backward` of a plan, as text.

    Attributes
    ----------
    writer : Writer
    text : str
        Without the kernels of products and activations that the functions call.
    """

    def __init__(self, plan: Plan) -> None:
        self.writer = w = Writer(plan)
        P, Q = matrices.packed_names(plan.forward, "P"), matrices.packed_names(plan.backward, "Q")
        write_forward(w, P)
        write_backward(w, Q)
        matrices.write_packing(w, plan.forward, "pack_forward", "P")
        matrices.write_packing(w, plan.backward, "pack_backward", "Q")
        matrices.write_gradients(w)
        self.text = "\n".join(w.lines).strip() + "\n"
