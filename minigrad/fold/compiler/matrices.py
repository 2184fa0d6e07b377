"""What is done with whole weights: packing them for products, and putting their gradients together."""

from __future__ import annotations

import math

from minigrad.fold.compiler.layout import Directed
from minigrad.fold.compiler.writer import Writer
from minigrad.symbol import Symbol, UnsupportedError


def pack(w: Writer, of: Directed) -> None:
    """Write that the weights are packed into the matrices of the products.

    In forward, butterflies come before that, and the parameters that elementwise loops read are also copied
    into the vector B.
    """
    if of is w.layout.forward:
        for first, second, _ in w.trace.butterflies:
            w.halve_weights(first, second, w.trace.parameters[first].size)
        for s, start in w.vectors.start.items():
            w.copy_vector(s.args[0], start, s.size)
    for number, (k, n, cells) in enumerate(of.matrices):
        w.new_matrix(number, (k, n), filled=sum(weight.size for _, _, weight in cells) == k * n)
        for k0, n0, weight in cells:
            turned = weight.op == "transpose"
            parameter: Symbol = weight.args[0] if turned else weight
            if parameter.op != "parameter":
                raise UnsupportedError(f"{parameter.op} of weights")
            w.place_weight(number, (k, n), (k0, n0), parameter, turned)


def write_gradients(w: Writer) -> None:
    """Write that each parameter's gradient is put together from the products and sums, if it isn't yet."""
    starts, done = [0], {target.start for target in w.targets.values()}
    for shape, g in w.gradients:
        if starts[-1] not in done:
            w.gradient(starts[-1], shape, g)
        starts.append(starts[-1] + math.prod(shape))
    for first, second, turned in w.trace.butterflies:
        w.halve_gradients((starts[first], starts[second]), w.trace.parameters[first].size, turned)
