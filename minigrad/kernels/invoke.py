"""Calling machine code by its address, so that one compiled caller serves all cells."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def invoke(typing_context: Any, function: Any, frame: Any, held: Any) -> Any:
    """Call the function at an address, an intp, with the address of a frame; it returns nothing.

    Parameters
    ----------
    function : int
    frame : intp array
        Numbers, and addresses of arrays.
    held : tuple of arrays
        Those of them that the caller made itself. Numba frees an array after the last statement that names
        it, and knows nothing of addresses.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType()])
        data = context.make_array(frame)(context, builder, values[1]).data
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), [data])
        return context.get_dummy_value()

    return types.void(types.intp, frame, held), generate
