"""How an operation is defined: a function on arrays, and its vjp directly below it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from minigrad.cotangent import Cotangent, SparseRows, as_dense
from minigrad.errors import ShapeError
from minigrad.graph import Node, state
from minigrad.symbol import Symbol, UnsupportedError
from minigrad.tensor import Tensor, as_tensor

Maker = Callable[..., Callable[[Any], Any]]


class Operation:
    """What a node knows of the op that made it."""

    def __init__(self, forward: Callable[..., Any], name: str | None = None) -> None:
        self.forward = forward
        self.name = name or forward.__name__.strip("_")
        self.shapes = _line(forward, "shapes")
        self.formula = _line(forward, "vjp")
        self.analytic = True
        self.fresh = False
        self.writes = False  # the result is the first operand, in the same memory, with other rows

    def accept(self, g: Cotangent) -> Cotangent:
        """Bring an incoming cotangent into the form that the vjps take: an array."""
        return g.dense() if isinstance(g, SparseRows) else g

    def retained(self, g: Cotangent) -> np.ndarray:
        """Return what `.grad` of a retained result shall be: memory that no vjp hands on."""
        return np.array(as_dense(g))


class Primitive(Protocol):
    """A function on tensors, with the attributes that `primitive` gives it."""

    operation: Operation

    def __call__(self, *operands: Any, **settings: Any) -> Tensor:
        """Compute the result and, if an operand requires a gradient, record how to go back."""

    def defvjp(self, *makers: Maker | None) -> None:
        """Give one maker per operand; None for an operand without a derivative."""

    def defvjp_each(self, maker: Maker) -> None:
        """Give one maker for any number of operands; it gets the operand's position first."""


def primitive(
    *,
    linear: bool = False,
    view: bool = False,
    analytic: bool = True,
    fresh: bool = False,
    name: str | None = None,
    operation: type[Operation] = Operation,
) -> Callable[[Callable[..., Any]], Primitive]:
    """Turn a function on arrays into an operation on tensors.

    The function takes arrays (and Python numbers) by position and settings by keyword, and its docstring
    has a line ``shapes: …``, the rule that the operands must satisfy, and a line ``vjp: …``, the derivative
    as a formula. A ValueError that the operands' shapes are to blame for becomes a `ShapeError` that names
    op, operands, shapes and rule.

    Derivatives are given by *makers*, one per operand, with the signature
    ``maker(y, *operands, **settings) -> vjp``, where y is the result. A maker runs in the forward pass, once,
    and only for operands that require a gradient; the vjp that it returns keeps alive whatever arrays it
    mentions, and nothing else. Mentioning ``y`` instead of ``x`` is how a derivative says that it wants the
    result kept. In formulas g is the cotangent of the result y; one operand is called x, two are a and b.

    Parameters
    ----------
    linear : bool
        The vjps read no operand, so changing an operand in place afterwards does no harm.
    view : bool
        The result may share the operand's memory.
    analytic : bool
        The function also means something for complex numbers, which |x| and comparisons do not. Only
        `gradcheck` asks.
    fresh : bool
        Every vjp returns memory that nothing else holds, so that a leaf need not copy it.
    name : str, optional
        What users call it, where that is not the function's name.
    operation : type
        A kind of `Operation` that treats cotangents in a way of its own.
    """

    def decorate(forward: Callable[..., Any]) -> Primitive:
        op = operation(forward, name)
        op.analytic = op.analytic and analytic
        op.fresh = fresh
        makers: tuple[Maker | None, ...] | _ForEach = ()

        @functools.wraps(forward)
        def apply(*operands: Any, **settings: Any) -> Tensor:
            values: list[Any] = []
            storages = []
            differentiable = False
            numbers = 0
            for operand in operands:
                if isinstance(operand, Tensor):
                    values.append(operand.data)
                    if operand._node is not None:
                        differentiable = True
                    if operand._storage is not None:
                        storages.append(operand._storage)
                elif type(operand) is np.ndarray:
                    values.append(operand)
                elif type(operand) is float or type(operand) is int:
                    values.append(operand)
                    numbers += 1
                else:
                    return apply(*map(_operand, operands), **settings)
            if numbers and numbers == len(operands):
                return apply(*map(as_tensor, operands), **settings)
            try:
                ans = forward(*values, **settings)
            except ValueError as error:
                if not isinstance(error, ShapeError) and _shapes_fit(forward, values, settings):
                    raise
                raise _shape_error(op, operands, settings, error) from None
            except UnsupportedError as error:
                raise UnsupportedError(f"{op.name} ({error})") from None
            if type(ans) is not np.ndarray and np.isscalar(ans):
                ans = np.asarray(ans)
            storage = storages[0] if view and storages else None
            if not differentiable or not state.recording_graph:
                return Tensor(ans, None, storage)
            parents = []
            vjps = []
            for position, operand in enumerate(operands):
                if isinstance(operand, Tensor) and operand._node is not None:
                    maker = makers[position]
                    if maker is not None:
                        vjps.append(maker(ans, *values, **settings))
                        parents.append(operand._node)
            saved = () if linear else tuple(storages)
            node = Node(op, tuple(parents), tuple(vjps), ans, saved)
            if settings:
                node.place = settings.get("rows", settings.get("index"))
            if state.values is not None:
                state.values.add(node, ans, operands)
            return Tensor(ans, node, storage)

        def defvjp(*rules: Maker | None) -> None:
            nonlocal makers
            makers = rules

        def defvjp_each(rule: Maker) -> None:
            nonlocal makers
            makers = _ForEach(rule)

        apply.operation = op  # type: ignore[attr-defined]
        apply.defvjp = defvjp  # type: ignore[attr-defined]
        apply.defvjp_each = defvjp_each  # type: ignore[attr-defined]
        return apply  # type: ignore[return-value]

    return decorate


class _ForEach:
    """One maker for any number of operands, looked up like a tuple of makers."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker

    def __getitem__(self, position: int) -> Maker:
        return functools.partial(self._maker, position)


def _line(forward: Callable[..., Any], key: str) -> str:
    found = re.search(rf"^\s*{key}: (.+)$", forward.__doc__ or "", re.MULTILINE)
    if found is None:
        raise TypeError(f"the docstring of primitive {forward.__name__!r} needs a line '{key}: …'")
    return found.group(1)


def _operand(value: Any) -> Any:
    """Bring an operand into one of the forms that a primitive takes."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Symbol):
        return Tensor(value)  # type: ignore[arg-type]
    if isinstance(value, np.ndarray | bool | np.bool_ | complex):
        return np.asarray(value)
    if isinstance(value, np.generic):
        return value.item()  # a NumPy scalar counts as a number: the tensor's dtype wins
    if isinstance(value, float | int):
        return float(value) if isinstance(value, float) else int(value)
    raise TypeError(
        f"an operand must be a tensor, an array or a number, not {type(value).__name__}; "
        "wrap lists with mg.tensor(...)"
    )


def _shapes_fit(forward: Callable[..., Any], values: list[Any], settings: dict[str, Any]) -> bool:
    """Tell whether the function takes ones of these shapes, so that its ValueError was about values."""
    if any(isinstance(v, Symbol) for v in values):
        return False
    try:
        forward(*map(np.ones_like, values), **settings)
    except Exception as error:
        return not isinstance(error, ValueError)
    return True


def _shape_error(
    op: Operation, operands: tuple[Any, ...], settings: dict[str, Any], error: ValueError
) -> ShapeError:
    described = []
    for position, operand in enumerate(operands):
        name = getattr(operand, "name", None) if isinstance(operand, Tensor) else None
        described.append(f"{name or f'operand {position + 1}'} {np.shape(operand)}")
    asked = [f"{k}={v}" for k, v in settings.items() if type(v) in (int, tuple, list)]
    how = f" with {', '.join(asked)}" if asked else ""
    where = f" in {state.scope}" if state.scope is not None else ""
    detail = f" ({error})" if isinstance(error, ShapeError) else ""
    return ShapeError(
        f"{op.name}{where}: the shapes {', '.join(described)}{how} do not fit{detail}; "
        f"the rule is {op.shapes}"
    )
