"""Random cells, made of what compiles: products, gates, masks, reductions, columns, computed weights."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad.nn import Parameter
from tests.minigrad.fold_contract.cells import E

ACTIVATIONS = ("tanh", "sigmoid", "softsign", "gelu", "relu")
KINDS = (
    *("product", "affine", "gate", "row", "mask", "join", "cut"),
    *("scale", "normed", "bilinear", "dropout", "swap"),
)
PLAIN = ("product", "affine", "gate", "mask", "row", "join", "cut", "swap", "swap")  # of weights as they are
REDUCTIONS = ("sum", "mean", "max", "min", "logsumexp")
TEXT = """\
def compose(self, left, right):
    {lines}
    return {{"h": {h}, "c": {c}}}
"""


class RandomCell:
    """Draws a cell's ``compose`` as text.

    Parameters
    ----------
    rng : numpy.random.Generator
    computed : bool
        Whether there may be weights that NumPy computes. Where there are none, two operands swap their roles.

    Attributes
    ----------
    shapes : dict name -> shape
        Of the parameters that the text reads.
    text : str
    """

    def __init__(self, rng: np.random.Generator, computed: bool = True) -> None:
        self._rng, self._computed = rng, computed
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._lines: list[str] = []
        self._values = {"left.h": E, "right.h": E, "left.c": 2, "right.c": 2}
        for _ in range(rng.integers(4, 11)):
            self._draw()
        if not computed:
            w = self._width(self._pick())
            alike = [name for name, width in self._values.items() if width == w]
            x, y = rng.choice(alike, 2, replace=False) if len(alike) > 1 else ("left.h", "right.h")
            self._swap(x, y)
            one, other = list(self._values)[-2:]
            self._add(f"{one} * {other}", self._width(one))
        self._add(self._product(next(reversed(self._values)), E), E)  # the last one is used
        h = f"mg.tanh({next(reversed(self._values))} + {self._pick(E)})"
        c = f"mg.tanh({self._product(self._pick(), 2)}) + 0.5 * {self._pick(2)}"
        self.text = TEXT.format(lines="\n    ".join(self._lines), h=h, c=c)

    def cell(self, rng: np.random.Generator) -> mg.Cell:
        """Return a cell with parameters of float64."""
        scope: dict[str, object] = {"mg": mg}
        exec(self.text, scope)
        kind = type("Drawn", (mg.Cell,), {"compose": scope["compose"]})
        cell = kind()
        cell.parts = (mg.Part("h", E), mg.Part("c", 2, leaf="zero"))
        for name, shape in self.shapes.items():
            setattr(cell, name, Parameter(0.6 * rng.normal(size=shape)))
        cell.generator = np.random.default_rng(7)
        return cell

    def _one(self, *of: str) -> str:
        return str(self._rng.choice(of))

    def _pick(self, width: int | None = None) -> str:
        """Return a value, of some width."""
        names = [name for name, w in self._values.items() if width is None or w == width]
        return self._one(*names[-6:]) if names else self._product(self._pick(), width or 1)

    def _width(self, name: str) -> int:
        return self._values[name]

    def _add(self, expression: str, width: int) -> None:
        name = f"v{len(self._values)}"
        self._lines.append(f"{name} = {expression}")
        self._values[name] = width

    def _parameter(self, *shape: int) -> str:
        name = f"p{len(self.shapes)}"
        self.shapes[name] = shape
        return f"self.{name}"

    def _product(self, x: str, width: int) -> str:
        k = self._width(x)
        kind = self._rng.integers(6) if self._computed else 5
        if kind == 0:
            weight = f"({self._parameter(width, 2)} @ {self._parameter(2, k)}).T"
        elif kind == 1:
            weight = f"mg.tanh({self._parameter(width, k)}).T"
        elif kind == 2:
            weight = f"{self._parameter(width + 1, k)}[1:].T"
        elif kind == 3:
            weight = self._parameter(k, width)
        else:
            weight = f"{self._parameter(width, k)}.T"
        return f"{x} @ {weight}"

    def _draw(self) -> None:
        rng, x = self._rng, self._pick()
        w = self._width(x)
        kind = self._one(*(KINDS if self._computed else PLAIN))
        if kind == "product":
            width = int(rng.integers(1, 6))
            self._add(f"mg.{self._one(*ACTIVATIONS)}({self._product(x, width)})", width)
        elif kind == "affine":
            y = self._product(self._pick(), w)
            self._add(f"{self._product(x, w)} + {y} + {self._parameter(w)}", w)
        elif kind == "gate":
            gate = self._product(self._pick(), int(self._one("1", str(w))))
            self._add(f"mg.sigmoid({gate}) * {x} - {self._pick(w)}", w)
        elif kind == "row":
            self._add(f"mg.{self._one(*REDUCTIONS)}({x}, axis=1, keepdims=True)", 1)
        elif kind == "mask":
            y, side = self._pick(w), self._one("left", "right")
            condition = self._one(
                f"{side}.is_leaf", f"{x} > {self._parameter(w)}", f"{side}.is_leaf & ({x} < 0.1)"
            )
            self._add(f"mg.where({condition}, {x}, {self._one(y, '0.5')})", w)
        elif kind == "join":
            y = self._pick()
            self._add(f"mg.concat([{x}, {y}], axis=1)", w + self._width(y))
        elif kind == "cut":
            start = int(rng.integers(w))
            stop = int(rng.integers(start, w)) + 1
            self._add(f"{x}[:, {start}:{stop}]", stop - start)
        elif kind == "scale":
            shape = [(), (1,), (1, w), (w,)][rng.integers(4)]
            self._add(f"{x} * {self._parameter(*shape)}", w)
        elif kind == "normed" and w > 1:
            self._add(self._one(f"mg.softmax({x})", f"mg.layer_norm({x}, {self._parameter(w)}, eps=0.1)"), w)
        elif kind == "bilinear":
            y, width = self._pick(), int(rng.integers(1, 4))
            self._add(f"mg.bilinear({x}, {y}, {self._parameter(width, w, self._width(y))})", width)
        elif kind == "dropout":
            self._add(f"mg.dropout({x}, 0.25, self.generator)", w)
        elif kind == "swap":
            self._swap(x, self._pick(w))

    def _swap(self, x: str, y: str) -> None:
        w, width, turned = self._width(x), int(self._rng.integers(1, 6)), self._one("", ".T")
        shape = (width, w) if turned else (w, width)
        A, B = (f"{self._parameter(*shape)}{turned}" for _ in range(2))
        also = self._one("", f" + {self._product(self._pick(), width)}", f" + {self._parameter(width)}")
        sums = [f"{x} @ {A} + {y} @ {B}{also}", f"0.1 + {y} @ {A} + {x} @ {B}"]
        for expression in sums[:: 1 - 2 * int(self._rng.integers(2))]:
            self._add(f"mg.{self._one(*ACTIVATIONS)}({expression})", width)
