"""Gradients of bounded length, or of bounded elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.nn import Parameter
from minigrad.optim.leaves import leaves


def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their common Euclidean norm is at most `max_norm`.

    Returns
    -------
    float
        The norm before clipping; inf if it lies beyond float64, although every element is finite.

    Raises
    ------
    FloatingPointError
        If a gradient holds NaN or inf; the text names the parameter. Nothing is scaled.
    TypeError
        If it is no list, or something else than a leaf that requires a gradient is among them.
    ValueError
        If `max_norm` is negative or NaN.
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm is {max_norm}; a norm is not negative")
    found = list(_gradients(parameters))
    norm = kernels.euclidean_norm(*(values for _, _, values in found))
    if norm > max_norm:
        arrays, before = [values for *_, values in found], norm
        if any(max_norm / norm < np.finfo(values.dtype).tiny for values in arrays):
            # Such a factor has lost digits, or is 0: the largest element is brought to 1 first.
            peak = max(np.abs(values).max(initial=0) for values in arrays)
            arrays = [np.divide(values, peak, dtype=np.float64) for values in arrays]
            before = kernels.euclidean_norm(*arrays)
        for (parameter, gradient, values), array in zip(found, arrays, strict=True):
            scaled = array * array.dtype.type(max_norm / before)
            _replace(parameter, gradient, scaled.astype(values.dtype, copy=False))
    return norm


def clip_grad_value(parameters: Iterable[Parameter], max_value: float) -> float:
    """Bring every element of every gradient into [−max_value, max_value].

    Unlike clipping by norm this changes the direction of the step.

    Returns
    -------
    float
        The largest absolute element before clipping, 0 without gradients.

    Raises
    ------
    FloatingPointError
        If a gradient holds NaN or inf; the text names the parameter. Nothing is changed.
    TypeError
        If it is no list, or something else than a leaf that requires a gradient is among them.
    ValueError
        If `max_value` is negative or NaN.
    """
    if not max_value >= 0:
        raise ValueError(f"max_value is {max_value}; an absolute value is not negative")
    largest = 0.0
    for parameter, gradient, values in list(_gradients(parameters)):
        peak = float(np.abs(values).max(initial=0.0))
        if peak > max_value:
            _replace(parameter, gradient, values.clip(-max_value, max_value))
        largest = max(largest, peak)
    return largest


def _gradients(
    parameters: Iterable[Parameter],
) -> Iterator[tuple[Parameter, np.ndarray | SparseRows, np.ndarray]]:
    """Yield every parameter that has a gradient, that gradient with distinct rows, and its values."""
    for position, parameter in enumerate(leaves(parameters, "clipping")):
        gradient = parameter.grad
        if gradient is None:
            continue
        if isinstance(gradient, SparseRows):
            gradient = gradient.summed()
        values = gradient.values if isinstance(gradient, SparseRows) else gradient
        if not np.isfinite(kernels.squared_norm(values)) and not np.isfinite(values).all():
            count = int(np.count_nonzero(~np.isfinite(values)))
            raise FloatingPointError(
                f"the gradient of {parameter.name or f'parameter {position}'} {parameter.shape} "
                f"is not finite ({count} of {values.size} elements)"
            )
        yield parameter, gradient, values


def _replace(parameter: Parameter, gradient: np.ndarray | SparseRows, values: np.ndarray) -> None:
    if isinstance(gradient, SparseRows):
        parameter.grad = SparseRows(gradient.rows, values, gradient.shape[0], distinct=True)
    else:
        parameter.grad = values
