"""Reverse-mode automatic differentiation in one file: values, six operations, backward.

A `Value` remembers what it was computed from. `backward` walks from the result J back to the inputs and
applies the chain rule at every step: g stands for ∂J/∂y, where y is the result of an operation.

This is chapter 0 of the tour in README.md. The rest of minigrad does not use it; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

VJP = Callable[[np.ndarray], np.ndarray]  # from g to what an operation contributes to one operand's gradient
next_number = count().__next__


class Value:
    """An array, how it was computed (its operands, each with the vjp that leads back to it), its gradient."""

    __array_ufunc__ = None  # lets `array * value` reach our __rmul__

    def __init__(self, data: Any, *operands: tuple[Value, VJP]) -> None:
        self.data = np.asarray(data, np.float64)
        self.operands = operands
        self.grad = np.zeros_like(self.data)
        self.number = next_number()

    def __repr__(self) -> str:
        return f"Value({self.data}, grad={self.grad})"

    def backward(self) -> None:
        """Compute the gradient of this value, one number, with respect to all that it was computed from."""
        if self.data.size != 1:
            raise ValueError(f"backward starts from one number, not from shape {self.data.shape}: use .sum()")
        tape, stack = {self}, [self]
        while stack:
            new = {operand for operand, _ in stack.pop().operands} - tape
            tape |= new
            stack += new
        for value in tape:
            value.grad = np.zeros_like(value.data)
        self.grad = np.ones_like(self.data)
        for value in sorted(tape, key=lambda value: value.number, reverse=True):  # users before what they use
            for operand, vjp in value.operands:
                operand.grad = operand.grad + vjp(value.grad)  # the chain rule: a sum over all uses

    def __add__(self, other: Any) -> Value:
        a, b = self, to_value(other)
        return Value(
            a.data + b.data,
            (a, lambda g: unbroadcast(g, a)),
            (b, lambda g: unbroadcast(g, b)),
        )

    def __mul__(self, other: Any) -> Value:
        a, b = self, to_value(other)
        return Value(
            a.data * b.data,
            (a, lambda g: unbroadcast(g * b.data, a)),
            (b, lambda g: unbroadcast(g * a.data, b)),
        )

    def __matmul__(self, other: Any) -> Value:
        a, b = self, to_value(other)
        if not a.data.ndim == b.data.ndim == 2:
            raise ValueError(f"@ multiplies two matrices, not shapes {a.data.shape} and {b.data.shape}")
        return Value(a.data @ b.data, (a, lambda g: g @ b.data.T), (b, lambda g: a.data.T @ g))

    def sum(self) -> Value:
        """Add up all elements; backward hands g to each of them."""
        return Value(self.data.sum(), (self, lambda g: np.broadcast_to(g, self.data.shape)))

    def exp(self) -> Value:
        """Return eˣ, which is its own derivative."""
        y = np.exp(self.data)
        return Value(y, (self, lambda g: g * y))

    def log(self) -> Value:
        """Return the natural logarithm, whose derivative is 1/x."""
        return Value(np.log(self.data), (self, lambda g: g / self.data))

    __radd__, __rmul__ = __add__, __mul__

    def __rmatmul__(self, other: Any) -> Value:
        return to_value(other) @ self


def to_value(x: Any) -> Value:
    """Return x as a value; a number or an array becomes one without a history."""
    return x if isinstance(x, Value) else Value(x)


def unbroadcast(g: np.ndarray, x: Value) -> np.ndarray:
    """Sum g over the axes along which x was repeated to fit its partner: broadcasting, transposed."""
    g = g.sum(axis=tuple(range(g.ndim - x.data.ndim)))
    return g.sum(axis=tuple(k for k, n in enumerate(x.data.shape) if n == 1), keepdims=True)
