"""Number units: cells whose clamping breaks agreement across an attractor (Lakretz et al. 2019).

The forward direction has to say the verb after the subject and what stands between, the backward one the
subject after the verb and what stands between. It is right if the words of the right number have more
probability than those of the other. A string has an attractor here if the noun between subject and verb that
was read last is of the other number than the subject.
"""

from __future__ import annotations

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
DIGITS = 3
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
    plural = at_states(source, grammar.subject_number)[states[strings.starts]] == 1
    mark, ends = grammar.is_verb, (BEGIN, END)
    if direction == "backward":
        mark, ends, strings = grammar.is_subject, (END, BEGIN), strings.reversed()
    said = np.flatnonzero(at_states(source, mark)[strings.states])
    forest = chains(strings, vocabulary, ends)
    ahead = 2 * np.arange(
        len(said)
    )  # of the ends of the strings before; the own one is made up for by the shift
    return Exam(forest, forest.inner[said + ahead], plural)  # the position before that of the word to say


def kinds(source: Automaton, strings: Strings, direction: str) -> npt.NDArray[np.intp]:
    """Return the number in `KINDS` of each string, (n,); −1 if no noun stands between subject and verb."""
    number = at_states(source, grammar.noun_number)[strings.states]
    between = at_states(source, grammar.is_between)[strings.states]
    subject = at_states(source, grammar.subject_number)[strings.states[strings.starts]]
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


def agrees(model: BiLM, exam: Exam, direction: str, mode: str) -> npt.NDArray[np.bool_]:
    """Return in which strings the words of the right number have more probability than the others, (n,)."""
    leaves = model.L.data[exam.forest.word[exam.forest.leaves]]
    with mg.no_grad():
        state = getattr(model.cell, direction).fold(exam.forest, leaves, mode)["h"]
        odds = mg.softmax(mg.gather(state, exam.rows) @ model.Ws.T + model.bs).data
    singular, plural = (
        odds[:, [model.vocabulary[word] for word in words]].sum(axis=1)
        for words in grammar.of_number(SAID[direction])
    )
    found: npt.NDArray[np.bool_] = (plural > singular) == exam.plural
    return found


def means(model: BiLM, strings: Strings, mode: str) -> Means:
    """Return the mean state of every layer over all positions of strings."""
    forest = chains(strings, model.vocabulary)
    layers = model.cell.layer_states(forest, model.L.data[forest.word[forest.leaves]], mode)
    return {
        name: [{part: state.mean(axis=0) for part, state in layer.items()} for layer in own]
        for name, own in layers.items()
    }


class ClampedLayer:
    """A layer of a direction while one of its units is clamped; as it was, after a ``with`` block."""

    def __init__(self, model: BiLM, direction: str, layer: int, of: Means) -> None:
        self._stack, self._name = getattr(model.cell, direction), f"layer{layer + 1}"
        self._own = getattr(self._stack, self._name)
        self._clamped = Clamped(self._own, of[direction][layer])

    def __enter__(self) -> Clamped:
        setattr(self._stack, self._name, self._clamped)
        return self._clamped

    def __exit__(self, *_: object) -> None:
        setattr(self._stack, self._name, self._own)


def number_units(settings: Settings, model: BiLM, source: Automaton, strings: Strings) -> dict[str, Any]:
    """Return by direction what its units are worth to agreement across an attractor.

    By direction: "agreement", on the second half and by kind, with no unit clamped; "searched", by layer what
    agreement loses across an attractor in the first half when each of its units is clamped; "units", those
    that lose most there, and the one whose loss is the median, with what they lose in the second half, by
    kind; "asked", of how many strings of each kind.
    """
    mode = settings.mode
    of = means(model, strings, mode)
    found = {}
    for direction in DIRECTIONS:
        search, judged = halves(source, strings, model.vocabulary, direction, settings.units)
        whole = agrees(model, search["attractor"], direction, mode).mean()
        lost = np.zeros((settings.layers, settings.D))
        for layer in range(settings.layers):
            with ClampedLayer(model, direction, layer, of) as clamped:
                for unit in range(settings.D):
                    clamped.clamp(unit)
                    lost[layer, unit] = whole - agrees(model, search["attractor"], direction, mode).mean()
        order = np.argsort(-lost, axis=None, kind="stable")
        before = {kind: float(agrees(model, judged[kind], direction, mode).mean()) for kind in KINDS}
        told = []
        for place in (*order[:TOLD], order[len(order) // 2]):
            layer, unit = divmod(int(place), settings.D)
            with ClampedLayer(model, direction, layer, of) as clamped:
                clamped.clamp(unit)
                after = {kind: float(agrees(model, judged[kind], direction, mode).mean()) for kind in KINDS}
            told.append(
                {
                    "layer": layer + 1,
                    "unit": unit,
                    "searched": float(lost[layer, unit]),
                    "judged": {kind: before[kind] - after[kind] for kind in KINDS},
                }
            )
        found[direction] = {
            "agreement": before,
            "searched": lost.round(4).tolist(),
            "units": told[:-1],
            "typical": told[-1],
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
    number = at_states(source, grammar.subject_number)[own.states]
    inside = [at_states(source, of)[own.states] for of in (grammar.is_between, grammar.is_subject)]
    ends = own.starts + own.lengths - 1
    words = [source.words[word] for word in own.words]
    for end in ends:
        words[end] += "."  # so that one sees where the next one begins
    return {
        "words": words,
        "values": [round(float(value), DIGITS) for value in memory],
        "truth": np.where(np.any(inside, axis=0), 1 + number, 0).tolist(),
    }


def at_states(source: Automaton, of: Any) -> npt.NDArray[Any]:
    """Return what a function of a state's path returns, for each state, (S,)."""
    return np.array([of(path) for path in source.paths])
