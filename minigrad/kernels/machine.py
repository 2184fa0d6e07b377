"""From LLVM IR to machine code, by Numba's JIT: the only file that uses what is private in Numba.

Numba's code generator brings the target machine of this processor, relocation, the table of symbols, and
object code that can be kept and loaded again.
"""

from __future__ import annotations

import ctypes
import pickle
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba.core import serialize, types
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from minigrad.kernels.vectors import VECTOR_BYTES

_FRAME = ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # runs without Python's lock
Code = tuple[bytes, bytes]  # an object file and, as LLVM's bitcode, the names that it defines; or a pickle
_loaded: dict[str, Any] = {}  # libraries by name: their code lives as long as the process


def processor() -> tuple[str, ...]:
    """Return everything besides its text that a module's machine code depends on."""
    config = vars(numba.config)
    triple, name, features = _codegen().magic_tuple()
    settings = str(config["OPT"]), str(config["BOUNDSCHECK"])
    return numba.__version__, llvmlite.__version__, triple, name, features, *settings


def new_module(name: str) -> ir.Module:
    """Return an empty module for this processor."""
    module = ir.Module(name)
    module.triple = llvm.get_process_triple()
    return module


def new_function(module: ir.Module, name: str, kind: ir.FunctionType) -> ir.Function:
    """Return a new function that uses the whole width of the vectors."""
    function = ir.Function(module, kind, name)
    function.attributes.add("nounwind")
    if VECTOR_BYTES == 64:
        # LLVM would take half of it on some processors, for the sake of code that has few loops. llvmlite
        # knows attributes without a value only, and would refuse this one
        set.add(function.attributes, '"prefer-vector-width"="512"')
    return function


@global_compiler_lock  # type: ignore[untyped-decorator]
def compile_ir(name: str, text: str) -> Code:
    """Compile a module and load it; return what `load` takes in another process.

    Raises
    ------
    RuntimeError
        If LLVM can't read the text.
    """
    library = _codegen().create_library(name)
    library.enable_object_caching()
    library.add_llvm_module(llvm.parse_assembly(text))
    library.finalize()
    _loaded[name] = library
    return library.serialize_using_object_code()[2]


@global_compiler_lock  # type: ignore[untyped-decorator]
def load(name: str, code: Code) -> None:
    """Load what `compile_ir` has returned in another process."""
    _loaded[name] = _codegen().unserialize_library((name, "object", code))


def is_loaded(name: str) -> bool:
    """Tell whether a module of this name is in this process."""
    return name in _loaded


def entry(name: str, function: str) -> Any:
    """Return a function of a loaded module that takes the address of a frame; its own is its `address`."""
    at: int = _loaded[name].get_pointer_to_function(function)
    call: Any = _FRAME(at)
    call.address = at
    return call


@global_compiler_lock  # type: ignore[untyped-decorator]
def compile_function(function: Any, arguments: str, dtype: np.dtype[Any]) -> Code:
    """Compile a function of Numba's for one kind of arguments; return what `load_function` takes elsewhere.

    Parameters
    ----------
    function
        Of `numba.njit`, not compiled yet.
    arguments : str
        A letter for each: v and m for a vector and a matrix of the dtype, i and t for vectors of intp and of
        bool, all C-ordered; n for an intp, b for a bool, f for a float64.
    dtype
    """
    T = numba.from_dtype(dtype)
    kinds = {"v": T[::1], "m": T[:, ::1], "i": types.intp[::1], "t": types.boolean[::1]}
    kinds |= {"n": types.intp, "b": types.boolean, "f": types.float64}
    function.compile(tuple(kinds[letter] for letter in arguments))
    (result,) = function.overloads.values()
    return serialize.dumps(result._reduce()), b""  # type: ignore[no-untyped-call]


@global_compiler_lock  # type: ignore[untyped-decorator]
def load_function(function: Any, code: Code) -> None:
    """Give a function the machine code that `compile_function` has returned in another process."""
    result = CompileResult._rebuild(cpu_target.target_context, *pickle.loads(code[0]))  # type: ignore[no-untyped-call]
    function.add_overload(result)


def address(array: np.ndarray) -> int:
    """Return the address of a C-ordered array's first element; the caller keeps the array alive."""
    # Four times as fast as array.ctypes.data
    memory: Any = array
    return ctypes.addressof(ctypes.c_char.from_buffer(memory)) if array.size else 0


def _codegen() -> Any:
    return cpu_target.target_context.codegen()
