"""The equations of every cell, once more, for single NumPy vectors, and a fold over them by plain recursion.

A cell of a chain gets the state before the word as `x` and {"x": word} as `y`. Everything also takes complex
numbers, so that the complex step differentiates it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.forest import Forest

Vectors = dict[str, Any]
Equations = Callable[[Vectors, Vectors, Vectors], Vectors]


def σ(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    return np.where(x.real > 0, x, 0)


def tree_lstm(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    def state(child: Vectors) -> tuple[Any, Any]:
        if "Wi" not in P or not child["is_leaf"]:
            return child["h"], child["c"]
        w = child["h"]
        c = σ(P["Wi"] @ w + P["bi"]) * np.tanh(P["Wu"] @ w + P["bu"])
        return σ(P["Wo"] @ w + P["bo"]) * np.tanh(c), c

    (h1, c1), (h2, c2) = state(x), state(y)
    i = σ(P["Ui1"] @ h1 + P["Ui2"] @ h2 + P["bi"])
    f1 = σ(P["Uf11"] @ h1 + P["Uf12"] @ h2 + P["bf"])
    f2 = σ(P["Uf21"] @ h1 + P["Uf22"] @ h2 + P["bf"])
    o = σ(P["Uo1"] @ h1 + P["Uo2"] @ h2 + P["bo"])
    c = i * np.tanh(P["Uu1"] @ h1 + P["Uu2"] @ h2 + P["bu"]) + f1 * c1 + f2 * c2
    return {"h": o * np.tanh(c), "c": c}


def slstm(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    def gate(name: str, bias: str, peephole: str) -> Any:
        own = P[f"W{name}1"] @ x["h"] + P[f"W{name}2"] @ y["h"]
        return σ(own + P[f"W{peephole}1"] @ x["c"] + P[f"W{peephole}2"] @ y["c"] + P[bias])

    i, f1, f2 = gate("i", "bi", "ci"), gate("f1", "bf1", "cf1"), gate("f2", "bf2", "cf2")
    c = f1 * x["c"] + f2 * y["c"] + i * np.tanh(P["Wx1"] @ x["h"] + P["Wx2"] @ y["h"] + P["bx"])
    o = σ(P["Wo1"] @ x["h"] + P["Wo2"] @ y["h"] + P["Wco"] @ c + P["bo"])
    return {"h": o * np.tanh(c), "c": c}


def tree_gru(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    h1, h2 = x["h"], y["h"]
    r1 = σ(P["Wr11"] @ h1 + P["Wr12"] @ h2 + P["br1"])
    r2 = σ(P["Wr21"] @ h1 + P["Wr22"] @ h2 + P["br2"])
    new = np.tanh(P["W1"] @ (r1 * h1) + P["W2"] @ (r2 * h2) + P["b"])
    z = np.exp([P[f"Wz{k}0"] @ new + P[f"Wz{k}1"] @ h1 + P[f"Wz{k}2"] @ h2 + P[f"bz{k}"] for k in range(3)])
    z0, z1, z2 = z / z.sum(axis=0)
    return {"h": z0 * new + z1 * h1 + z2 * h2}


def rntn(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    z = np.concatenate([x["h"], y["h"]])
    return {"h": np.tanh(np.array([z @ V @ z for V in P["V"]]) + P["W"] @ z + P["b"])}


def residual(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    return {"h": x["h"] + y["h"] + np.tanh(P["W1"] @ x["h"] + P["W2"] @ y["h"] + P["b"])}


def highway(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    t = σ(P["Wt1"] @ x["h"] + P["Wt2"] @ y["h"] + P["bt"])
    new = np.tanh(P["W1"] @ x["h"] + P["W2"] @ y["h"] + P["b"])
    return {"h": t * new + (1 - t) * (x["h"] + y["h"])}


def dense(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
    read = P["W1"] @ x["h"] + P["W2"] @ y["h"] + P["V1"] @ x["s"] + P["V2"] @ y["s"]
    return {"h": np.tanh(read + P["b"]), "s": x["h"] + y["h"] + x["s"] + y["s"]}


def elman(f: Callable[[Any], Any]) -> Equations:
    return lambda P, h, word: {"h": f(P["W"] @ h["h"] + P["U"] @ word["x"] + P["b"])}


def lstm(P: Vectors, before: Vectors, word: Vectors) -> Vectors:
    hx = np.concatenate([before["h"], word["x"]])
    f, i, ĉ, o = (np.concatenate([P[f"W{k}"], P[f"U{k}"]], axis=1) @ hx + P[f"b{k}"] for k in "fico")
    c = σ(f) * before["c"] + σ(i) * np.tanh(ĉ)
    return {"h": σ(o) * np.tanh(c), "c": c}


def gru(P: Vectors, before: Vectors, word: Vectors) -> Vectors:
    h, x = before["h"], word["x"]
    u = σ(P["Wu"] @ h + P["Uu"] @ x + P["bu"])
    r = σ(P["Wr"] @ h + P["Ur"] @ x + P["br"])
    return {"h": (1 - u) * h + u * np.tanh(P["Wh"] @ (r * h) + P["Uh"] @ x + P["bh"])}


def recursion(
    cell: Any,
    compose: Equations,
    forest: Forest,
    leaves: np.ndarray,
    P: Vectors,
    nudges: Vectors | None = None,
) -> Vectors:
    """The states of all nodes; `nudges` are added to a node's state once it has been composed."""
    chain = cell.right_parts is not None
    states = {part.name: np.zeros((forest.n_nodes, part.width), complex) for part in cell.parts}
    number = np.cumsum(forest.left < 0) - 1
    for row, (left, right) in enumerate(zip(forest.left, forest.right, strict=True)):
        if left < 0:
            made = {p.name: leaves[number[row]] for p in cell.parts if p.leaf == "vector" and not chain}
        else:
            x, y = (
                {"is_leaf": forest.left[k] < 0, **{n: s[k] for n, s in states.items()}} for k in (left, right)
            )
            made = compose(P, x, {"x": leaves[number[right]]} if chain else y)
        for name, state in states.items():
            state[row] = made.get(name, 0) + (nudges[name][row] if nudges else 0)
    return states
