"""Where values lie: found again when they are replaced, copied where compiled code can't read them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg
from minigrad.internal.addresses import Addresses
from minigrad.kernels.machine import address
from minigrad.nn import Parameter

VALUES = np.arange(6.0).reshape(2, 3)


def at(place: int, dtype: type = np.float64) -> np.ndarray:
    """What lies there."""
    memory = (ctypes.c_byte * (6 * np.dtype(dtype).itemsize)).from_address(int(place))
    return np.frombuffer(memory, dtype).reshape(2, 3)


def test_an_address_is_that_of_the_first_element() -> None:
    assert address(VALUES) == VALUES.ctypes.data
    assert address(VALUES[1:]) == VALUES.ctypes.data + 24
    assert address(np.empty((0, 3))) == 0


@pytest.mark.parametrize(
    "replace",
    [np.copy, np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[:, ::2], lambda x: x.astype(np.float32)],
    ids=["copy", "Fortran", "strided", "float32"],
)
def test_replaced_values_are_found_and_changes_come_back(replace: Callable[..., np.ndarray]) -> None:
    p, q = Parameter(VALUES), Parameter(2 * VALUES)
    addresses = Addresses([p, q], np.float64, "test")
    addresses.update()
    first, held = addresses.pointers, addresses.held
    assert first.tolist() == [p.data.ctypes.data, q.data.ctypes.data]
    p.data = replace(3 * VALUES)
    addresses.update()
    np.testing.assert_array_equal(at(addresses.pointers[0]), 3 * VALUES)
    np.testing.assert_array_equal(at(first[0]), VALUES, "still held, for those who have the old address")
    np.testing.assert_array_equal(held[0], VALUES)
    with mg.no_grad():
        p[...] = 4 * VALUES
    addresses.update()
    np.testing.assert_array_equal(at(addresses.pointers[0]), 4 * VALUES)
    at(addresses.pointers[0])[...] = 5 * VALUES
    addresses.write_back()
    np.testing.assert_array_equal(p.data, 5 * VALUES)
    np.testing.assert_array_equal(q.data, 2 * VALUES)


def test_as_long_as_nothing_is_replaced_the_places_are_the_same_array() -> None:
    addresses = Addresses([Parameter(VALUES)], np.float64, "test")
    addresses.update()
    pointers = addresses.pointers
    addresses.update()
    assert addresses.pointers is pointers


def test_another_shape_is_refused() -> None:
    p = Parameter(VALUES, name="W")
    addresses = Addresses([p], np.float64, "fold")
    p.data = VALUES.T.copy()
    with pytest.raises(mg.ShapeError, match=r"'W' had the shape \(2, 3\) when this fold .* has \(3, 2\) now"):
        addresses.update()
