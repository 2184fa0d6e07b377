"""All probes of a run: every task from every layer and direction, and from the mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.studies.layers import probes
from experiments.studies.layers.automaton import Automaton, Strings
from experiments.studies.layers.bilm import AT_ONCE, DIRECTIONS, BiLM, chains, is_word
from experiments.studies.layers.settings import Settings
from experiments.studies.layers.tasks import TASKS, Task
from experiments.training.evaluation import majority_accuracy

BOTH = "both"
SIDES = (*DIRECTIONS, BOTH)
Layers = dict[str, list[probes.Features]]  # by direction


def features(model: BiLM, strings: Strings, mode: str) -> Layers:
    """Return by direction the layers at all words of strings, (N, D) each: the word's vector, h¹, h², …"""
    found: dict[str, list[list[probes.Features]]] = {name: [] for name in DIRECTIONS}
    forest = chains(strings, model.vocabulary)
    for first in range(0, len(forest), AT_ONCE):
        part = forest.select(slice(first, first + AT_ONCE))
        inner, vectors = part.inner, model.L.data[part.word[part.leaves]]
        word = model.L.data[part.word[part.right[inner]]]
        kept = is_word(part)
        for name, layers in model.cell.layer_states(part, vectors, mode).items():
            found[name].append([word[kept], *(states["h"][kept] for states in layers)])
    return {
        name: [np.concatenate(of) for of in zip(*parts, strict=True)] for name, parts in found.items()
    }  # fmt: skip


def of_side(layers: Layers, side: str) -> list[probes.Features]:
    """Return the layers of one direction, or of both, [→h ; ←h]; a word's vector is twice in these."""
    if side != BOTH:
        return layers[side]
    return [np.concatenate(pair, axis=1) for pair in zip(*(layers[name] for name in DIRECTIONS), strict=True)]


def places(
    source: Automaton, strings: Strings, task: Task, most: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Return words of which a task is asked, ascending: all, or as many as `most`, drawn at random."""
    asked = np.flatnonzero(task.asked(source, strings))
    return asked if len(asked) <= most else np.sort(rng.choice(asked, most, replace=False))


def read(settings: Settings, model: BiLM, source: Automaton, train: Strings, test: Strings) -> dict[str, Any]:
    """Return by task the accuracy of every probe on test, and what it is compared with.

    By task: "layers", by direction (or both) and layer, from 0, the word's vector; "mix" and its "weights",
    over all layers of both; "chance", that of always the most frequent answer; "asked", of how many words.
    """
    rng = np.random.default_rng(settings.seeds["probes"])
    how = probes.Training(settings.probe_steps, settings.probe_batch, settings.probe_lr)
    known = [features(model, strings, settings.mode) for strings in (train, test)]
    sides = {side: [of_side(layers, side) for layers in known] for side in SIDES}
    found: dict[str, Any] = {}
    for name, task in TASKS.items():
        answers = task.answers(source)
        at = [places(source, strings, task, settings.places, rng) for strings in (train, test)]
        wanted = [answers[strings.states[own]] for strings, own in zip((train, test), at, strict=True)]
        classes = int(answers.max()) + 1
        own: dict[str, list[float]] = {}
        for side, (for_train, for_test) in sides.items():
            layers = [
                probes.standardised(one[at[0]], other[at[1]])
                for one, other in zip(for_train, for_test, strict=True)
            ]
            own[side] = []
            for pair in layers:
                probe = probes.trained([pair[0]], wanted[0], classes, how, rng)
                own[side].append(probes.accuracy(probe, [pair[1]], wanted[1]))
        mix = probes.trained([one for one, _ in layers], wanted[0], classes, how, rng)  # of both directions
        found[name] = {
            "layers": own,
            "mix": probes.accuracy(mix, [other for _, other in layers], wanted[1]),
            "weights": mix.weights(),
            "chance": majority_accuracy(*wanted),
            "asked": len(at[1]),
        }
    return found


def best_layer(found: Mapping[str, Any]) -> float:
    """Return the accuracy of the best single layer of a task, of either direction or both."""
    return max(max(of) for of in found["layers"].values())
