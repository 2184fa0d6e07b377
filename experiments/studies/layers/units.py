"""Number units: cells whose clamping breaks agreement across an attractor (Lakretz et al. 2019).

The forward direction has to say the verb after the subject and what stands between, the backward one the
subject after the verb and what stands between. It is right if all words of the right number together are more
probable than those of the other. A string has an attractor here if the noun between subject and verb that
was read last is of the other number than the subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg
import models
from experiments.studies.clamped import Clamped
from experiments.studies.layers import grammar
from experiments.studies.layers.automaton import Automaton, Strings
from experiments.studies.layers.bilm import BEGIN, DIRECTIONS, END, BiLM, chains, is_word
from experiments.studies.layers.settings import Settings

KINDS = ("attractor", "same number")
SAID = {"forward": "verb", "backward": "noun"}  # what has to agree
TOLD = 5  # units of each direction that are judged
DROP = 0.1  # of agreement: Lakretz et al. look at units that are worth as much
DIGITS = 4
DRAWN = 5  # sets of units at random, of each size
PICTURED = 6  # strings, in the picture of a unit
Means = dict[str, list[dict[str, npt.NDArray[np.floating]]]]  # by direction, layer and part of the state


@dataclass(frozen=True)
class Exam:
    """Strings in which a direction has to say a word of a number.

    Attributes
    ----------
    forest : Forest
        Chains as the direction reads them: from the ends of the strings, backward.
    rows : (n,) array of int
        The rows whose states say the word, one in each string.
    plural : (n,) array of bool
        The number.
    """

    forest: models.Forest
    rows: npt.NDArray[np.intp]
    plural: npt.NDArray[np.bool_]


def exam(source: Automaton, strings: Strings, vocabulary: models.Vocabulary, direction: str) -> Exam:
    """Return what a direction has to say in strings: the verb, or backward the subject."""
    states = strings.states
    plural = source.at_states(grammar.subject_number)[states[strings.starts]] == 1
    mark, ends = grammar.is_verb, (BEGIN, END)
    if direction == "backward":
        mark, ends, strings = grammar.is_subject, (END, BEGIN), strings.reversed()
    said = np.flatnonzero(source.at_states(mark)[strings.states])
    forest = chains(strings, vocabulary, ends)
    ahead = 2 * np.arange(
        len(said)
    )  # of the ends of the strings before; the own one is made up for by the shift
    return Exam(forest, forest.inner[said + ahead], plural)  # the position before that of the word to say


def kinds(source: Automaton, strings: Strings, direction: str) -> npt.NDArray[np.intp]:
    """Return the number in `KINDS` of each string, (n,); −1 if no noun stands between subject and verb."""
    number = source.at_states(grammar.noun_number)[strings.states]
    between = source.at_states(grammar.is_between)[strings.states]
    subject = source.at_states(grammar.subject_number)[strings.states[strings.starts]]
    nouns = np.flatnonzero(between & (number >= 0))
    last = np.full(len(strings.lengths), -1)
    for noun in nouns if direction == "forward" else nouns[::-1]:
        last[strings.string[noun]] = noun
    return np.where(last < 0, -1, (number[last] == subject).astype(np.intp))


def halves(
    source: Automaton, strings: Strings, vocabulary: models.Vocabulary, direction: str, most: int
) -> tuple[dict[str, Exam], dict[str, Exam]]:
    """Return the exams of both halves by kind, each of at most so many strings, which no other exam has.

    Raises
    ------
    ValueError
        If there are fewer than two strings of a kind.
    """
    kind = kinds(source, strings, direction)
    found: tuple[dict[str, Exam], dict[str, Exam]] = {}, {}
    for number, name in enumerate(KINDS):
        of_kind = np.flatnonzero(kind == number)[: 2 * most]
        if len(of_kind) < 2:
            raise ValueError(
                f"{len(of_kind)} of {len(kind)} strings are of the kind {name!r}; draw more of them"
            )
        for half, own in zip(found, (of_kind[::2], of_kind[1::2]), strict=True):
            half[name] = exam(
                source, strings.select(np.isin(np.arange(len(kind)), own)), vocabulary, direction
            )
    return found


def margins(model: BiLM, exam: Exam, direction: str, mode: str) -> npt.NDArray[np.float64]:
    """Return the bits by which all words of the right number together beat those of the other, (n,)."""
    leaves = model.L.data[exam.forest.word[exam.forest.leaves]]
    with mg.no_grad():
        state = getattr(model.cell, direction).fold(exam.forest, leaves, mode)["h"]
        scores = (mg.gather(state, exam.rows) @ model.Ws.T + model.bs).data.astype(np.float64)
    singular, plural = (
        np.logaddexp.reduce(scores[:, [model.vocabulary[word] for word in words]], axis=1)
        for words in grammar.of_number(SAID[direction])
    )
    found: npt.NDArray[np.float64] = np.where(exam.plural, plural - singular, singular - plural) / np.log(2)
    return found


def agreement(model: BiLM, exam: Exam, direction: str, mode: str) -> float:
    """Return in how many strings, as a share, the words of the right number are more probable."""
    return float(np.mean(margins(model, exam, direction, mode) > 0))


def means(model: BiLM, strings: Strings, mode: str) -> Means:
    """Return the mean state of every layer over all positions of strings."""
    forest = chains(strings, model.vocabulary)
    layers = model.cell.layer_states(forest, model.L.data[forest.word[forest.leaves]], mode)
    return {
        name: [{part: state.mean(axis=0) for part, state in layer.items()} for layer in own]
        for name, own in layers.items()
    }


class ClampedUnits:
    """A direction of a model while some of its units are clamped; as it was, after a ``with`` block.

    Units are numbered through the layers: number u is unit u % D of layer u // D, counted from 0.
    """

    def __init__(self, model: BiLM, direction: str, of: Means) -> None:
        self._stack: Any = getattr(model.cell, direction)
        self._names = [f"layer{k + 1}" for k in range(len(of[direction]))]
        self._own = [getattr(self._stack, name) for name in self._names]
        self._clamped = [Clamped(cell, mean) for cell, mean in zip(self._own, of[direction], strict=True)]

    def __enter__(self) -> ClampedUnits:
        self._put(self._clamped)
        return self

    def __exit__(self, *_: object) -> None:
        self._put(self._own)

    def clamp(self, units: npt.ArrayLike) -> None:
        """Clamp these units and no others."""
        D = self._clamped[0].parts[0].width
        for k, cell in enumerate(self._clamped):
            cell.clamp([int(unit) % D for unit in np.atleast_1d(units) if int(unit) // D == k])

    def _put(self, cells: Sequence[Any]) -> None:
        for name, cell in zip(self._names, cells, strict=True):
            setattr(self._stack, name, cell)


def number_units(settings: Settings, model: BiLM, source: Automaton, strings: Strings) -> dict[str, Any]:
    """Return by direction what its units are worth to agreement across an attractor.

    Units are ordered by the margin, in bits, that is lost across an attractor in the first half of the
    strings when each is clamped alone; everything else is measured in the second half.

    By direction: "agreement", by kind, with no unit clamped; "searched", by layer and unit the agreement lost
    in the first half; "units", the first of the order, and "typical", the one in its middle, with the
    agreement that each costs, by kind; "together", agreement across an attractor with the first so many
    clamped at once, and with as many at random; "asked", of how many strings of each kind.
    """
    mode, count = settings.mode, settings.layers * settings.D
    of = means(model, strings, mode)
    rng = np.random.default_rng([*settings.seeds["probes"], 1])
    found: dict[str, Any] = {}
    for direction in DIRECTIONS:
        search, judged = halves(source, strings, model.vocabulary, direction, settings.units)
        whole = margins(model, search["attractor"], direction, mode)
        before = {kind: agreement(model, judged[kind], direction, mode) for kind in KINDS}
        lost, margin = np.zeros(count), np.zeros(count)
        with ClampedUnits(model, direction, of) as clamped:
            for unit in range(count):
                clamped.clamp(unit)
                without = margins(model, search["attractor"], direction, mode)
                lost[unit], margin[unit] = (whole > 0).mean() - (without > 0).mean(), (whole - without).mean()
            order = np.argsort(-margin, kind="stable")
            told = []
            for unit in (*order[:TOLD], order[count // 2]):
                clamped.clamp(unit)
                after = {kind: agreement(model, judged[kind], direction, mode) for kind in KINDS}
                told.append(
                    {
                        "layer": int(unit) // settings.D + 1,
                        "unit": int(unit) % settings.D,
                        "margin": float(margin[unit]),
                        "searched": float(lost[unit]),
                        "judged": {kind: before[kind] - after[kind] for kind in KINDS},
                    }
                )
            sizes = [2**k for k in range(count.bit_length()) if 2**k <= count]
            together: dict[str, list[float]] = {"units": sizes, "best": [], "random": []}
            for size in sizes:
                clamped.clamp(order[:size])
                together["best"].append(agreement(model, judged["attractor"], direction, mode))
                others = []
                for _ in range(DRAWN):
                    clamped.clamp(rng.permutation(count)[:size])
                    others.append(agreement(model, judged["attractor"], direction, mode))
                together["random"].append(float(np.mean(others)))
        found[direction] = {
            "agreement": before,
            "searched": lost.reshape(settings.layers, settings.D).round(DIGITS).tolist(),
            "units": told[:-1],
            "typical": told[-1],
            "together": together,
            "asked": {kind: len(judged[kind].plural) for kind in KINDS},
        }
        if settings.run == 1:
            found[direction]["picture"] = picture(model, source, strings, direction, told[0], mode)
    return found


def picture(
    model: BiLM, source: Automaton, strings: Strings, direction: str, unit: dict[str, Any], mode: str
) -> dict[str, Any]:
    """Return the memory of a unit in some strings with an attractor, word by word, and the subject's number.

    "truth" is from the subject up to the verb 2 if it is plural and 1 if it is singular, elsewhere 0.
    """
    chosen = np.flatnonzero(kinds(source, strings, direction) == KINDS.index("attractor"))[:PICTURED]
    own = strings.select(np.isin(np.arange(len(strings.lengths)), chosen))
    forest = chains(own, model.vocabulary)
    layers = model.cell.layer_states(forest, model.L.data[forest.word[forest.leaves]], mode)
    memory = list(layers[direction][unit["layer"] - 1].values())[-1][is_word(forest), unit["unit"]]
    number = source.at_states(grammar.subject_number)[own.states]
    inside = [source.at_states(of)[own.states] for of in (grammar.is_between, grammar.is_subject)]
    ends = own.starts + own.lengths - 1
    words = [source.words[word] for word in own.words]
    for end in ends:
        words[end] += "."  # so that one sees where the next one begins
    return {
        "words": words,
        "values": [round(float(value), DIGITS) for value in memory],
        "truth": np.where(np.any(inside, axis=0), 1 + number, 0).tolist(),
    }
