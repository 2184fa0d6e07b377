"""Where the values of tensors lie, for compiled code that takes addresses instead of arrays."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.tensor import Tensor

Array = np.ndarray


class Addresses:
    """The addresses of some tensors' values, which may be other arrays from one time to the next.

    Compiled code gets C-ordered arrays of one dtype; what is neither is copied, at every `update` anew.

    Parameters
    ----------
    tensors : sequence of Tensor
    dtype
    owner : str
        Who relies on the shapes, for the error.

    Attributes
    ----------
    places : intp (tensors,)
        Where their values were at the last `update`.
    held : list of arrays
        What lies there. Both are replaced, not changed, when it is another.
    of_dtype : bool
        Whether all tensors were of the dtype then.
    """

    def __init__(self, tensors: Sequence[Tensor], dtype: Any, owner: str) -> None:
        self._tensors, self._dtype, self._owner = list(tensors), np.dtype(dtype), owner
        self._shapes = [t.shape for t in tensors]
        self._data: list[Any] = [None] * len(self._tensors)
        self._copies: dict[int, Array] = {}
        self.held: list[Array] = []
        self.of_dtype = True
        self.places = np.zeros(0, np.intp)

    def __reduce__(self) -> tuple[Any, ...]:  # a copy has tensors of its own, and they lie elsewhere
        return Addresses, (self._tensors, self._dtype, self._owner)

    def update(self) -> None:
        """Look where the values are now.

        Raises
        ------
        ShapeError
            If a tensor's shape is another than it was at first.
        """
        data = [t.data for t in self._tensors]
        if not all(map(operator.is_, data, self._data)):
            self._find(data)
        for k, copy in self._copies.items():
            copy[...] = data[k]

    def _find(self, data: list[Array]) -> None:
        self._copies = {}
        self.held = []
        for k, (array, tensor, shape) in enumerate(zip(data, self._tensors, self._shapes, strict=True)):
            if array.shape != shape:
                raise ShapeError(
                    f"parameter {tensor.name!r} had the shape {shape} when this {self._owner} was made, and "
                    f"has {array.shape} now; make a new one"
                )
            if not array.flags.carray or array.dtype != self._dtype:
                array = self._copies[k] = np.empty(shape, self._dtype)
            self.held.append(array)
        self.places = np.array([address(array) for array in self.held], np.intp)
        self.of_dtype = all(array.dtype == self._dtype for array in data)
        self._data = data

    def write_back(self) -> None:
        """Copy what compiled code has changed to where it belongs, if it was given a copy."""
        for k, copy in self._copies.items():
            self._data[k][...] = copy


def address(array: Array) -> int:
    """Return the address of a C-ordered array's first element. Whoever passes it on holds the array."""
    # A quarter of the time that array.ctypes.data takes
    memory: Any = array
    return ctypes.addressof(ctypes.c_char.from_buffer(memory)) if array.size else 0
