"""Plan a traced cell: its two sweeps, and the products that give the gradients of its weights."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from minigrad.fold.compiler.sweep import ALL, SOURCES, Passes, Sweep, is_rows, live
from minigrad.fold.compiler.trace import Trace
from minigrad.symbol import Symbol


@dataclass
class WeightProduct:
    """One GEMM over all nodes: X[:, k]ᵀ · V[:, n], where V holds the backward sweep's operands.

    X holds the forward sweep's: those that were `given` to it, or those that it computed and kept.
    """

    k: tuple[int, int]
    n: tuple[int, int]
    given: bool
    side: str | None


class Plan:
    """Both sweeps of a cell, and the products that give the gradients of its weights.

    Parameters
    ----------
    traced : Trace
    passes : Passes

    Attributes
    ----------
    forward, backward : Sweep
    weight_products : list of WeightProduct
    products : dict Symbol -> (number of weight product, first row, first column)
        The slice that holds each xᵀ·g of the parameters' gradients.
    sums : dict Symbol -> int
        For each sum over all nodes, the first column of the backward sweep's operand that is summed.
    """

    def __init__(self, traced: Trace, passes: Passes = ALL) -> None:
        self.trace, self.passes = traced, passes
        zero = {
            symbol: side
            for (side, name), symbol in traced.inputs.items()
            for part in traced.children[side]
            if passes.skip and part.name == name and part.leaf == "zero"
        }
        transposed, summed = _reductions(traced)
        dependent = _dependent(traced)
        values = [
            *traced.child_gradients.values(),
            *(p.args[1] for p in transposed),
            *(c.args[0] for c in summed),
        ]
        needed = live(values, set())
        saved = [
            s
            for s in needed
            if is_rows(s)
            and s not in dependent
            and s.op not in SOURCES
            and any(s in (u.args if isinstance(u, Symbol) else ()) for u in needed if u in dependent)
        ]
        operands = [p.args[0].args[0] for p in transposed if p.args[0].args[0] not in dependent]
        targets = list(dict.fromkeys([*traced.outputs.values(), *saved, *operands]))
        self.forward = Sweep(targets, set(), zero, {}, keep_operands=True, passes=passes)
        computed = [x for x in operands if self.forward.computed(x)]
        read = {*self.forward.live, *needed}
        self.forward.operands.add(s for s in traced.inputs.values() if s in read)
        self.forward.kept.add([*computed, *saved])
        given = {s for s in needed if s not in dependent}
        values = list(dict.fromkeys(values))
        partners = [*_partners(transposed).values(), [s.args[0] for s in summed]]
        unread = _unread(traced, needed, zero)
        self.backward = Sweep(
            values, given, {}, unread, keep_operands=False, adjacent=partners, passes=passes
        )
        self.sums = {c: self.backward.operands.start[c.args[0]] for c in summed}
        self.weight_products: list[WeightProduct] = []
        self.products: dict[Symbol, tuple[int, int, int]] = {}
        self._lay_out_weight_products(transposed, zero)

    def _lay_out_weight_products(self, transposed: list[Symbol], zero: dict[Symbol, str]) -> None:
        V = self.backward.operands
        partners = _partners(transposed)
        groups: dict[Any, list[Symbol]] = {}
        for x, gs in partners.items():
            given = x in self.forward.operands.start
            groups.setdefault((given, zero.get(x), tuple(sorted(g.id for g in gs))), []).append(x)
        by_pair = {(p.args[0].args[0], p.args[1]): p for p in transposed}
        for (given, side, _), group in groups.items():
            X = self.forward.operands if given else self.forward.kept
            split = self.passes.split
            for xs, gs in itertools.product(
                split(group, list(X.start)), split(partners[group[0]], list(V.start))
            ):
                k0, n0 = X.start[xs[0]], V.start[gs[0]]
                for x, g in itertools.product(xs, gs):
                    found = len(self.weight_products), X.start[x] - k0, V.start[g] - n0
                    self.products[by_pair[x, g]] = found
                columns = (k0, X.end(xs[-1])), (n0, V.end(gs[-1]))
                self.weight_products.append(WeightProduct(*columns, given, side))


def _partners(transposed: list[Symbol]) -> dict[Symbol, list[Symbol]]:
    """Return, for each x, the g of all products xᵀ·g."""
    partners: dict[Symbol, list[Symbol]] = {}
    for p in transposed:
        partners.setdefault(p.args[0].args[0], []).append(p.args[1])
    return partners


def _unread(traced: Trace, needed: dict[Symbol, None], zero: dict[Symbol, str]) -> dict[Symbol, str]:
    """Return the gradients of children from which nothing is computed where the child is a leaf."""
    sides: dict[Symbol, set[str | None]] = {}
    for key, gradient in traced.child_gradients.items():
        sides.setdefault(gradient, set()).add(zero.get(traced.inputs[key]))
    used = {a for s in needed for a in s.args if isinstance(a, Symbol)}
    return {s: side for s, (side, *others) in sides.items() if side and not others and s not in used}


def _dependent(traced: Trace) -> set[Symbol]:
    """Return the symbols that depend on a cotangent: those of the backward sweep."""
    dependent: set[Symbol] = set()
    for s in traced.table.symbols:
        if s.op == "cotangent" or any(isinstance(a, Symbol) and a in dependent for a in s.args):
            dependent.add(s)
    return dependent


def _reductions(traced: Trace) -> tuple[list[Symbol], list[Symbol]]:
    """Return the products xᵀ·g and the column sums that the parameters' gradients consist of."""
    transposed, summed = [], []
    seen: set[Symbol] = set()
    stack = [g for g in traced.parameter_gradients if g is not None]
    while stack:
        s = stack.pop()
        if s in seen or is_rows(s):
            continue
        seen.add(s)
        if s.op == "matmul" and s.args[0].op == "transpose" and is_rows(s.args[0].args[0]):
            transposed.append(s)
        elif s.op == "column_sums":
            summed.append(s)
        else:
            stack += [a for a in s.args if isinstance(a, Symbol)]
    return sorted(transposed, key=lambda s: s.id), sorted(summed, key=lambda s: s.id)
