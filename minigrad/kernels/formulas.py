"""Formulas, functions on arrays that are computed element by element, traced once and known by name."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.symbol import ROWS, RULES, Symbol, SymbolTable, UnsupportedError

# The kernels that are made of formulas: what each computes from its operands, symbols "given".
FORMULAS: dict[str, Symbol] = {}


def trace_formula(formula: Callable[..., Any], operands: int) -> Symbol:
    """Return what a function on arrays computes of its operands, as a symbol.

    Raises
    ------
    UnsupportedError
        If it uses something that is not elementwise; the text names it.
    """
    result = traced(formula, operands)
    if not isinstance(result, Symbol):
        raise UnsupportedError(f"a result that is a {type(result).__name__}")
    return result


def traced(formula: Callable[..., Any], operands: int) -> Any:
    """Return what a function on arrays returns for symbols ``given``, numbered from 0."""
    table = SymbolTable()
    result = formula(*(table.make("given", (k,), (ROWS,), np.float64) for k in range(operands)))
    table.open = False
    return result


def add_formula(name: str, result: Symbol) -> str:
    """Add an op and its rule; return its name, with a number if another op has the name already."""
    # Without brackets that are not needed
    rule, unique = ast.unparse(ast.parse(_written(result), mode="eval")), name
    for number in itertools.count(2):
        if unique not in RULES:
            RULES[unique], FORMULAS[unique] = rule, result
        if RULES[unique] == rule:
            return unique
        unique = f"{name}_{number}"
    raise AssertionError


def _written(x: Any) -> str:
    if not isinstance(x, Symbol):
        return {0: "zero", 0.5: "half", 1: "one"}.get(x, f"T({x!r})")
    if x.op == "given":
        return f"{{{x.args[0]}}}"
    return "(" + RULES[x.op].format(*map(_written, x.args)) + ")"
