"""Calls of machine code by its address, from code that Numba compiles."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from minigrad.kernels import JIT_ENABLED, machine
from minigrad.kernels.invoke import invoke
from minigrad.kernels.machine import address
from tests.minigrad.poison import poisoned_memory

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
# Stores the sum, or the product, of a frame's first two numbers in its third.
TEXT = """
define void @{name}(ptr %frame) {{
  %x = load i64, ptr %frame
  %second = getelementptr i64, ptr %frame, i64 1
  %y = load i64, ptr %second
  %z = {operation} i64 %x, %y
  %third = getelementptr i64, ptr %frame, i64 2
  store i64 %z, ptr %third
  ret void
}}
"""


@numba.njit
def call(function: int, frame: np.ndarray) -> int:
    invoke(function, frame, ())  # type: ignore[call-arg]
    return frame[2] + frame.size


@numba.njit
def sum_of_own(function: int) -> int:
    """Give the function addresses of arrays that are made here, and that nothing names afterwards."""
    own = np.empty(2, np.intp)
    own[0], own[1] = 3, 4
    frame = np.zeros(2, np.intp)
    frame[0] = own.ctypes.data
    invoke(function, frame, (own,))  # type: ignore[call-arg]
    return frame[1]


def test_one_compiled_caller_serves_every_function() -> None:
    frame = np.array([6, 7, 0])
    for operation, expected in (("add", 13), ("mul", 42)):
        name = f"test_invoke_{operation}"
        machine.compile_ir(name, TEXT.format(name=name, operation=operation))
        entry = machine.entry(name, name)
        assert call(entry.address, frame) == expected + 3
        frame[2] = 0
        entry(address(frame))  # from Python, too
        assert frame[2] == expected


INDIRECT = """
define void @{name}(ptr %frame) {{
  %own = load ptr, ptr %frame
  %x = load i64, ptr %own
  %next = getelementptr i64, ptr %own, i64 1
  %y = load i64, ptr %next
  %z = add i64 %x, %y
  %second = getelementptr i64, ptr %frame, i64 1
  store i64 %z, ptr %second
  ret void
}}
"""


def test_arrays_that_are_held_live_until_the_call_is_over() -> None:
    name = "test_invoke_indirect"
    machine.compile_ir(name, INDIRECT.format(name=name))
    entry = machine.entry(name, name)
    sum_of_own(entry.address)  # compiled with the memory as it is
    with poisoned_memory():  # which glibc overwrites when it is freed
        assert sum_of_own(entry.address) == 7


def test_text_that_is_no_module_is_refused() -> None:
    with pytest.raises(RuntimeError, match="parsing"):
        machine.compile_ir("test_invoke_wrong", "define nonsense")
    assert not machine.is_loaded("test_invoke_wrong")
