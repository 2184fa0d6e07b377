"""The functions that all cells call, in one module of machine code for each dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from minigrad.kernels.machine import new_function, new_module
from minigrad.kernels.packing import emit_butterfly, emit_copy, emit_pack, emit_transpose
from minigrad.kernels.product import emit_product_tn, emit_tiles
from minigrad.kernels.vectors import POINTER, WORD, Emitter, scalar_type

# The arguments of each: p for a pointer, i for an integer.
ARGUMENTS = {
    "tiles": "pipiipiiiiii",
    "product_packed": "pipipiiii",
    "product_tn": "pipipiiiii",
    "copy": "pipiiii",
    "transpose": "pipiiii",
    "pack": "piiiipiiii",
    "butterfly": "ppppi",
}


def symbol(name: str, dtype: Any) -> str:
    """Return the name of a shared function in machine code."""
    return f"minigrad_{name}_{np.dtype(dtype).name}"


def declare(module: ir.Module, name: str, dtype: Any) -> ir.Function:
    """Return a shared function for a module that calls it."""
    known = module.globals.get(symbol(name, dtype))
    return known or ir.Function(module, _kind(name), symbol(name, dtype))


def shared_module(dtype: Any) -> ir.Module:
    """Return the module of all shared functions."""
    module = new_module(f"minigrad_{np.dtype(dtype).name}")
    made: dict[str, ir.Function] = {}

    def define(name: str, emit: Callable[..., None], *called: str) -> None:
        made[name] = function = new_function(module, symbol(name, dtype), _kind(name))
        emitter = Emitter(ir.IRBuilder(function.append_basic_block("entry")), scalar_type(dtype))
        emit(emitter, function.args, *(made[each] for each in called))
        emitter.builder.ret_void()

    define("tiles", emit_tiles)
    define("product_packed", _emit_product_packed, "tiles")
    define("product_tn", emit_product_tn, "tiles")
    define("copy", emit_copy)
    define("transpose", emit_transpose)
    define("pack", emit_pack, "copy", "transpose")
    define("butterfly", emit_butterfly)
    return module


def _emit_product_packed(emit: Emitter, arguments: Any, tiles: ir.Function) -> None:
    """Emit C = A @ B, or C += A @ B if `add`, for B packed in P.

    Arguments: c, c_step, a, a_step, p, m, k, n, add.
    """
    c, c_step, a, a_step, p, m, k, n, add = arguments
    size = emit.integer(emit.size)
    emit.builder.call(tiles, [c, c_step, a, a_step, size, p, size, emit.times(k, size), m, k, n, add])


def _kind(name: str) -> ir.FunctionType:
    return ir.FunctionType(ir.VoidType(), [POINTER if a == "p" else WORD for a in ARGUMENTS[name]])
