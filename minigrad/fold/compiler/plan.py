"""From a trace to a plan: the two sweeps of a cell, and the products that give its weights' gradients."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from minigrad.fold.compiler.sweep import SOURCES, Sweep, is_rows, live, runs
from minigrad.fold.compiler.trace import Trace
from minigrad.symbol import Symbol


@dataclass
class WeightProduct:
    """One product over all nodes: operands[:, k]ᵀ · V[:, n], where V holds the backward sweep's operands."""

    k: tuple[int, int]
    n: tuple[int, int]
    side: str | None


class Plan:
    """Both sweeps of a cell, and the products that give the gradients of its weights.

    Attributes
    ----------
    forward, backward : Sweep
    weight_products : list of WeightProduct
    products : dict Symbol -> (number of weight product, first row, first column)
        Where each xᵀ·g of the parameters' gradients is found.
    """

    def __init__(self, traced: Trace) -> None:
        self.trace = traced
        zero = {
            symbol: side
            for (side, name), symbol in traced.inputs.items()
            for part in traced.children[side]
            if part.name == name and part.leaf == "zero"
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
        operands = [p.args[0].args[0] for p in transposed]
        forward_operands = [x for x in operands if x not in dependent]
        targets = list(dict.fromkeys([*traced.outputs.values(), *saved, *forward_operands]))
        self.forward = Sweep(targets, set(), zero)
        self.forward.operands.add(forward_operands)
        read = {*self.forward.live, *needed}
        self.forward.operands.add(s for s in traced.inputs.values() if s in read)
        self.forward.kept.add(s for s in saved if s not in self.forward.operands.start)
        given = {s for s in needed if s not in dependent}
        self.backward = Sweep(list(dict.fromkeys(values)), given, {})
        self.backward.operands.add(s.args[1] for s in transposed)
        self.backward.operands.add(s.args[0] for s in summed)
        self.sums = {c: self.backward.operands.start[c.args[0]] for c in summed}
        self.weight_products: list[WeightProduct] = []
        self.products: dict[Symbol, tuple[int, int, int]] = {}
        self._lay_out_weight_products(transposed, zero)

    def _lay_out_weight_products(self, transposed: list[Symbol], zero: dict[Symbol, str]) -> None:
        U, V = self.forward.operands, self.backward.operands
        partners: dict[Symbol, list[Symbol]] = {}
        for p in transposed:
            partners.setdefault(p.args[0].args[0], []).append(p.args[1])
        groups: dict[Any, list[Symbol]] = {}
        for x in sorted(partners, key=lambda x: U.start[x]):
            key: tuple[Any, ...] = (zero.get(x), tuple(sorted(g.id for g in partners[x])))
            last = groups.get(key)
            if last and U.start[last[-1]] + last[-1].shape[1] != U.start[x]:
                key = (*key, x.id)  # not side by side: a product of its own
            groups.setdefault(key, []).append(x)
        by_pair = {(p.args[0].args[0], p.args[1]): p for p in transposed}
        for key, xs in groups.items():
            k0 = U.start[xs[0]]
            for run in runs(partners[xs[0]], V):
                n0, last_g = V.start[run[0]], run[-1]
                product = WeightProduct(
                    (k0, U.start[xs[-1]] + xs[-1].shape[1]), (n0, V.start[last_g] + last_g.shape[1]), key[0]
                )
                for x, g in itertools.product(xs, run):
                    self.products[by_pair[x, g]] = (
                        len(self.weight_products),
                        U.start[x] - k0,
                        V.start[g] - n0,
                    )
                self.weight_products.append(product)


def _dependent(traced: Trace) -> set[Symbol]:
    """Return the symbols that depend on a cotangent: those of the backward sweep."""
    dependent: set[Symbol] = set()
    for s in traced.table.symbols:
        if s.op == "cotangent" or any(isinstance(a, Symbol) and a in dependent for a in s.args):
            dependent.add(s)
    return dependent


def _reductions(traced: Trace) -> tuple[list[Symbol], list[Symbol]]:
    """Return the products xᵀ·g and the column sums that the parameters' gradients are made of."""
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
