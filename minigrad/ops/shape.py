"""The same elements in another arrangement: reshape, repeat, join, split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.ops.broadcast import unbroadcast
from minigrad.ops.index import getitem
from minigrad.primitive import primitive
from minigrad.tensor import Tensor, as_tensor

__all__ = ["broadcast_to", "concat", "expand_dims", "reshape", "split", "squeeze", "stack"]

Array = np.ndarray


@primitive(linear=True, view=True)
def _reshape(x: Array, *, shape: tuple[int, ...]) -> Any:
    """x's elements, in order, with other axes

    shapes: the number of elements stays the same; one axis may be −1
    vjp: g with x's shape
    """
    return x.reshape(shape)


def _reshaped(y: Array, x: Array, **settings: Any) -> Any:
    before = x.shape
    return lambda g: g.reshape(before)


_reshape.defvjp(_reshaped)


def reshape(x: Any, *shape: Any) -> Tensor:
    """Return x's elements with the axes `shape`: ``reshape(x, 2, 3)`` or ``reshape(x, (2, 3))``."""
    if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
        shape = tuple(shape[0])
    return _reshape(x, shape=tuple(int(n) for n in shape))


@primitive(linear=True, view=True)
def _squeeze(x: Array, *, axis: int | tuple[int, ...] | None) -> Any:
    """x without axes of length 1

    shapes: the axes that are named have length 1
    vjp: g with x's shape
    """
    return x.squeeze(axis)


_squeeze.defvjp(_reshaped)


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Remove axes of length 1: those of `axis`, or all."""
    return _squeeze(x, axis=axis)


@primitive(linear=True, view=True)
def _expand_dims(x: Array, *, axis: int | tuple[int, ...]) -> Any:
    """x with new axes of length 1, at the places `axis` of the result

    shapes: any
    vjp: g with x's shape
    """
    return np.expand_dims(x, axis)


_expand_dims.defvjp(_reshaped)


def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Tensor:
    """Insert axes of length 1 that have the numbers `axis` in the result."""
    return _expand_dims(x, axis=axis)


@primitive(linear=True)
def _broadcast_to(x: Array, *, shape: tuple[int, ...]) -> Any:
    """x, repeated along new axes in front and along axes of length 1

    shapes: x broadcasts to the given shape
    vjp: g, summed over what was repeated
    """
    return np.broadcast_to(x, shape).copy()  # such a view can't be written to, and is read slowly


_broadcast_to.defvjp(lambda y, x, shape: unbroadcast(x, y))


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Tensor:
    """Repeat x to the given shape, in memory of its own."""
    lengths = (shape,) if isinstance(shape, int | np.integer) else shape
    return _broadcast_to(x, shape=tuple(int(n) for n in lengths))


@primitive(linear=True)
def _concat(*xs: Array, axis: int) -> Any:
    """The arrays one after the other along an axis they have

    shapes: all axes but the joined one are equal
    vjp: the slice of g that came from each array
    """
    return np.concatenate(xs, axis=axis)


def _concat_x(k: int, y: Array, *xs: Array, axis: int) -> Any:
    start = sum(x.shape[axis] for x in xs[:k])
    cut = [slice(None)] * y.ndim
    cut[axis] = slice(start, start + xs[k].shape[axis])
    index = tuple(cut)
    return lambda g: g[index]


_concat.defvjp_each(_concat_x)


def concat(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Join tensors along an axis they have.

    Raises
    ------
    ShapeError
        If there are none, or another axis than `axis` differs.
    """
    return _concat(*_several("concat", tensors), axis=axis)


@primitive(linear=True)
def _stack(*xs: Array, axis: int) -> Any:
    """The arrays side by side along a new axis

    shapes: all equal
    vjp: the slice of g that came from each array
    """
    return np.stack(xs, axis=axis)


def _stack_x(k: int, y: Array, *xs: Array, axis: int) -> Any:
    return lambda g: np.moveaxis(g, axis, 0)[k]


_stack.defvjp_each(_stack_x)


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Raises
    ------
    ShapeError
        If there are none, or their shapes differ.
    """
    return _stack(*_several("stack", tensors), axis=axis)


def split(x: Any, sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut a tensor along an axis: into equal `sections`, or into parts of the given lengths.

    shapes: the parts make up the axis exactly
    vjp: g of each part, added to zeros in its place

    Raises
    ------
    ShapeError
        If the parts do not make up the axis exactly, or there is no such axis.
    """
    x = as_tensor(x)
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"split: there is no axis {axis} in {x.shape}")
    length = x.shape[axis]
    if isinstance(sections, int | np.integer):
        lengths = [length // sections] * int(sections) if sections > 0 else []
    else:
        lengths = [int(n) for n in sections]
    if sum(lengths) != length or min(lengths, default=0) < 0:
        raise ShapeError(
            f"split: {sections} does not cut an axis of length {length} (axis {axis} of {x.shape}) "
            "exactly; give a divisor, or lengths that add up to it"
        )
    parts = []
    start = 0
    for n in lengths:
        cut = [slice(None)] * x.ndim
        cut[axis] = slice(start, start + n)
        parts.append(getitem(x, tuple(cut)))
        start += n
    return parts


def _several(op: str, tensors: Sequence[Any]) -> list[Tensor]:
    parts = [as_tensor(t) for t in tensors]
    if not parts:
        raise ShapeError(f"{op}: needs at least one tensor, got none")
    return parts
