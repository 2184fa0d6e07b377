"""Two products instead of four, where two operands swap their roles.

Where a cell treats its children alike, p = W₁x + W₂y comes with q = W₁y + W₂x: a block-circulant matrix times
(x, y). Sums and differences diagonalise it, as in the *butterfly* of the fast Fourier transform:

    A = ½ (W₁ + W₂)    s = A (x + y)    p = s + d
    B = ½ (W₁ − W₂)    d = B (x − y)    q = s − d

The derivatives have the same form. With the cotangents u of p and v of q,

    ∂x = Aᵀ (u + v) + Bᵀ (u − v)    ∂A = (u + v) (x + y)ᵀ    ∂W₁ = ½ (∂A + ∂B)
    ∂y = Aᵀ (u + v) − Bᵀ (u − v)    ∂B = (u − v) (x − y)ᵀ    ∂W₂ = ½ (∂A − ∂B)

So the trace is rewritten in terms of A and B, in the places of W₁ and W₂. What is left to be done with
whole matrices is half a sum and half a difference, of the weights before the nodes, and of ∂A and ∂B after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from minigrad.fold.compiler.rewrite import rewritten
from minigrad.fold.compiler.swaps import Pair, Sums, Swap, Use, find_swaps, multiplies
from minigrad.fold.compiler.trace import Trace
from minigrad.symbol import Symbol, SymbolTable

Renewed = Callable[[Symbol], Symbol]


def with_butterflies(traced: Trace) -> Trace:
    """Return a trace that reads swapped parameters as their half sums and half differences."""
    sums = Sums(traced)
    swaps = find_swaps(traced, sums)
    return _Rewriting(traced, swaps, sums).trace() if swaps else traced


class _Rewriting:
    """A trace in terms of half sums and half differences.

    A difference is that of the earlier operand and the later one, so that forward, backward and the gradients
    have it in common. Where this is y − x, d has the other sign; ∂B has if one of its two differences is.
    """

    def __init__(self, traced: Trace, swaps: Sequence[Swap], sums: Sums) -> None:
        self._traced, self._swaps, self._sums = traced, swaps, sums
        self._table = SymbolTable(traced.table.shared, traced.table.functions)
        self._known: dict[tuple[str, int, int], Symbol] = {}
        self._swapped = {number for swap in swaps for number in (swap.first, swap.second)}
        self._pairs: dict[tuple[Symbol, Symbol], list[tuple[Swap, Pair]]] = {}  # by p and q
        for swap in swaps:
            for pair in swap.rows:
                self._pairs.setdefault((pair[0].right, pair[1].right), []).append((swap, pair))
        self._of: dict[Symbol, list[tuple[Symbol, Symbol]]] = {}  # the p and q that a symbol is one of
        for p, q in self._pairs:
            self._of.setdefault(p, []).append((p, q))
            self._of.setdefault(q, []).append((p, q))
        self._gone: set[Symbol] = set()
        for s in self._of:
            self._gone.update(self._sums.partial(s), filter(self._is_swapped, self._sums.terms(s)))
        self._made: dict[tuple[Symbol, Symbol], tuple[Symbol, Symbol, bool]] = {}

    def trace(self) -> Trace:
        """Return it."""
        new, renewed = rewritten(self._traced, self._table, instead=self._instead)
        gradients, numbers = list(new.parameter_gradients), []
        for swap in self._swaps:
            pairs = [_renewed(pair, renewed) for pair in swap.gradients]
            (x, u, _), (y, v, _) = pairs[0]
            turns = (x.id < y.id) is not (u.id < v.id)
            gradients[swap.first] = self._added([self._weight_product("add", pair, turns) for pair in pairs])
            gradients[swap.second] = self._added([self._weight_product("sub", pair, turns) for pair in pairs])
            numbers.append((swap.first, swap.second, turns))
        gradients = [None if g is None else self._with_joined_sums(g) for g in gradients]
        return replace(new, parameter_gradients=gradients, butterflies=numbers)

    def _instead(self, s: Symbol, renewed: Renewed) -> Symbol | None:
        """Return p or q in terms of s and d; None for all other symbols."""
        if s in self._gone:
            return s  # which nothing reads any more
        if s not in self._of:
            return None
        terms = []
        for key in self._of[s]:
            if key not in self._made:  # p: it comes first, and reads all operands
                self._made[key] = self._sum_and_difference(self._pairs[key], renewed)
            total, difference, turns = self._made[key]
            op = "add" if (s is key[0]) is not turns else "sub"
            terms.append(self._table.make(op, (total, difference), s.shape, s.dtype))
        rest = [t for t in self._sums.terms(s) if not self._is_swapped(t)]
        return self._added([*terms, *map(renewed, rest)])

    def _is_swapped(self, term: Any) -> bool:
        """Tell whether a term is a product that a butterfly takes the place of."""
        return multiplies(term) in self._swapped

    def _sum_and_difference(
        self, pairs: Sequence[tuple[Swap, Pair]], renewed: Renewed
    ) -> tuple[Symbol, Symbol, bool]:
        """Return s and d, and whether d has the other sign."""
        both: list[list[Symbol]] = [[], []]
        turns: bool | None = None
        for swap, pair in pairs:
            one, two = _renewed(pair, renewed)
            x, y = one.left, two.left
            turns = x.id > y.id if turns is None else turns
            differ = (y, x) if turns else (x, y)
            for k, (op, rows) in enumerate((("add", (x, y)), ("sub", differ))):
                weight = renewed(self._traced.parameter_symbols[swap.second if k else swap.first])
                factors = self._half(op, *rows), weight.T if one.turned else weight
                shape = x.shape[0], factors[1].shape[1]
                both[k].append(self._table.make("matmul", factors, shape, x.dtype))
        return self._added(both[0]), self._added(both[1]), bool(turns)

    def _weight_product(self, op: str, pair: Pair, turns: bool) -> Symbol:
        """Return (x + y)ᵀ (u + v), or (x − y)ᵀ (u − v); the latter with the other sign if it turns."""
        (x, u, turned), (y, v, _) = pair
        if op == "sub" and x.id > y.id:
            (x, u), (y, v) = (y, v), (x, u)
        factors = self._half(op, x, y).T, self._half(op, *((v, u) if op == "sub" and turns else (u, v)))
        product = self._table.make("matmul", factors, (x.shape[1], u.shape[1]), x.dtype)
        return product.T if turned else product

    def _half(self, op: str, x: Symbol, y: Symbol) -> Symbol:
        """Return x + y or x − y, always the same symbol."""
        if op == "add" and x.id > y.id:
            x, y = y, x
        key = op, x.id, y.id
        if key not in self._known:
            self._known[key] = self._table.make(op, (x, y), x.shape, x.dtype)
        return self._known[key]

    def _added(self, terms: Sequence[Symbol]) -> Symbol:
        return reduce(lambda x, y: self._table.make("add", (x, y), x.shape, x.dtype), terms)

    def _with_joined_sums(self, g: Symbol) -> Symbol:
        """Return a gradient in which the columns of u + v are summed, instead of those of u and of v."""
        if g.op != "add" or any(not isinstance(a, Symbol) for a in g.args):
            return g
        x, y = map(self._with_joined_sums, g.args)
        if x.op == y.op == "column_sums":
            known = self._known.get(("add", *sorted((x.args[0].id, y.args[0].id))))
            if known is not None:
                return self._table.make("column_sums", (known,), g.shape, g.dtype)
        return self._table.make("add", (x, y), g.shape, g.dtype)


def _renewed(pair: Pair, renewed: Renewed) -> Pair:
    one, two = (Use(renewed(use.left), renewed(use.right), use.turned) for use in pair)
    return one, two
