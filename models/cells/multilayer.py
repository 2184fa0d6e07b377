"""Stacked recurrent layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.tensor import as_tensor
from models.cells.bidirectional import ENCODINGS, Bidirectional, encoded, encoded_parts
from models.cells.encoder import Encoder, as_words, encode
from models.cells.recurrent import recurrent
from models.errors import one_of
from models.forest import Forest

SKIPS = ("residual", "dense", "none")


class Multilayer(Encoder):
    """Several layers of recurrent cells: the words of a layer are the outputs of the one below it.

    ::

        none:      x^(k+1) = h^(k)
        residual:  x^(k+1) = h^(k) + x^(k),                 from the second layer on
        dense:     x^(k+1) = [x^(1) ; h^(1) ; … ; h^(k)]

    With "residual" the output is that sum too; otherwise it is h of the last layer.

    Parameters
    ----------
    D : int
        Width of the state in each layer and direction.
    rng : numpy.random.Generator
    cell : str
        One of `models.cells.recurrent.RECURRENT`.
    dtype
        float32, or float64 for checks.
    E : int, optional
        Width of the words; D unless given.
    layers : int
        How many, at least 1.
    skip : "residual", "dense" or "none"
        Which connections bypass a layer.
    bidirectional : bool
        Whether every layer reads in both directions; then outputs are 2D wide.
    encoding : "none" or "max"
        As in `Bidirectional`.
    **options
        Of the cell.

    Notes
    -----
    ``layer1``, ``layer2``, … are cells, or instances of `Bidirectional`. Parts: ``m`` with encoding "max",
    and ``h``, both as wide as an output.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        cell: str = "LSTM",
        dtype: Any = np.float32,
        E: int | None = None,
        layers: int = 2,
        skip: str = "residual",
        bidirectional: bool = False,
        encoding: str = "none",
        **options: Any,
    ) -> None:
        if layers < 1:
            raise ValueError(f"a network has at least one layer, not {layers}")
        E = D if E is None else E
        self.settings = {
            "D": D, "cell": cell, "E": E, "layers": layers, "skip": skip, "bidirectional": bidirectional,
            "encoding": encoding, **options,
        }  # fmt: skip
        self.skip, self.encoding = one_of("skip", skip, SKIPS), one_of("encoding", encoding, ENCODINGS)
        kind = recurrent(cell)
        if bidirectional:
            kind = partial(Bidirectional, cell=cell, encoding="none")
        out = 2 * D if bidirectional else D
        self._names = [f"layer{k + 1}" for k in range(layers)]
        for k, name in enumerate(self._names):
            width = E + k * out if skip == "dense" else (out if k else E)
            layer = kind(D, rng, dtype=dtype, E=width, **options)
            setattr(self, name, layer)
        self.parts = encoded_parts(encoding, out)
        self.right_parts = (mg.Part("x", E),)

    def fold(self, forest: Forest, leaves: Any, mode: str = "level") -> mg.NodeStates:
        """Return the states of all nodes; arguments and errors are those of `minigrad.fold`."""
        for _, output in self.each_layer(forest, leaves, mode):
            h = output
        return encoded(self.encoding, forest, h, mode)

    def each_layer(
        self, forest: Forest, leaves: Any, mode: str = "level"
    ) -> Iterator[tuple[mg.NodeStates, mg.Tensor]]:
        """Yield the layers' own states and their outputs (n_nodes, width), from the lowest to the highest.

        An output is the state h, to which "residual" adds what the layer has read. Arguments and errors are
        those of `minigrad.fold`.
        """
        h, words = None, as_tensor(leaves)
        for name in self._names:
            states = encode(getattr(self, name), forest, words, mode)
            below, h = h, states["h"]
            over = as_words(forest, h)
            if self.skip == "residual" and below is not None:
                h, over = h + below, over + words
            words = mg.concat([words, over], axis=1) if self.skip == "dense" else over
            yield states, h
