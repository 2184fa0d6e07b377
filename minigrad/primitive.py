"""How an operation is defined: a function on arrays, and its vjp directly below it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from minigrad.context import thread
from minigrad.cotangent import Cotangent, SparseRows, as_dense
from minigrad.errors import ShapeError
from minigrad.graph import Meta, Node, Storage
from minigrad.internal.makers import Form, Missing
from minigrad.symbol import Symbol, UnsupportedError
from minigrad.tensor import Tensor, as_tensor

Maker = Callable[..., Callable[[Any], Any]]


class Operation:
    """A primitive as its nodes know it: how it is computed, how cotangents pass it, what messages say of it.

    Attributes
    ----------
    forward : function
        Arrays in, array out.
    name : str
        What users call it.
    shapes, formula : str
        The rule for the operands' shapes, and the derivative, from the docstring.
    form : Form
        Of its makers.
    makers : sequence of makers and None
        One per operand.
    linear, view, analytic, fresh, index
        See `primitive`.
    writes : bool
        The result is the first operand, in the same memory, with other rows.
    stackable : bool
        The vjps depend on nothing but their cotangent, so that they may be called again and again.
    """

    linear = view = fresh = writes = False
    analytic = stackable = True
    index: str | None = None

    def __init__(self, forward: Callable[..., Any], name: str | None = None) -> None:
        self.forward = forward
        self.name = name or forward.__name__.strip("_")
        self.shapes = _line(forward, "shapes")
        self.formula = _line(forward, "vjp")
        self.form = Form(self.name, forward, self.formula)
        self.makers: tuple[Maker | None, ...] | _ForEach | Missing = Missing(self.form)

    def accept(self, g: Cotangent) -> Cotangent:
        """Bring an incoming cotangent into the form that the vjps take: an array."""
        return g.dense() if isinstance(g, SparseRows) else g

    def retained(self, g: Cotangent) -> np.ndarray:
        """Return a cotangent as `.grad` of a retained result: an array that no vjp passes on."""
        return np.array(as_dense(g))

    def record(
        self,
        result: np.ndarray,
        values: list[Any],
        nodes: list[tuple[int, Node]],
        settings: dict[str, Any],
        storages: list[Storage],
        meta: Meta,
    ) -> Node:
        """Return a node for the result, with a vjp for each operand that has a node and a derivative."""
        parents, vjps = [], []
        for position, parent in nodes:
            maker = self.makers[position]
            if maker is not None:
                vjp = maker(result, *values, **settings)
                if not callable(vjp):
                    raise self.form.not_a_maker(maker)
                vjps.append(vjp)
                parents.append(parent)
        if self.index is not None:
            meta = Meta(meta.scope, None, settings[self.index])
        return Node(self, tuple(parents), tuple(vjps), result, () if self.linear else tuple(storages), meta)


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
    forward: None = None,
    /,
    *,
    linear: bool = False,
    view: bool = False,
    analytic: bool = True,
    fresh: bool = False,
    index: str | None = None,
    name: str | None = None,
    operation: type[Operation] = Operation,
) -> Callable[[Callable[..., Any]], Primitive]:
    """Turn a function on arrays into an operation on tensors.

    The function takes arrays (and Python numbers) by position and settings by keyword, and its docstring
    has a line ``shapes: …``, the rule that the operands must satisfy, and a line ``vjp: …``, the derivative
    as a formula. A ValueError that is due to the operands' shapes becomes a `ShapeError` that names op,
    operands, shapes and rule.

    Derivatives are given by *makers*, one per operand, with the signature
    ``maker(y, *operands, **settings) -> vjp``, where y is the result. A maker runs in the forward pass, once,
    and only for operands that require a gradient; the vjp that it returns keeps alive the arrays that it
    mentions, and nothing else. A vjp that mentions ``y`` instead of ``x`` keeps the result and not the
    operand. In formulas g is the cotangent of the result y; one operand is called x, two are a and b.

    Parameters
    ----------
    linear : bool
        The vjps read no operand, so that an operand may be changed in place afterwards.
    view : bool
        The result may share the operand's memory.
    analytic : bool
        The function is defined for complex numbers, too, unlike |x| and comparisons. For `gradcheck`.
    fresh : bool
        Every vjp returns memory that nothing else holds, so that a leaf need not copy it.
    index : str, optional
        The setting that says which rows or elements of the first operand are read or written, for `explain`.
    name : str, optional
        What users call it, where that is not the function's name.
    operation : type
        A subclass of `Operation` that treats cotangents differently.
    """
    if forward is not None:
        raise TypeError("primitive is called before it decorates: write @mg.primitive(), with brackets")

    def decorate(forward: Callable[..., Any]) -> Primitive:
        op = operation(forward, name)
        op.linear, op.view, op.analytic, op.fresh, op.index = linear, view, analytic, fresh, index

        @functools.wraps(forward)
        def apply(*operands: Any, **settings: Any) -> Tensor:
            values, nodes, storages = _read(operands)
            try:
                result = forward(*values, **settings)
            except (ValueError, UnsupportedError) as error:
                raise _explained(error, op, operands, values, settings) from None
            if type(result) is not np.ndarray:
                if result is None:
                    raise TypeError(f"{op.name} returned None; its function should end with `return …`")
                if np.isscalar(result):
                    result = np.asarray(result)
            storage = storages[0] if view and storages else None
            state = thread.state
            if not nodes or not state.recording_graph:
                return Tensor(result, None, storage)
            node = op.record(result, values, nodes, settings, storages, state.meta)
            for observer in state.observers:
                observer.built(node, result, operands)
            return Tensor(result, node, storage)

        def defvjp(*makers: Maker | None) -> None:
            op.form.check(makers)
            op.makers = makers

        def defvjp_each(maker: Maker) -> None:
            op.form.check_one(maker, [0, "y", "x"])
            op.makers = _ForEach(maker)

        apply.operation = op  # type: ignore[attr-defined]
        apply.defvjp = defvjp  # type: ignore[attr-defined]
        apply.defvjp_each = defvjp_each  # type: ignore[attr-defined]
        return apply  # type: ignore[return-value]

    return decorate


def _read(operands: Sequence[Any]) -> tuple[list[Any], list[tuple[int, Node]], list[Storage]]:
    """Return the operands' values, (position, node) of those with a node, and memory that may be changed."""
    values: list[Any] = []
    nodes = []
    storages = []
    numbers = 0
    for operand in operands:
        if isinstance(operand, Tensor):
            if operand._node is not None:
                nodes.append((len(values), operand._node))
            if operand._storage is not None:
                storages.append(operand._storage)
            values.append(operand.data)
        elif type(operand) is np.ndarray:
            values.append(operand)
        elif type(operand) is float or type(operand) is int:
            values.append(operand)
            numbers += 1
        else:
            return _read([*map(_operand, operands)])
    if numbers and numbers == len(values):
        return _read([*map(as_tensor, operands)])
    return values, nodes, storages


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
    if isinstance(value, SparseRows):
        return value.dense()
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


def _explained(
    error: Exception, op: Operation, operands: Sequence[Any], values: list[Any], settings: dict[str, Any]
) -> Exception:
    """Return the error to raise for one of the function's: it names the op, and shapes that do not fit."""
    if isinstance(error, UnsupportedError):
        return UnsupportedError(f"{op.name} ({error})")
    if isinstance(error, ShapeError) or not _shapes_fit(op.forward, values, settings):
        return _shape_error(op, operands, settings, error)
    return error


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
    op: Operation, operands: Sequence[Any], settings: dict[str, Any], error: Exception
) -> ShapeError:
    described = []
    for position, operand in enumerate(operands):
        name = getattr(operand, "name", None) if isinstance(operand, Tensor) else None
        described.append(f"{name or f'operand {position + 1}'} {np.shape(operand)}")
    asked = [f"{k}={v}" for k, v in settings.items() if type(v) in (int, tuple, list)]
    how = f" with {', '.join(asked)}" if asked else ""
    where = f" in {thread.state.meta.scope}" if thread.state.meta.scope is not None else ""
    detail = f" ({error})" if isinstance(error, ShapeError) else ""
    return ShapeError(
        f"{op.name}{where}: the shapes {', '.join(described)}{how} do not fit{detail}; "
        f"the rule is {op.shapes}"
    )
