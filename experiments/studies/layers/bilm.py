"""A bidirectional language model (Peters et al. 2018, 3.1): two one-way stacks share words and softmax.

One stack reads a string from its beginning and predicts the next word, the other from its end and predicts
the word before; neither sees what the other reads. (A second layer over both directions, as in
``Multilayer(bidirectional=True)``, would have read the words that it is to predict.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg
import models
from experiments.studies.exam import cross_entropies
from experiments.studies.layers.automaton import Strings
from models.cells.encoder import Encoder, read_backwards
from models.chains import mirrored

BEGIN, END = "<s>", "</s>"
DIRECTIONS = ("forward", "backward")
AT_ONCE = 500  # strings


class TwoStacks(Encoder):
    """Several recurrent layers in each direction, of which neither reads the other.

    Parameters
    ----------
    D : int
        Width of words, and of the state in each layer and direction.
    rng : numpy.random.Generator
    layers : int
    cell : str
        As `models.Multilayer` takes it.
    dtype
        float32, or float64 for checks.

    Notes
    -----
    ``forward`` and ``backward`` are stacks without connections around their layers. Parts: ``forward`` and
    ``backward``, (nodes, D): at position t the top layer's state after reading the words 1 to t, and n down
    to t.
    """

    def __init__(
        self, D: int, rng: np.random.Generator, layers: int = 2, cell: str = "LSTM", dtype: Any = np.float32
    ) -> None:
        self.settings = {"D": D, "layers": layers, "cell": cell}
        self.forward, self.backward = (
            models.Multilayer(D, rng, cell=cell, dtype=dtype, layers=layers, skip="none") for _ in DIRECTIONS
        )
        self.parts = tuple(mg.Part(name, D, leaf="zero") for name in DIRECTIONS)
        self.right_parts = (mg.Part("x", D),)

    def fold(self, forest: models.Forest, leaves: Any, mode: str = "level") -> mg.NodeStates:
        """Return the states of all nodes; arguments and errors are those of `minigrad.fold`."""
        ahead = self.forward.fold(forest, leaves, mode)["h"]
        back = self.backward.fold(forest, read_backwards(forest, leaves), mode)["h"]
        states = {"forward": ahead, "backward": mg.gather(back, mirrored(forest))}
        return mg.NodeStates(
            {name: state.retain_grad() if state.requires_grad else state for name, state in states.items()}
        )

    def layer_states(
        self, forest: models.Forest, leaves: Any, mode: str = "level"
    ) -> dict[str, list[dict[str, npt.NDArray[np.floating]]]]:
        """Return by direction and layer the states at all positions, by part: (positions, D) each.

        Both directions are in the order of the words.
        """
        to_place, inner = mirrored(forest), forest.inner
        read = {"forward": leaves, "backward": read_backwards(forest, leaves)}
        found = {}
        for name, rows in (("forward", inner), ("backward", to_place[inner])):
            stack = getattr(self, name)
            with mg.no_grad():
                found[name] = [
                    {part: state.data[rows] for part, state in states.items()}
                    for states, _ in stack.each_layer(forest, read[name], mode)
                ]
        return found


class BiLM(models.TreeClassifier):
    """A bidirectional language model: `TwoStacks` over words (L), and one softmax (Ws, bs) over both.

    As a classifier it predicts the next word: a forest's labels are these, as `chains` makes it, and a call
    returns the scores of the forward direction. The loss is that of both directions.
    """

    def __init__(self, cell: TwoStacks, vocabulary: models.Vocabulary, rng: np.random.Generator) -> None:
        super().__init__(cell, vocabulary, len(vocabulary), rng, head="labelled")

    def asked(self, forest: models.Forest) -> dict[str, tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """Return by direction the rows that predict a word, and the words, in the order of the words."""
        rows = self.rows(forest)
        return {
            "forward": (rows, self.labels(forest)),
            "backward": (rows + 2, forest.word[forest.right[rows]]),  # the next position predicts this one
        }

    def loss(self, forest: Any, mode: str = "compiled") -> tuple[mg.Tensor, mg.NodeStates]:
        """Return the cross-entropy of both directions together, averaged over the strings, and all states."""
        states = self._states(forest, mode)
        ahead, back = (
            mg.linear_cross_entropy(
                states[name], self.Ws, self.bs, words, rows, divisor=len(forest)
            )
            for name, (rows, words) in self.asked(forest).items()
        )  # fmt: skip
        return ahead + back, states

    def scores(self, forest: models.Forest, mode: str = "compiled") -> dict[str, npt.NDArray[np.floating]]:
        """Return by direction the scores of all words at the rows of `asked`, (n, words)."""
        with mg.no_grad():
            states = self._states(forest, mode)
            return {
                name: (mg.gather(states[name], rows) @ self.Ws.T + self.bs).data
                for name, (rows, _) in self.asked(forest).items()
            }


def chains(
    strings: Strings, vocabulary: models.Vocabulary, ends: tuple[str, str] = (BEGIN, END)
) -> models.Forest:
    """Return strings between two words, a chain each, with the next word as each position's label."""
    at = np.stack([strings.starts, strings.starts + strings.lengths], axis=1)
    words = np.insert(strings.words, at.ravel(), np.tile([vocabulary[word] for word in ends], len(at)))
    lengths = strings.lengths + 2
    following = np.append(words[1:], -1)
    following[np.cumsum(lengths) - 1] = -1
    return models.chain_forest(words, lengths, vocabulary, labels=following)


def is_word(forest: models.Forest) -> npt.NDArray[np.bool_]:
    """Return which positions of `chains` are words, neither their strings' beginning nor their end."""
    place = np.arange(len(forest.inner))
    last = np.cumsum(np.bincount(forest.tree[forest.inner])) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    return ~np.isin(place, np.concatenate([first, last]))


def losses(model: BiLM, forest: models.Forest, mode: str = "compiled") -> dict[str, npt.NDArray[np.float64]]:
    """Return by direction the bits of every word that is predicted.

    A string of n words has n + 1: the forward ones are those of its words and then of its end, the backward
    ones those of its beginning and then of its words.
    """
    found: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in DIRECTIONS}
    for first in range(0, len(forest), AT_ONCE):
        part = forest.select(slice(first, first + AT_ONCE))
        scores = model.scores(part, mode)
        for name, (_, words) in model.asked(part).items():
            found[name].append(cross_entropies(scores[name], words) / np.log(2))
    return {name: np.concatenate(of) for name, of in found.items()}


def per_string(bits: npt.NDArray[np.float64], lengths: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the bits of each string, (n,), from those of its words and one end, (N + n,)."""
    return np.bincount(np.repeat(np.arange(len(lengths)), lengths + 1), bits).astype(np.float64)


def seen(model: BiLM, forest: models.Forest, direction: str, mode: str = "level") -> npt.NDArray[np.float64]:
    """Return ‖∂(loss of one word) / ∂(vector of another)‖ in a chain, by the engine, (n + 1, n + 2).

    Parameters
    ----------
    model : BiLM
    forest : Forest
        One chain of n words between `BEGIN` and `END`.
    direction : str
        Row i is the loss of what that direction predicts at the i-th place of `BiLM.asked`: forward, the word
        behind place i; backward, the word at place i. Column j is the word at place j that is read.
    mode : str
    """
    if len(forest) != 1:
        raise ValueError(f"gradients are looked at in one string, not in {len(forest)}")
    rows, words = model.asked(forest)[direction]
    norms = []
    for row, word in zip(rows, words, strict=True):
        leaves = mg.tensor(model.L.data[forest.word[forest.leaves]], requires_grad=True)
        states = models.encode(model.cell, forest, leaves, mode)
        mg.linear_cross_entropy(states[direction], model.Ws, model.bs, [word], [row]).backward()
        norms.append(np.linalg.norm(np.asarray(leaves.grad)[1:], axis=1))  # the first leaf is not read
    model.zero_grad()
    return np.array(norms, np.float64)


def unseen(norms: npt.NDArray[np.float64], direction: str) -> npt.NDArray[np.float64]:
    """Return those of `seen` that have to be 0: of words that the direction has yet to predict."""
    row, column = np.indices(norms.shape)
    return norms[column > row if direction == "forward" else column <= row]


def vocabulary(words: Sequence[str]) -> models.Vocabulary:
    """Return the words of a grammar, and where strings begin and end."""
    return models.Vocabulary([*words, BEGIN, END])
