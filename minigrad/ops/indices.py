"""Row numbers and labels: checked before a kernel trusts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.tensor import Tensor

Array = np.ndarray


def indices(
    values: Any, end: int, *, op: str, name: str, at: str, of: str, error: type[Exception] = ValueError
) -> Array:
    """Return integers in 0..end−1 as an intp array of its own, which no later change of `values` reaches.

    `op`, `name` (what one of them is), `at` (what its position is called) and `of` (what it counts) are
    for the text of the errors.

    Raises
    ------
    TypeError
        If they are not integers.
    error
        If one lies outside; the text names it and its position.
    """
    numbers = np.array(values.data if isinstance(values, Tensor) else values)
    if numbers.dtype != np.intp:
        if numbers.size and numbers.dtype.kind not in "iu":
            raise TypeError(f"{op}: {name}s are integers, not {numbers.dtype}")
        numbers = numbers.astype(np.intp)
    position = kernels.first_outside(numbers.reshape(-1), end)
    if position >= 0:
        raise error(f"{op}: {name} {numbers.flat[position]} {at} {position} lies outside 0..{end - 1}, {of}")
    return numbers
