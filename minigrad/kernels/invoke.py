"""Calling compiled functions by their addresses, so that one compiled caller serves all of them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def invoke(typing_context: Any, function: Any, arguments: Any) -> Any:
    """Call the compiled function at an address, an intp, with a tuple of arguments; it returns nothing.

    The arguments are trusted to have the types that the function was compiled for.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        convention, kinds = context.call_conv, list(arguments)
        kind = convention.get_function_type(types.none, kinds)
        called = builder.inttoptr(values[0], ir.PointerType(kind))
        packed = cgutils.unpack_tuple(builder, values[1])  # type: ignore[no-untyped-call]
        status, _ = convention.call_function(builder, called, types.none, kinds, packed)
        with cgutils.if_unlikely(builder, status.is_error):  # type: ignore[no-untyped-call]
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), generate


def address_of(function: Any, kind: Any) -> int:
    """Return where the code of a function is that was compiled for arguments of these types.

    Whoever passes it on holds the function.
    """
    compiled = function.overloads[kind]
    address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return address
