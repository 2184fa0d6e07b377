"""Cells of the contract, each with its equations once more for single vectors: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.nn import Parameter

E = 3  # width of leaves

Vectors = dict[str, Any]


def σ(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class ContractCell(mg.Cell):
    """Draws its parameters from shapes; `reference(P, x, y)` composes two nodes' vectors."""

    shapes: dict[str, tuple[int, ...]]

    def __init__(self, rng: np.random.Generator, dtype: Any = np.float64) -> None:
        for name, shape in self.shapes.items():
            setattr(self, name, Parameter(rng.normal(size=shape).astype(dtype) * dtype(0.6)))

    @staticmethod
    def reference(P: Vectors, x: Vectors, y: Vectors) -> Vectors:
        raise NotImplementedError


class Simple(ContractCell):
    """An RNN."""

    parts = (mg.Part("h", E),)
    shapes = {"W1": (E, E), "W2": (E, E), "b": (E,)}  # noqa: RUF012

    def compose(self, left, right):
        return mg.tanh(left.h @ self.W1.T + right.h @ self.W2.T + self.b)

    @staticmethod
    def reference(P, x, y):
        return {"h": np.tanh(P["W1"] @ x["h"] + P["W2"] @ y["h"] + P["b"])}


class Memory(ContractCell):
    """Two parts, of which one is zero at leaves and reaches the other through gates."""

    parts = (mg.Part("h", E), mg.Part("c", E, leaf="zero"))
    shapes = {"Wf": (E, E), "Wcf": (E, E), "Wu": (E, E), "Wo": (E, E), "b": (E,)}  # noqa: RUF012

    def compose(self, left, right):
        f1 = mg.sigmoid(left.h @ self.Wf.T + right.c @ self.Wcf.T + self.b)
        f2 = mg.sigmoid(right.h @ self.Wf.T + left.c @ self.Wcf.T + self.b)
        c = f1 * left.c + f2 * right.c + mg.tanh((left.h - right.h) @ self.Wu.T)
        return {"h": mg.sigmoid(c @ self.Wo.T) * mg.tanh(c), "c": c}

    @staticmethod
    def reference(P, x, y):
        f1 = σ(P["Wf"] @ x["h"] + P["Wcf"] @ y["c"] + P["b"])
        f2 = σ(P["Wf"] @ y["h"] + P["Wcf"] @ x["c"] + P["b"])
        c = f1 * x["c"] + f2 * y["c"] + np.tanh(P["Wu"] @ (x["h"] - y["h"]))
        return {"h": σ(P["Wo"] @ c) * np.tanh(c), "c": c}


class Product(ContractCell):
    """The projections of both children are multiplied: neither can be summed ahead of the other."""

    parts = (mg.Part("h", E),)
    shapes = {"A": (E, E), "B": (E, E)}  # noqa: RUF012

    def compose(self, left, right):
        return mg.tanh((left.h @ self.A.T) * (right.h @ self.B.T) + left.h)

    @staticmethod
    def reference(P, x, y):
        return {"h": np.tanh((P["A"] @ x["h"]) * (P["B"] @ y["h"]) + x["h"])}


class ThreeParts(ContractCell):
    """Widths 3, 2 and 1; `s` never reaches the others."""

    parts = (mg.Part("h", E), mg.Part("c", 2, leaf="zero"), mg.Part("s", 1, leaf="zero"))
    shapes = {"W": (2, E), "V": (E, 2), "u": (1, E)}  # noqa: RUF012

    def compose(self, left, right):
        c = mg.tanh(left.h @ self.W.T) - 0.5 * left.c + right.c
        h = mg.tanh(c @ self.V.T + right.h)
        return {"s": left.s + 2 * right.s + h @ self.u.T, "h": h, "c": c}

    @staticmethod
    def reference(P, x, y):
        c = np.tanh(P["W"] @ x["h"]) - 0.5 * x["c"] + y["c"]
        h = np.tanh(P["V"] @ c + y["h"])
        return {"h": h, "c": c, "s": x["s"] + 2 * y["s"] + P["u"] @ h}


class SharedMatrix(ContractCell):
    """One matrix for both children, and once more on top; two products in a row.

    So its gradient is the sum of three, and in backward a sum that is nothing but a product is an operand of
    others. A child's part is handed on unchanged.
    """

    parts = (mg.Part("h", E), mg.Part("m", E))
    shapes = {"W": (E, E), "V": (E, E)}  # noqa: RUF012

    def compose(self, left, right):
        above = mg.sigmoid((left.h @ self.W.T) @ self.V.T - right.h @ self.W.T)
        return {"h": mg.tanh(above @ self.W + right.m), "m": right.h}

    @staticmethod
    def reference(P, x, y):
        above = σ(P["V"] @ (P["W"] @ x["h"]) - P["W"] @ y["h"])
        return {"h": np.tanh(P["W"].T @ above + y["m"]), "m": y["h"]}


class LeafAware(ContractCell):
    """Other weights for leaves on the left, and a constant for leaves on the right."""

    parts = (mg.Part("h", E),)
    shapes = {"A": (E, E), "B": (E, E), "b": (E,)}  # noqa: RUF012

    def compose(self, left, right):
        x = mg.where(left.is_leaf, left.h @ self.A.T, left.h @ self.B.T)
        return mg.tanh(x + mg.where(right.is_leaf, self.b, right.h))

    @staticmethod
    def reference(P, x, y):
        left = P["A"] @ x["h"] if x["is_leaf"] else P["B"] @ x["h"]
        return {"h": np.tanh(left + (P["b"] if y["is_leaf"] else y["h"]))}


CELLS = (Simple, Memory, Product, ThreeParts, SharedMatrix, LeafAware)
