"""Emitted functions that deal with weights: packing them, and putting their gradients together."""

from __future__ import annotations

from typing import Any

from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.rules import RULES
from minigrad.fold.compiler.sweep import Rectangle, Sweep
from minigrad.symbol import Symbol, UnsupportedError


class Matrices:
    """The text of three functions.

    Attributes
    ----------
    pack_forward, pack_backward : list of str
        Lines of functions ``(B, *parameters, *packed)``: copy the weights into the matrix of each rectangle,
        in the memory B, and pack it.
    forward_parameters, backward_parameters : list of int
        The parameters that these take.
    gradients : list of str
        Lines of a function ``(*weight products, sums, *gradients)`` that fills the parameters' gradients.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.pack_forward, self.forward_parameters = _packing("pack_forward", plan.forward, "P")
        self.pack_backward, self.backward_parameters = _packing("pack_backward", plan.backward, "Q")
        self.gradients = self._gradients()

    def _gradients(self) -> list[str]:
        trace = self._plan.trace
        weights = [f"dW{k}" for k in range(len(self._plan.weight_products))]
        wanted = [(k, g) for k, g in enumerate(trace.parameter_gradients) if g is not None]
        lines = [
            "@compiled",
            f"def gradients({', '.join([*weights, 'sums', *(f'g{k}' for k, _ in wanted)])}):",
        ]
        for k, g in wanted:
            if g.ndim == 1:
                lines.append(f"    for i in range({g.shape[0]}):")
                lines.append(f"        g{k}[i] = {self._element(g, ('i',))}")
            else:
                lines.append(f"    for i in range({g.shape[0]}):")
                lines.append(f"        for j in range({g.shape[1]}):")
                lines.append(f"            g{k}[i, j] = {self._element(g, ('i', 'j'))}")
        return lines if wanted else [*lines, "    pass"]

    def _element(self, s: Any, at: tuple[str, ...]) -> str:
        """Return the text of one element of a gradient."""
        if not isinstance(s, Symbol):
            return f"T({s!r})"
        if s in self._plan.products:
            number, k, n = self._plan.products[s]
            return f"dW{number}[{k} + {at[0]}, {n} + {at[1]}]"
        if s in self._plan.sums:
            return f"sums[{self._plan.sums[s]} + {at[0]}]"
        if s.op == "transpose":
            return self._element(s.args[0], at[::-1])
        same = all(a.shape == s.shape for a in s.args if isinstance(a, Symbol))
        if s.op not in RULES or not same:
            raise UnsupportedError(f"{s.op} of weights")
        return RULES[s.op].format(*(f"({self._element(a, at)})" for a in s.args))


def _packing(name: str, sweep: Sweep, packed: str) -> tuple[list[str], list[int]]:
    used: dict[int, None] = {}
    body: list[str] = []
    for number, r in enumerate(sweep.rectangles):
        body += _matrix(r, f"{packed}{number}", used)
    matrices = [f"{packed}{k}" for k in range(len(sweep.rectangles))]
    arguments = ["B", *(f"w{k}" for k in used), *matrices]
    return ["@compiled", f"def {name}({', '.join(arguments)}):", *(body or ["    pass"])], list(used)


def _matrix(r: Rectangle, packed: str, used: dict[int, None]) -> list[str]:
    k, n = r.k[1] - r.k[0], r.n[1] - r.n[0]
    lines = [f"b = B[: {k * n}].reshape(({k}, {n}))"]
    if sum(weight.size for _, _, weight in r.cells) < k * n:
        lines.append("b[:] = zero")
    for k0, n0, weight in r.cells:
        transposed = weight.op == "transpose"
        inner = weight.args[0] if transposed else weight
        if inner.op != "parameter":
            raise UnsupportedError(f"{inner.op} of weights")
        used[inner.args[0]] = None
        height, width = weight.shape
        lines.append(f"for i in range({height}):")
        lines.append(f"    for j in range({width}):")
        element = "j, i" if transposed else "i, j"
        lines.append(f"        b[{k0} + i, {n0} + j] = w{inner.args[0]}[{element}]")
    return [f"    {line}" for line in [*lines, f"pack(b, {packed})"]]
