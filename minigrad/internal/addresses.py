"""Where the values of tensors are in memory, for compiled code that takes addresses instead of arrays."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.kernels.machine import address
from minigrad.tensor import Tensor

Array = np.ndarray
_DATA = operator.attrgetter("data")


class Addresses:
    """The addresses of some tensors' values; a tensor's array may be replaced between two uses.

    Compiled code gets C-ordered arrays of one dtype; an array that is not is copied at every `update`.

    Parameters
    ----------
    tensors : sequence of Tensor
    dtype
    owner : str
        What relies on the shapes, for the error.

    Attributes
    ----------
    pointers : intp (tensors,)
        The addresses at the last `update`.
    held : list of arrays
        The arrays that they point to. Both are replaced, not changed, when an array is another.
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
        self.pointers = np.zeros(0, np.intp)

    def update(self) -> None:
        """Find out where the values are now.

        Raises
        ------
        ShapeError
            If a tensor's shape has changed since the beginning.
        """
        data = list(map(_DATA, self._tensors))
        if not all(map(operator.is_, data, self._data)):
            self._find(data)
        for k, copy in self._copies.items():
            copy[...] = data[k]

    @property
    def in_place(self) -> bool:
        """Whether all addresses at the last `update` were those of the tensors' own arrays."""
        return not self._copies

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
        self.pointers = np.array([address(array) for array in self.held], np.intp)
        self.of_dtype = all(array.dtype == self._dtype for array in data)
        self._data = data

    def write_back(self) -> None:
        """Copy what compiled code has changed back into tensors that it was given copies of."""
        for k, copy in self._copies.items():
            self._data[k][...] = copy
