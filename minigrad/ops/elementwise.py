"""Functions of one array, element by element. y is the result, g its cotangent."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.ops.broadcast import sum_to
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

__all__ = ["abs", "clip", "cos", "exp", "log", "sin", "sqrt"]

Array = np.ndarray


@primitive()
def exp(x: Array) -> Any:
    """eˣ

    shapes: any
    vjp: g ⊙ y
    """
    return np.exp(x)


exp.defvjp(lambda y, x: lambda g: g * y)


@primitive()
def log(x: Array) -> Any:
    """The natural logarithm; −inf at 0 and NaN below, as in NumPy, but without a warning

    shapes: any
    vjp: g / x
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


log.defvjp(lambda y, x: lambda g: g / x)


@primitive()
def sqrt(x: Array) -> Any:
    """√x; NaN below 0, as in NumPy, but without a warning

    shapes: any
    vjp: g / (2 y)
    """
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


sqrt.defvjp(lambda y, x: lambda g: g / (2 * y))


@primitive(analytic=False)
def abs(x: Array) -> Any:
    """|x|; the derivative at 0 is taken to be 0

    shapes: any
    vjp: g ⊙ sign x
    """
    return np.abs(x)


abs.defvjp(lambda y, x: lambda g: g * np.sign(x))


@primitive()
def sin(x: Array) -> Any:
    """The sine

    shapes: any
    vjp: g ⊙ cos x
    """
    return np.sin(x)


sin.defvjp(lambda y, x: lambda g: g * np.cos(x))


@primitive()
def cos(x: Array) -> Any:
    """The cosine

    shapes: any
    vjp: −g ⊙ sin x
    """
    return np.cos(x)


cos.defvjp(lambda y, x: lambda g: -g * np.sin(x))


@primitive(analytic=False)
def _clip(x: Array, *, min: Any, max: Any) -> Any:
    """x, but `min` where it is less and `max` where it is more; at the bounds themselves the derivative is 1

    shapes: x, min and max broadcast against each other
    vjp: g ⊙ [min ≤ x ≤ max]
    """
    x = x if min is None else np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def _clip_x(y: Array, x: Array, *, min: Any, max: Any) -> Any:
    shape = x.shape
    inside = x >= min if min is not None else x <= max
    if min is not None and max is not None:
        inside = inside & (x <= max)
    return lambda g: sum_to(np.where(inside, g, 0), shape)


_clip.defvjp(_clip_x)


def clip(x: Any, min: Any = None, max: Any = None) -> Tensor:
    """Limit the elements to min … max, as ``np.clip``.

    The derivative is 1 from one bound to the other, bounds included (as PyTorch has it), and 0 outside. The
    bounds are constants; `maximum` and `minimum` differentiate by both operands.

    Parameters
    ----------
    x : tensor
    min, max : number or array, optional
        At least one of them. They broadcast against x.

    Raises
    ------
    TypeError
        If neither bound is given, or a bound requires a gradient.
    ValueError
        If a lower bound lies above the upper one, or a bound is NaN.
    """
    if min is None and max is None:
        raise TypeError("clip: give min, max or both; without a bound nothing is clipped")
    low, high = _bound("min", min), _bound("max", max)
    for name, bound in (("min", low), ("max", high)):
        if bound is not None and np.isnan(bound).any():
            raise ValueError(f"clip: {name} is NaN, which bounds nothing")
    if low is not None and high is not None and not np.all(np.less_equal(low, high)):
        raise ValueError(f"clip: min lies above max ({min} and {max}); no number lies between them")
    return _clip(x, min=low, max=high)


def _bound(name: str, bound: Any) -> Any:
    """Return a bound as a Python number, so that the tensor's dtype wins, or as an array; None as it is."""
    if isinstance(bound, Tensor):
        if bound.requires_grad:
            raise TypeError(
                f"clip: {name} requires a gradient, but bounds are constants; "
                "mg.maximum and mg.minimum differentiate by both operands"
            )
        bound = bound.data
    if bound is None:
        return None
    return np.array(bound) if np.ndim(bound) else np.asarray(bound).item()
