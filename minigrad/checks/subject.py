"""The function under check: run with a graph, and at other points; its inputs are restored afterwards."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

from minigrad.context import no_grad
from minigrad.cotangent import as_dense
from minigrad.errors import ShapeError
from minigrad.graph import reachable
from minigrad.tensor import Tensor, tensor

Array = np.ndarray


class UnfitError(Exception):
    """The function can't be checked; the text says why, and becomes a problem of the report."""


class Subject:
    """A function of leaf tensors, its derivatives by backward, and its values at other points.

    J = Σ cotangent ⊙ fn is what is differentiated. The cotangent is random and not uniform, so that
    derivatives that are right only for a plain sum show.

    Attributes
    ----------
    names : list of str
        One per input.
    cotangent, value : arrays of the result's shape
    gradients : list of arrays
        ∂J/∂input by backward, one per input.
    operations : set of Operation
        What the graph consists of.
    """

    def __init__(
        self, fn: Callable[..., Tensor], inputs: Any, names: Iterable[str] | None, seed: int
    ) -> None:
        parameters = _parameters(fn)
        if isinstance(inputs, Mapping):
            names = inputs.keys() if names is None else names
            inputs = inputs.values()
        elif isinstance(inputs, Tensor | np.ndarray):
            inputs = [inputs]
        closure = parameters == []
        given = list(inputs)
        self.names = list(names) if names is not None else _names(given, parameters)
        if len(self.names) != len(given):
            raise ValueError(f"gradcheck: {len(self.names)} names for {len(given)} inputs")
        self.tensors = [_leaf(x, name, closure) for x, name in zip(given, self.names, strict=True)]
        self._fn = fn
        self._operands = [] if closure else self.tensors
        self._rng = np.random.default_rng(seed)
        self.cotangent: Array
        self.value: Array
        self.gradients: list[Array] = []
        self.operations: set[Any] = set()

    def __enter__(self) -> Subject:
        self._arrays = [t.data for t in self.tensors]
        self._values = [t.data.copy() for t in self.tensors]
        self._grads = [t.grad for t in self.tensors]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        saved = zip(self.tensors, self._arrays, self._values, self._grads, strict=True)
        for t, array, value, grad in saved:
            if array.tobytes() != value.tobytes():
                array[...] = value
            t.data = array
            t.grad = grad

    def differentiate(self) -> None:
        """Run forward and backward, twice, and keep value and gradients."""
        value, gradients = self._run()
        again, gradients_again = self._run()
        if value.tobytes() != again.tobytes():
            raise UnfitError(
                "the function gave two different results for the same inputs; "
                "if it draws random numbers, make the generator inside it"
            )
        for name, one, other in zip(self.names, gradients, gradients_again, strict=True):
            if one.tobytes() != other.tobytes():
                raise UnfitError(f"two backward passes gave two different gradients of {name}")
        self.value, self.gradients = value, gradients

    def at(self, number: int, data: Array) -> Array:
        """Return the function's value where one input has other values; no graph is built.

        If they are complex, all inputs become complex: a function may take the dtype of its results from
        any of them.
        """
        try:
            if data.dtype.kind == "c":
                for t in self.tensors:
                    t.data = t.data.astype(data.dtype)
            self.tensors[number].data = data
            with no_grad(), np.errstate(all="ignore"):
                return self._fn(*self._operands).data
        finally:
            for t, array in zip(self.tensors, self._arrays, strict=True):
                t.data = array

    def _run(self) -> tuple[Array, list[Array]]:
        for t in self.tensors:
            t.grad = None
        out = self._fn(*self._operands)
        if not isinstance(out, Tensor):
            raise TypeError(f"gradcheck needs a function that returns a tensor, not {type(out).__name__}")
        self._require_unchanged()
        if out.dtype != np.float64:
            raise TypeError(
                f"gradcheck: the result is {out.dtype}; differences of it need float64 throughout"
            )
        value = out.data.copy()
        if not value.size:
            raise UnfitError(f"the result has the shape {value.shape}: there is nothing to differentiate")
        if not np.isfinite(value).all():
            index = [int(k) for k in np.argwhere(~np.isfinite(value))[0]]
            raise UnfitError(f"the result is not finite: {value[tuple(index)]} at {index}")
        nodes = reachable(out.node) if out.node is not None else []
        leaves = {id(node) for node in nodes}
        if not any(id(t.node) in leaves for t in self.tensors):
            raise UnfitError("the result does not depend on any of the inputs")
        self.operations = {node.op for node in nodes if node.op is not None}
        if not hasattr(self, "cotangent"):
            signs = self._rng.choice([-1.0, 1.0], value.shape)
            self.cotangent = np.asarray(signs * self._rng.uniform(0.5, 1.5, value.shape))
        try:
            out.backward(self.cotangent)
        except ShapeError as error:
            raise UnfitError(str(error)) from None
        self._require_unchanged()
        return value, [np.zeros(t.shape) if t.grad is None else as_dense(t.grad) for t in self.tensors]

    def _require_unchanged(self) -> None:
        for name, t, array, value in zip(self.names, self.tensors, self._arrays, self._values, strict=True):
            if t.data is not array or array.tobytes() != value.tobytes():
                raise UnfitError(f"the function changed its input {name}; it may only read it")


def _parameters(fn: Callable[..., Any]) -> list[str] | None:
    """Return the names of fn's positional parameters; None if they can't be known or are ``*args``."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _names(inputs: list[Any], parameters: list[str] | None) -> list[str]:
    own = [getattr(x, "name", None) if isinstance(x, Tensor) else None for x in inputs]
    return [
        name or (parameters[k] if parameters and k < len(parameters) else f"input {k}")
        for k, name in enumerate(own)
    ]


def _leaf(x: Any, name: str, closure: bool) -> Tensor:
    """Return an input as a leaf that requires a gradient."""
    if not isinstance(x, Tensor):
        if closure:
            raise TypeError(
                f"gradcheck: {name} is no tensor, and a function without arguments can't be given it; "
                "pass the tensors that the function uses, or let it take arguments"
            )
        x = tensor(np.asarray(x))
        if x.dtype == np.float64:
            return tensor(x, requires_grad=True)
    if x.dtype != np.float64:
        raise TypeError(
            f"gradcheck: {name} is {x.dtype}, whose rounding hides errors of a derivative; "
            "make it with dtype=np.float64 (a module: module.astype(np.float64))"
        )
    if x.node is None or x.node.op is not None:
        raise TypeError(f"gradcheck: {name} must be a leaf made with requires_grad=True")
    return x
