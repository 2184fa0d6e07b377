"""Parameters whose operands swap their roles: W₁x + W₂y in one sum, W₁y + W₂x in another."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from minigrad.fold.compiler.outer import is_weight_product
from minigrad.fold.compiler.rewrite import results
from minigrad.fold.compiler.trace import Trace
from minigrad.fold.compiler.views import is_product, is_rows, reached, readers
from minigrad.symbol import Symbol


class Use(NamedTuple):
    """A product with a weight: left · W is added to a sum. Or one of its gradient: leftᵀ · right.

    Attributes
    ----------
    left : Symbol
        An operand.
    right : Symbol
        The sum; of a gradient, a cotangent.
    turned : bool
        Whether W is transposed; of a gradient, the product.
    """

    left: Symbol
    right: Symbol
    turned: bool


# Of W₁: x in p and y in q, where W₂ has y in p and x in q. Of its gradient: xᵀu and yᵀv, and yᵀu and xᵀv.
Pair = tuple[Use, Use]


class Swap(NamedTuple):
    """Two parameters whose operands swap their roles, wherever they are read.

    Attributes
    ----------
    first, second : int
        Their numbers.
    rows, gradients : list of Pair
        Of the products with the first, p before q; and of those that its gradient consists of.
    """

    first: int
    second: int
    rows: list[Pair]
    gradients: list[Pair]


class Sums:
    """The sums of a trace: symbols, and what is added up in them and used nowhere else.

    Attributes
    ----------
    live : list of Symbol
        All that the results depend on, in order of creation.
    """

    def __init__(self, traced: Trace) -> None:
        wanted = [s for s in results(traced) if s is not None]
        self.live = reached(wanted)
        self._readers = readers(self.live, wanted)

    def is_term(self, s: Symbol) -> bool:
        """Tell whether a symbol is only a term of a sum."""
        (total, *others) = self._readers[s]
        return not others and total is not None and total.op == "add"

    def terms(self, s: Symbol) -> list[Any]:
        """Return what is added up in a sum: symbols and numbers."""
        return [t for t in self._walk(s) if not self._is_inner(t, s)]

    def partial(self, s: Symbol) -> list[Symbol]:
        """Return the sums of some of a sum's terms of which it is made."""
        return [t for t in self._walk(s) if self._is_inner(t, s) and t is not s]

    def _is_inner(self, t: Any, s: Symbol) -> bool:
        return isinstance(t, Symbol) and t.op == "add" and (t is s or self.is_term(t))

    def _walk(self, s: Symbol) -> Iterator[Any]:
        stack: list[Any] = [s]
        while stack:
            t = stack.pop()
            yield t
            if self._is_inner(t, s):
                stack += reversed(t.args)


def find_swaps(traced: Trace, sums: Sums) -> list[Swap]:
    """Return the parameters whose operands swap their roles, each in one pair at most."""
    uses = _uses(traced, sums)
    found: list[Swap] = []
    taken: set[int] = set()
    for first, second in itertools.combinations(uses, 2):
        if taken & {first, second} or traced.parameters[first].shape != traced.parameters[second].shape:
            continue
        one, two = (_of_gradient(traced.parameter_gradients[k]) for k in (first, second))
        rows, gradients = _paired(uses[first], uses[second]), _paired(one, two)
        if rows and gradients:
            taken |= {first, second}
            found.append(Swap(first, second, rows, gradients))
    return found


def multiplies(product: Any) -> int | None:
    """Return the number of the parameter that rows are multiplied by; None if it is no such product."""
    if not is_product(product):
        return None
    weight = product.args[1]
    weight = weight.args[0] if weight.op == "transpose" else weight
    return weight.args[0] if weight.op == "parameter" else None


def _uses(traced: Trace, sums: Sums) -> dict[int, list[Use]]:
    """Return the products with each parameter that nothing else reads."""
    uses: dict[int, list[Use]] = {}
    readers: Counter[int] = Counter()
    for s in sums.live:
        weights = (a.args[0] if a.op == "transpose" else a for a in s.args if isinstance(a, Symbol))
        if s.op != "transpose":
            readers.update(w.args[0] for w in weights if w.op == "parameter")
        if is_rows(s) and not sums.is_term(s):
            for t in sums.terms(s):
                if (number := multiplies(t)) is not None:
                    uses.setdefault(number, []).append(Use(t.args[0], s, t.args[1].op == "transpose"))
    return {k: of for k, of in sorted(uses.items()) if len(of) == readers[k] and k < len(traced.parameters)}


def _of_gradient(g: Symbol | None) -> list[Use]:
    """Return the products that a gradient is the sum of; none if it is something else."""
    uses: list[Use] = []
    stack: list[tuple[Any, bool]] = [(g, False)]
    while stack:
        s, turned = stack.pop()
        if not isinstance(s, Symbol):
            return []
        if is_weight_product(s):
            uses.append(Use(s.args[0].args[0], s.args[1], turned))
        elif s.op == "transpose":
            stack.append((s.args[0], not turned))
        elif s.op == "add":
            stack += [(a, turned) for a in reversed(s.args)]
        else:
            return []
    return uses


def _paired(first: Sequence[Use], second: Sequence[Use]) -> list[Pair]:
    """Return all uses of a weight in pairs, if those of another are the same with the operands swapped."""
    pairs: list[Pair] = []
    left, others = list(first), list(second)
    while left:
        one = left.pop(0)
        for two in left:
            swapped = [one._replace(left=two.left), two._replace(left=one.left)]
            distinct = one.right is not two.right and one.turned == two.turned
            if distinct and all(use in others for use in swapped):
                left.remove(two)
                for use in swapped:
                    others.remove(use)
                pairs.append((one, two) if one.right.id < two.right.id else (two, one))
                break
        else:
            return []
    return [] if others else pairs
