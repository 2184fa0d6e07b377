"""Calls of compiled functions by their addresses."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from minigrad.kernels.invoke import address_of, invoke
from minigrad.kernels.jit import JIT_ENABLED

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")


@numba.njit
def scale(x: Any, factor: Any, twice: bool) -> None:
    if factor < 0:
        raise ValueError("a negative factor")
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            x[i, j] *= factor * (2 if twice else 1)


@numba.njit
def fill(x: Any, factor: Any, twice: bool) -> None:
    x[:] = factor


@numba.njit
def call(function: int, x: Any, factor: Any, twice: bool) -> int:
    invoke(function, (x, factor, twice))
    return x.size


def address(function: Any, *arguments: Any) -> int:
    types = tuple(map(numba.typeof, arguments))
    function.compile(types)
    return address_of(function, types)


def test_one_compiled_caller_serves_every_function_of_a_signature() -> None:
    x = np.arange(6.0).reshape(2, 3)
    for function, expected in ((scale, 6 * x), (fill, np.full_like(x, 3))):
        own = x.copy()
        assert call(address(function, own, 3.0, True), own, 3.0, True) == 6
        np.testing.assert_array_equal(own, expected)


def test_an_error_comes_through() -> None:
    x = np.ones((1, 2))
    with pytest.raises(ValueError, match="a negative factor"):
        call(address(scale, x, -1.0, False), x, -1.0, False)
    assert (x == 1).all()
