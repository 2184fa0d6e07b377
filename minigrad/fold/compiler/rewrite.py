"""Traces made of traces: with one symbol for equal computations; with computed weights set apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from minigrad.fold.compiler.views import is_rows, reached, renewed_concat
from minigrad.symbol import Symbol, SymbolTable, UnsupportedError

if TYPE_CHECKING:
    from minigrad.fold.compiler.trace import Trace

Find = Callable[[Any], Any]


def shared(traced: Trace) -> Trace:
    """Return a trace with one symbol for all computations that are equal."""
    return rewritten(traced, SymbolTable(shared=True))[0]


def separated(traced: Trace) -> Trace:
    """Return a trace in which rows are computed from rows and parameters only.

    What is computed of parameters alone, and read by rows, comes before the fold: rows read it as they read
    parameters, and it is numbered after them, in `Trace.derived`.

    Raises
    ------
    UnsupportedError
        If rows read what is computed over all nodes.
    """
    derived: dict[Symbol, int] = {}
    for s in filter(is_rows, reached(results(traced))):
        for a in s.args:
            if isinstance(a, Symbol) and not is_rows(a):
                weight = a.args[0] if a.op == "transpose" else a
                if weight.op != "parameter":
                    derived.setdefault(weight, len(traced.parameters) + len(derived))
    if not derived:
        return traced
    if any(map(is_rows, reached(derived))):
        raise UnsupportedError("a computation over all nodes")
    table = SymbolTable(functions=traced.table.functions)

    def of_weights(a: Any) -> Any:
        if a in derived:
            return table.make("parameter", (derived[a],), a.shape, a.dtype)
        if isinstance(a, Symbol) and a.op == "transpose" and a.args[0] in derived:
            return of_weights(a.args[0]).T
        return None

    def arguments(s: Symbol) -> Any:
        return [given if is_rows(s) and (given := of_weights(a)) is not None else a for a in s.args]

    return rewritten(replace(traced, derived=list(derived)), table, arguments)[0]


def rewritten(
    traced: Trace,
    table: SymbolTable,
    arguments: Callable[[Symbol], Any] = lambda s: s.args,
    instead: Callable[[Symbol, Find], Symbol | None] = lambda s, renewed: None,
) -> tuple[Trace, Find]:
    """Return a trace made anew in another table, and the function that finds a symbol's successor.

    Parameters
    ----------
    traced, table
    arguments : function of a symbol
        Of what its successor is made, in terms of the former symbols.
    instead : function of a symbol and the function that finds successors
        Returns the successor of a symbol that is made otherwise; None for all others.
    """
    new: dict[Symbol, Symbol] = {}

    def renewed(x: Any) -> Any:
        return new.get(x, x) if isinstance(x, Symbol) else x

    def renewed_values(symbols: dict[Any, Symbol]) -> Any:
        return {key: new[s] for key, s in symbols.items()}

    for s in traced.table.symbols:
        other = instead(s, renewed)
        if other is not None:
            new[s] = other
        elif s.op == "concat":
            new[s] = renewed_concat(table, s, renewed)
        elif s.op != "place":  # which are made with their concat
            new[s] = table.make(s.op, tuple(map(renewed, arguments(s))), s.shape, s.dtype)
    table.open = False
    made = replace(
        traced,
        table=table,
        masks=[(new[s], p, rng) for s, p, rng in traced.masks],
        parameter_symbols=list(map(renewed, traced.parameter_symbols)),
        parameter_gradients=list(map(renewed, traced.parameter_gradients)),
        derived=list(map(renewed, traced.derived)),
        inputs=renewed_values(traced.inputs),
        outputs=renewed_values(traced.outputs),
        cotangents=renewed_values(traced.cotangents),
        child_gradients=renewed_values(traced.child_gradients),
    )
    return made, renewed


def results(traced: Trace) -> Iterable[Symbol | None]:
    """Return what a trace is made for: the states, and all gradients."""
    return [*traced.outputs.values(), *traced.child_gradients.values(), *traced.parameter_gradients]
