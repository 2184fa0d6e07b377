"""Cells that compute along their rows, put rows together and cut them, or compute weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minigrad as mg
from tests.minigrad.fold_contract.cells import ContractCell, E

H = (mg.Part("h", E),)
LAYER = {"W": (E, 2 * E), "b": (E,)}
PAIR = {"W1": (E, E), "W2": (E, E), "b": (E,)}


def _cell(
    name: str, rule: Callable[..., Any], shapes: dict[str, tuple[int, ...]], parts: tuple[mg.Part, ...] = H
) -> type[ContractCell]:
    def compose(self: Any, left: mg.Child, right: mg.Child) -> Any:
        return rule(self, left, right)

    return type(name, (ContractCell,), {"parts": parts, "shapes": shapes, "compose": compose})


def _memory(width: int) -> mg.Part:
    return mg.Part("c", width, leaf="zero")


def both(p: Any, x: Any, y: Any) -> Any:
    return x.h @ p.W1.T + y.h @ p.W2.T + p.b


def reductions(p: Any, x: Any, y: Any) -> Any:
    z = both(p, x, y)
    wide = mg.sum(x.h * y.h, 1, True) - mg.mean(z, axis=1, keepdims=True)
    return mg.tanh(z * mg.max(x.h, 1, True) + wide * mg.min(y.h, axis=1, keepdims=True))


def spreads(p: Any, x: Any, y: Any) -> Any:
    z = both(p, x, y)
    return z / mg.norm(x.h, 1, True) * mg.std(z, 1, keepdims=True) - mg.var(y.h, 1, keepdims=True)


def softmaxes(p: Any, x: Any, y: Any) -> Any:
    z = both(p, x, y)
    return mg.softmax(z) * x.h + mg.log_softmax(y.h, axis=1) * 0.1 + mg.logsumexp(z, 1, True) * y.h


def normed(p: Any, x: Any, y: Any) -> Any:
    return mg.gelu(mg.clip(mg.layer_norm(both(p, x, y), p.scale, p.b), -1, 1.5)) + y.h


def gates_of_one_column(p: Any, x: Any, y: Any) -> Any:
    gate = mg.sigmoid(x.h @ p.u.T - y.h @ p.u.T)
    return mg.tanh(gate * (x.h @ p.W1.T) + (1 - gate) * y.h * p.one + p.row * p.number)


def attention(p: Any, x: Any, y: Any) -> Any:
    a = mg.softmax(mg.concat([x.h @ p.u.T, y.h @ p.u.T], axis=1), axis=1)
    return mg.tanh(a[:, 0:1] * (x.h @ p.W1.T) + a[:, 1:2] * (y.h @ p.W2.T) + p.b)


def one_matrix(p: Any, x: Any, y: Any) -> Any:
    i, f, g, o, u = mg.split(mg.concat([x.h, y.h], axis=1) @ p.W.T + p.b, 5, axis=1)
    c = mg.sigmoid(i) * mg.tanh(u) + mg.sigmoid(f) * x.c + mg.sigmoid(g) * y.c
    return {"h": mg.sigmoid(o) * mg.tanh(c), "c": c}


def overlapping_columns(p: Any, x: Any, y: Any) -> Any:
    z = mg.concat([x.h, mg.concat([y.h, both(p, x, y)], axis=1)], axis=1)
    return mg.tanh(z[:, :E] + z[:, 1 : 1 + E]) * z[:, 2 : 2 + E] + mg.tanh(z @ p.V.T)[:, 1:-1]


def parts_cut_and_joined(p: Any, x: Any, y: Any) -> Any:
    c = mg.concat([x.h * p.b, y.h, x.c[:, 1:2]], axis=1)
    return {"h": mg.tanh(both(p, x, y) + x.c[:, :E] * y.c[:, E:-1]) * y.c[:, -1:] + y.h, "c": c}


def a_column_of_its_own_loop(p: Any, x: Any, y: Any) -> Any:
    z = mg.tanh(both(p, x, y))
    return z * z[:, 1:2] + y.h


def columns_as_operands(p: Any, x: Any, y: Any) -> Any:
    return mg.tanh(x.h[:, :2] @ p.V.T + y.h[:, 1:] @ p.V.T)


def computed_weights(p: Any, x: Any, y: Any) -> Any:
    mix = mg.softmax(p.mix)
    z = x.h @ (p.W1 @ p.W2).T + y.h @ mg.tanh(p.W2) + mg.exp(p.b) * mix[0]
    return mg.tanh(z * mix[1:2] + x.h @ p.W[:, :E].T + y.h @ p.W[:, E:].T * mg.sum(p.W) * 0.1)


def tensor_layer(p: Any, x: Any, y: Any) -> Any:
    z = mg.concat([x.h, y.h], axis=1)
    return mg.tanh(mg.bilinear(z, z, p.V, p.b) + mg.bilinear(x.h, y.h, p.U) + z @ p.W.T)


ROW_CELLS: dict[str, type[ContractCell]] = {
    cell.__name__: cell
    for cell in (
        _cell("reductions", reductions, PAIR),
        _cell("spreads", spreads, PAIR),
        _cell("softmaxes", softmaxes, PAIR),
        _cell("normed", normed, {**PAIR, "scale": (E,)}),
        _cell(
            "gates_of_one_column",
            gates_of_one_column,
            {**PAIR, "u": (1, E), "one": (1,), "row": (1, E), "number": ()},
        ),
        _cell("attention", attention, {**PAIR, "u": (1, E)}),
        _cell(
            "one_matrix", one_matrix, {"W": (5 * E, 2 * E), "b": (5 * E,)}, (*H, mg.Part("c", E, leaf="zero"))
        ),
        _cell("overlapping_columns", overlapping_columns, {**PAIR, "V": (E + 2, 3 * E)}),
        _cell("parts_cut_and_joined", parts_cut_and_joined, PAIR, (*H, _memory(2 * E + 1))),
        _cell("a_column_of_its_own_loop", a_column_of_its_own_loop, PAIR),
        _cell("columns_as_operands", columns_as_operands, {"V": (E, 2)}),
        _cell("computed_weights", computed_weights, {**PAIR, "W": (E, 2 * E), "mix": (2,)}),
        _cell(
            "tensor_layer", tensor_layer, {"W": (E, 2 * E), "b": (E,), "V": (E, 2 * E, 2 * E), "U": (E, E, E)}
        ),
    )
}
