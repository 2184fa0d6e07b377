"""Gradients of bounded length."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.nn import Parameter


def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their common Euclidean norm is at most `max_norm`.

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    FloatingPointError
        If a gradient holds NaN or inf; the text names the parameter. Nothing is scaled.
    ValueError
        If `max_norm` is negative or NaN.
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm is {max_norm}; a norm is not negative")
    found: list[tuple[Parameter, np.ndarray | SparseRows]] = []
    total = 0.0
    for position, parameter in enumerate(parameters):
        gradient = parameter.grad
        if gradient is None:
            continue
        if isinstance(gradient, SparseRows):
            gradient = gradient.summed()
        values = gradient.values if isinstance(gradient, SparseRows) else gradient
        square = float(kernels.squared_norm(values))
        if not np.isfinite(square):
            count = int(np.count_nonzero(~np.isfinite(values)))
            raise FloatingPointError(
                f"the gradient of {parameter.name or f'parameter {position}'} {parameter.shape} "
                f"is not finite ({count} of {values.size} elements)"
            )
        total += square
        found.append((parameter, gradient))
    norm = float(np.sqrt(total))
    if norm > max_norm:
        for parameter, gradient in found:
            scale = gradient.dtype.type(max_norm / norm)
            if isinstance(gradient, SparseRows):
                parameter.grad = SparseRows(gradient.rows, gradient.values * scale, gradient.shape[0])
            else:
                parameter.grad = gradient * scale
    return norm
