"""Write the driver of all cells as the text of a self-contained module, which Numba compiles.

Numba's cache has no lock and does not notice a change in another file. So the text of everything that the
driver calls is pasted into its module, which imports nothing of minigrad; and only the driver, which has a
single signature, is cached (two processes that add different signatures of one function can mix them up), not
the helpers, whose code is part of their callers'.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
from types import ModuleType
from typing import Any

import numpy as np

from minigrad.fold.compiler import order
from minigrad.fold.compiler.abi import FIELDS, Field
from minigrad.fold.compiler.driver import loss_and_gradients
from minigrad.fold.compiler.machine_code import Code, load
from minigrad.kernels import invoke
from minigrad.kernels.jit import FASTMATH
from minigrad.kernels.rows import first_outside, sum_rows
from minigrad.kernels.softmax import _softmax_of_row, linear_cross_entropy

DRIVEN = (  # what the driver calls
    *(order._kind, order.tile_size, order._push, order.schedule_nodes),
    *(first_outside, sum_rows),
    *(_softmax_of_row, linear_cross_entropy),
)
FUTURE = "from __future__ import annotations\n"

HEADER = '''"""Emitted by minigrad's fold compiler: {title}.

First comes {first}; what that calls is copied from minigrad's own files.
"""

{future}
import numba
import numpy as np

TITLE = {title!r}
OPTIONS = {{"error_model": "numpy", "nogil": True, "fastmath": {fastmath}}}
CACHED = "__file__" in globals()  # without a file of its own, the module lives in memory only


def compiled(function):
    """Compile at the first call; the machine code is cached beside this file if it can be written."""
    try:
        return numba.njit(cache=CACHED, **OPTIONS)(function)
    except RuntimeError:
        return numba.njit(**OPTIONS)(function)


def helper(function):
    """Compile as a part of whatever calls it."""
    return numba.njit(**OPTIONS)(function)


'''


def driver_source(dtype: np.dtype[Any]) -> str:
    """Return the module of `driver.loss_and_gradients`, one for each dtype."""
    header = _header(f"the driver of all cells, {dtype}", "the function that is called from Python")
    numbers = ("TILE", "STEP", "NODE", "DEPTH", "ABOVE", "WAITING", "AFTER")
    constants = "\n".join(f"{name} = {getattr(order, name)!r}" for name in numbers)
    constants += f"\nFIELDS = {FIELDS}\n" + "\n".join(f"{field.name} = {field.value}" for field in Field)
    helpers = [
        _section(module, "\n\n".join(map(_function, functions)))
        for module, functions in itertools.groupby(DRIVEN, lambda function: function.__module__)
    ]
    helpers.append(_section(invoke.__name__, _pasted(invoke)))
    return f"{header}{constants}\n\n\n{_function(loss_and_gradients, 'compiled')}{''.join(helpers)}"


def _header(title: str, first: str) -> str:
    return HEADER.format(title=title, first=first, future=FUTURE, fastmath=f"set({sorted(FASTMATH)})")


def _section(module: str, text: str) -> str:
    title = f"# == {module.replace('.', '/')}.py "
    return f"\n\n{title:=<105}\n\n{text.strip()}\n"


def _function(function: Any, decorator: str = "helper") -> str:
    """Return the text of a function, compiled or not, under another decorator."""
    text = inspect.getsource(function)
    return f"@{decorator}\n" + text[text.index("def ") :]


def _pasted(module: ModuleType) -> str:
    """Return the text of a module without its imports from the project, whose text is pasted beside it."""
    text = inspect.getsource(module)
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "__future__",
            "minigrad",
        ):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or 0) - node.lineno + 1)
    return "".join(lines)


@functools.cache
def driver(dtype: np.dtype[Any]) -> Code:
    """Return the driver's module, with the function `loss_and_gradients`."""
    return load(driver_source(dtype))
