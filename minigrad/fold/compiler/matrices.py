"""Emitted functions on weights: packing them for GEMMs, and assembling their gradients."""

from __future__ import annotations

from typing import Any

from minigrad.fold.compiler.emit import Writer
from minigrad.fold.compiler.emit_backward import products
from minigrad.fold.compiler.sweep import Rectangle, Sweep
from minigrad.symbol import RULES, Symbol, UnsupportedError


def packed_names(sweep: Sweep, letter: str) -> list[str]:
    """Return the names of a sweep's packed matrices."""
    return [f"{letter}{k}" for k in range(len(sweep.rectangles))]


def weights(sweep: Sweep) -> list[int]:
    """Return the numbers of the parameters in a sweep's matrices, ascending."""
    return sorted({_inner(weight).args[0] for r in sweep.rectangles for _, _, weight in r.cells})


def vectors(w: Writer) -> list[int]:
    """Return the numbers of the parameters that elementwise loops read."""
    return [s.args[0] for s in w.vectors.start]


def write_packing(w: Writer, sweep: Sweep, name: str, letter: str) -> None:
    """Write a function that packs the weights into one matrix per rectangle.

    The one for forward also copies the parameters that elementwise loops read into the vector B.
    """
    forward = sweep is w.plan.forward
    with w.function(name, ["memory", "parameters"], "helper"):
        w.arrays(*packed_names(sweep, letter), *(["B"] if forward else []))
        w.weights(sorted({*weights(sweep), *(vectors(w) if forward else [])}))
        if forward:
            for s, start in w.vectors.start.items():
                w.copy(s.size, ("B", start), (f"w{s.args[0]}", 0))
        for number, r in enumerate(sweep.rectangles):
            _write_matrix(w, r, f"{letter}{number}")
        if not sweep.rectangles:
            w.emit("pass")


def _write_matrix(w: Writer, r: Rectangle, packed: str) -> None:
    k, n = r.k[1] - r.k[0], r.n[1] - r.n[0]
    if sum(weight.size for _, _, weight in r.cells) < k * n:
        w.emit(f"{packed}[:] = zero")
    for k0, n0, weight in r.cells:
        matrix, turned = f"w{_inner(weight).args[0]}", weight.op == "transpose"
        # Cast to integers, since Numba would compile the function anew for every literal.
        numbers = ", ".join(f"I({number})" for number in (k, n, k0, n0))
        w.emit(f"pack({packed}, {numbers}, {matrix}, I({int(turned)}))")


def _inner(weight: Symbol) -> Symbol:
    inner: Symbol = weight.args[0] if weight.op == "transpose" else weight
    if inner.op != "parameter":
        raise UnsupportedError(f"{inner.op} of weights")
    return inner


def write_gradients(w: Writer) -> None:
    """Write the function that assembles each parameter's gradient from the products and sums."""
    gradients = w.trace.parameter_gradients
    with w.function("gradients", ["memory", "gradient"], "helper"):
        w.arrays(*products(w), "sums")
        start = 0
        for k, (parameter, g) in enumerate(zip(w.trace.parameters, gradients, strict=True)):
            part, start = f"gradient[{start} : {start + parameter.size}]", start + parameter.size
            if g is None:
                w.emit(f"{part} = zero")
                continue
            w.emit(f"g{k} = {part}.reshape({parameter.shape})")
            if g.ndim == 1:
                with w.block(f"for i in range({g.shape[0]}):"):
                    w.emit(f"g{k}[i] = {_element(w, g, ('i',))}")
                continue
            pieces = _pieces(w, g)
            if pieces is not None and len({turned for _, turned in pieces}) == 1:
                _write_sum(w, k, g, pieces)
            else:
                with w.block(f"for i in range({g.shape[0]}):"), w.block(f"for j in range({g.shape[1]}):"):
                    w.emit(f"g{k}[i, j] = {_element(w, g, ('i', 'j'))}")


def _write_sum(w: Writer, k: int, g: Symbol, pieces: list[tuple[str, bool]]) -> None:
    """Write a gradient that is a sum of products; if they are stored transposed, the sum is transposed."""
    (first, turned), rest = pieces[0], [piece for piece, _ in pieces[1:]]
    if turned and len(rest) <= 1:
        w.emit(f"transpose(g{k}, {first}, {(rest or [first])[0]}, I({len(rest)}))")
        return
    to = f"g{k}"
    if turned:
        to = "m"
        w.emit(f"m = np.empty({g.shape[::-1]}, T)")
    for number, piece in enumerate([first, *rest]):
        w.emit(f"copy({to}, {piece}, I({int(number > 0)}))")
    if turned:
        w.emit(f"transpose(g{k}, m, m, I(0))")


def _pieces(w: Writer, s: Any, turned: bool = False) -> list[tuple[str, bool]] | None:
    """Return the slices of products that add up to a gradient, and whether each is transposed; or None."""
    if not isinstance(s, Symbol):
        return None
    if s in w.plan.products:
        number, k, n = w.plan.products[s]
        return [(f"dW{number}[{k} : {k + s.shape[0]}, {n} : {n + s.shape[1]}]", turned)]
    if s.op == "transpose":
        return _pieces(w, s.args[0], not turned)
    if s.op != "add":
        return None
    parts = [_pieces(w, a, turned) for a in s.args]
    return None if None in parts else [piece for part in parts for piece in part or []]


def _element(w: Writer, s: Any, at: tuple[str, ...]) -> str:
    """Return the text of one element of a gradient."""
    if not isinstance(s, Symbol):
        return f"T({s!r})"
    if s in w.plan.products:
        number, k, n = w.plan.products[s]
        return f"dW{number}[{k} + {at[0]}, {n} + {at[1]}]"
    if s in w.plan.sums:
        return f"sums[{w.plan.sums[s]} + {at[0]}]"
    if s.op == "transpose":
        return _element(w, s.args[0], at[::-1])
    same = all(a.shape == s.shape for a in s.args if isinstance(a, Symbol))
    if s.op not in RULES or not same:
        raise UnsupportedError(f"{s.op} of weights")
    return RULES[s.op].format(*(f"({_element(w, a, at)})" for a in s.args))
