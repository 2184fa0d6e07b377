"""A chain read from both ends."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from models.cells.encoder import Encoder, MaxOverTime, as_words, read_backwards
from models.cells.recurrent import recurrent
from models.chains import mirrored
from models.errors import one_of
from models.forest import Forest

ENCODINGS = ("max", "none")


def encoded(encoding: str, forest: Forest, h: mg.Tensor, mode: str) -> mg.NodeStates:
    """Return the outputs h (n_nodes, width) as states; with "max", their running maximum m before them."""
    states = {"h": h.retain_grad() if h.requires_grad else h}
    if encoding == "max":
        m = mg.fold(MaxOverTime(h.shape[1]), forest, as_words(forest, h), mode)
        states = {"m": m["m"], **states}
    return mg.NodeStates(states)


def encoded_parts(encoding: str, width: int) -> tuple[mg.Part, ...]:
    """Return the parts of what `encoded` returns."""
    names = ("h",) if encoding == "none" else ("m", "h")
    return tuple(mg.Part(name, width, leaf="zero") for name in names)


class Bidirectional(Encoder):
    """Two recurrent cells, one reading each sequence forwards and one backwards (Schuster & Paliwal 1997).

    The output at position t is h_t = [→h_t ; ←h_t], where →h_t has read the words 1 to t and ←h_t the words
    n down to t.

    Parameters
    ----------
    D : int
        Width of the state in each direction: outputs are 2D wide.
    rng : numpy.random.Generator
    cell : str
        One of `models.cells.recurrent.RECURRENT`.
    dtype
        float32, or float64 for checks.
    E : int, optional
        Width of the words; D unless given.
    encoding : "max" or "none"
        With "max", there is a first part ``m``, the elementwise maximum of the outputs up to each position;
        at the root, over the whole sentence. A classifier of sentences reads this part. With "none" it would
        read the output at the last word.
    **options
        Of the cell.

    Notes
    -----
    ``forward`` and ``backward`` are the two cells. Parts: ``m`` with encoding "max", and ``h``, both 2D wide.
    """

    def __init__(
        self,
        D: int,
        rng: np.random.Generator,
        cell: str = "LSTM",
        dtype: Any = np.float32,
        E: int | None = None,
        encoding: str = "max",
        **options: Any,
    ) -> None:
        kind, E = recurrent(cell), D if E is None else E
        self.settings = {"D": D, "cell": cell, "E": E, "encoding": encoding, **options}
        self.encoding = one_of("encoding", encoding, ENCODINGS)
        self.forward = kind(D, rng, dtype=dtype, E=E, **options)
        self.backward = kind(D, rng, dtype=dtype, E=E, **options)
        self.parts = encoded_parts(encoding, 2 * D)
        self.right_parts = (mg.Part("x", E),)

    def fold(self, forest: Forest, leaves: Any, mode: str = "level") -> mg.NodeStates:
        """Return the states of all nodes; arguments and errors are those of `minigrad.fold`."""
        ahead = mg.fold(self.forward, forest, leaves, mode)
        back = mg.fold(self.backward, forest, read_backwards(forest, leaves), mode)
        h = mg.concat([ahead["h"], mg.gather(back["h"], mirrored(forest))], axis=1)
        return encoded(self.encoding, forest, h, mode)
