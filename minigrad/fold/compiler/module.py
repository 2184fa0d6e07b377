"""The whole text of a cell's equations as functions, and what they have to be given."""

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
        Without what the functions need of products and activations.
    forward_parameters, backward_parameters : list of int
        The numbers of the parameters that each function takes.
    """

    def __init__(self, plan: Plan) -> None:
        self.writer = w = Writer(plan)
        self.forward_parameters = sorted({*matrices.weights(plan.forward), *matrices.vectors(w)})
        self.backward_parameters = matrices.weights(plan.backward)
        forward = [f"w{k}" for k in self.forward_parameters]
        backward = [f"w{k}" for k in self.backward_parameters]
        wanted = [f"g{k}" for k, g in enumerate(plan.trace.parameter_gradients) if g is not None]
        P, Q = matrices.packed_names(plan.forward, "P"), matrices.packed_names(plan.backward, "Q")
        write_forward(w, P, forward)
        write_backward(w, Q, backward, wanted)
        matrices.write_packing(w, plan.forward, "pack_forward", "P", forward)
        matrices.write_packing(w, plan.backward, "pack_backward", "Q", backward)
        matrices.write_gradients(w)
        self.text = "\n".join(w.lines).strip() + "\n"
