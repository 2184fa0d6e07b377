"""What NumPy does with whole weights, once before a fold and once after it.

Most cells need nothing of it: rows are multiplied by parameters as they are, and a gradient is a sum of
products over all nodes. Others multiply by ``W1 @ W2``, scale by one number, or read a slice of a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from minigrad.fold.compiler.trace import Trace
from minigrad.fold.compiler.views import is_rows, reached
from minigrad.kernels import elements
from minigrad.symbol import RULES, Symbol

HEAD = {
    "before": ("parameters", "Return what the cell reads of its parameters besides themselves."),
    "after": (
        "parameters, sums",
        "Return the parameters' gradients, given the sums over all nodes, concatenated.",
    ),
}


class Outer(NamedTuple):
    """What is done around a fold.

    Attributes
    ----------
    exports : tuple of Symbol
        The products and sums over all nodes that the parameters' gradients are computed from.
    size : int
        Their elements.
    text : tuple of str
        Lines of the functions ``before(parameters)`` and ``after(parameters, sums)``.
    """

    exports: tuple[Symbol, ...]
    size: int
    text: tuple[str, ...]


def outer(traced: Trace) -> Outer | None:
    """Return what NumPy has to do for a cell; None for cells that need nothing of it."""
    gradients = traced.parameter_gradients
    if not traced.derived and all(g is None or _is_plain(g) for g in gradients):
        return None
    exports = tuple(sorted({s for of in reductions(traced) for s in of}, key=lambda s: s.id))
    known, start = {s: f"parameters[{name!r}]" for s, name in _named(traced)}, 0
    before = _Text(dict(known))
    before.result(traced.derived)
    after = _Text(known)
    for s in exports:
        known[s] = f"sums[{start}:{start + s.size}].reshape({s.shape})"
        start += s.size
    after.result(
        [
            f"np.zeros({p.shape}, T)" if g is None else g
            for p, g in zip(traced.parameters, gradients, strict=True)
        ]
    )
    lines = [*_function("before", before.lines), "", "", *_function("after", after.lines)]
    return Outer(exports, start, tuple(lines))


def reductions(traced: Trace) -> tuple[list[Symbol], list[Symbol]]:
    """Return the products xᵀ·g and the column sums that the parameters' gradients consist of."""
    read = reached(traced.parameter_gradients, lambda s: not is_rows(s) and not _is_sum(s))
    sums = [s for s in read if not is_rows(s)]
    return [s for s in sums if is_weight_product(s)], [s for s in sums if s.op == "column_sums"]


def is_weight_product(s: Symbol) -> bool:
    """Tell whether a symbol is xᵀ·g of rows x and g: a sum of products over all nodes."""
    return s.op == "matmul" and s.args[0].op == "transpose" and is_rows(s.args[0].args[0])


def _is_sum(s: Symbol) -> bool:
    """Tell whether a symbol is a product or a sum over all nodes."""
    return is_weight_product(s) or s.op == "column_sums"


def _is_plain(g: Symbol) -> bool:
    """Tell whether compiled code writes a gradient: if it is computed element by element from sums."""
    computed = (s for s in reached([g], lambda s: not _is_sum(s)) if not _is_sum(s))
    return all(s.op == "transpose" or (s.op in RULES and _is_of_one_shape(s)) for s in computed)


def _is_of_one_shape(s: Symbol) -> bool:
    return all(a.shape == s.shape for a in s.args if isinstance(a, Symbol))


def _named(traced: Trace) -> Iterator[tuple[Symbol, str]]:
    return zip(traced.parameter_symbols, traced.names, strict=True)


class _Text:
    """Lines that compute symbols of weights."""

    def __init__(self, known: dict[Symbol, str]) -> None:
        self.known, self.lines = known, list[str]()

    def result(self, wanted: Sequence[Any]) -> None:
        """Write the lines that compute some symbols, and return them as arrays of the dtype."""
        names = [self._name(s) if isinstance(s, Symbol) else s for s in wanted]
        self.lines.append(f"return [{', '.join(f'np.asarray({name}, T)' for name in names)}]")

    def _name(self, s: Symbol) -> str:
        for part in reached([s], lambda t: t not in self.known):
            if part in self.known:
                continue
            self.known[part] = f"w{part.id}"
            self.lines.append(f"w{part.id} = {self._expression(part)}")
        return self.known[s]

    def _expression(self, s: Symbol) -> str:
        args = [self.known[a] if isinstance(a, Symbol) else a for a in s.args]
        if s.op == "numpy":
            return str(args[0]).format(*args[1:])
        if s.op == "transpose":
            return f"{args[0]}.T"
        if s.op == "matmul":
            return f"{args[0]} @ {args[1]}"
        return elements.text(s.op, *(a if isinstance(a, str) else elements.number(a) for a in args))


def _function(name: str, lines: Sequence[str]) -> list[str]:
    arguments, what = HEAD[name]
    return [f"def {name}({arguments}):", f'    """{what}"""', *(f"    {line}" for line in lines)]
