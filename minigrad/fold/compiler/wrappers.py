"""The functions inside methods, properties, partial functions and minigrad's operations."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from minigrad.primitive import Operation

WRAPPERS = (MethodType, functools.partial, staticmethod, classmethod, property, functools.cached_property)


def wrapped(value: Any) -> Iterator[Any]:
    """Yield the functions, and their arguments, that a wrapper around functions holds."""
    if isinstance(value, MethodType):
        yield value.__self__
    if isinstance(value, functools.partial):
        yield from value.args
    if isinstance(value, Operation):
        yield value.forward
        yield from value.makers if isinstance(value.makers, tuple) else vars(value.makers).values()
    for name in ("__func__", "func", "fget", "fset"):
        inner = getattr(value, name, None)
        if inner is not None:
            yield inner


def codes(value: Any) -> set[CodeType]:
    """Return the code of a function, or of the functions in a wrapper."""
    if isinstance(value, FunctionType):
        return {value.__code__}
    if isinstance(value, WRAPPERS):
        return {code for inner in wrapped(value) for code in codes(inner)}
    return set()
