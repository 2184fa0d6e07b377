"""What a run does: a bidirectional language model learns the grammar, then one looks into it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.exam import Exam
from experiments.studies.fit import train
from experiments.studies.layers import grammar
from experiments.studies.layers.automaton import Automaton, Strings
from experiments.studies.layers.bilm import (
    DIRECTIONS,
    BiLM,
    TwoStacks,
    chains,
    losses,
    per_string,
    seen,
    unseen,
    vocabulary,
)
from experiments.studies.layers.reading import read
from experiments.studies.layers.settings import Settings
from experiments.studies.layers.tasks import allowed
from experiments.studies.layers.units import number_units
from experiments.sweep import Recorder
from experiments.training.fingerprint import data_hash
from experiments.training.recorded import record_result
from experiments.training.watcher import best_epoch
from minigrad.nn import initialise

LOOKED = 5  # strings of test in which it is looked what a loss sees


@dataclass(frozen=True)
class Data:
    """The grammar and the strings of a run.

    Attributes
    ----------
    source : Automaton
    words : Vocabulary
    parts : mapping of str to Strings
    """

    source: Automaton
    words: models.Vocabulary
    parts: Mapping[str, Strings]

    @cached_property
    def reversed(self) -> Automaton:
        """The source that says the same strings from their ends."""
        return self.source.reversed()

    def bits(self, part: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return by direction what every word of a part costs the source, in the order of `bilm.losses`."""
        strings = self.parts[part]
        back = self.reversed.conditionals(strings.reversed())[0]
        turned = Strings(np.arange(len(back)), np.arange(len(back)), strings.lengths + 1).reversed()
        return {"forward": self.source.conditionals(strings)[0], "backward": back[turned.words]}


def perform(settings: Settings, recorder: Recorder) -> None:
    """Train a language model, measure its best epoch and look into it, or go on from its checkpoint."""
    of, mode = data(settings), settings.mode
    model = new_model(settings, of)
    before = read(settings, model, of.source, of.parts["probe"], of.parts["test"])
    forests = {name: chains(of.parts[name], of.words) for name in ("train", "dev", "test")}
    expected = {part: of.bits(part) for part in ("dev", "test")}

    def examine(_: models.TreeClassifier) -> dict[str, float]:
        own, count, words = losses(model, forests["dev"], mode), settings.sizes["dev"], settings.length + 1
        found = {name: float((own[name] - expected["dev"][name]).sum() / count) for name in DIRECTIONS}
        return {**found, "dev_loss": math.log(2) * (settings.entropy + sum(found.values()) / 2) / words}

    exam = Exam(examine)
    epochs = train(
        recorder,
        settings,
        model,
        forests["train"],
        forests["dev"],
        epochs=settings.max_epochs,
        clip=settings.clip,
        score=exam,
        measure=lambda _: {"above": {name: exam.found[name] for name in DIRECTIONS}},
    )
    result: dict[str, Any] = {
        "best_epoch": best_epoch(epochs).number,
        "epochs": len(epochs),
        "loss": compared(losses(model, forests["test"], mode), expected["test"], of),
        "seen": looked(model, forests["test"], mode),
        "allowed": allowed(of.source, of.parts["test"]),
        "probes": {
            "before": before,
            "after": read(settings, model, of.source, of.parts["probe"], of.parts["test"]),
        },
        "units": number_units(settings, model, of.source, of.parts["units"]),
        "data_hash": data_hash(*forests.values()),
    }
    record_result(recorder, model, result)


def data(settings: Settings) -> Data:
    """Return the grammar and all strings of a run, each part drawn by a generator of its own."""
    source = grammar.source()
    parts = {
        name: source.draw(np.random.default_rng([*settings.seeds["data"], number]), size)
        for number, (name, size) in enumerate(settings.sizes.items())
    }
    return Data(source, vocabulary(source.words), parts)


def new_model(settings: Settings, of: Data) -> BiLM:
    """Return the model before training, which the settings determine."""
    rng = np.random.default_rng(settings.seeds["model"])
    model = BiLM(TwoStacks(settings.D, rng, settings.layers, settings.cell), of.words, rng)
    initialise(model, {"L": ("uniform", {"bound": settings.word_bound})}, rng)
    return model


def compared(
    own: Mapping[str, npt.NDArray[np.float64]], source: Mapping[str, npt.NDArray[np.float64]], of: Data
) -> dict[str, Any]:
    """Return by direction the bits of the model per string of test, and how much above the source they are.

    By direction: "bits" and "source", means over the strings; "above", the mean of their difference, with its
    standard error "error"; "by_class", what the words of each class contribute to "above", and the end.
    """
    strings = of.parts["test"]
    count = len(strings.lengths)
    classes = of.source.at_states(grammar.word_class)[strings.states]
    found: dict[str, Any] = {}
    for name in DIRECTIONS:
        at = strings.starts + strings.lengths if name == "forward" else strings.starts
        kind = np.insert(classes, at, len(grammar.CLASS_NAMES))  # an end costs something as well
        difference = per_string(own[name] - source[name], strings.lengths)
        by_class = np.bincount(kind, own[name] - source[name]) / count
        found[name] = {
            "bits": float(own[name].sum() / count),
            "source": float(source[name].sum() / count),
            "above": float(difference.mean()),
            "error": float(difference.std(ddof=1) / math.sqrt(count)),
            "by_class": dict(zip((*grammar.CLASS_NAMES, "end"), by_class.tolist(), strict=True)),
        }
    return found


def looked(model: BiLM, forest: models.Forest, mode: str) -> dict[str, Any]:
    """Return by direction the largest gradient of a loss by a word that it must not see, and by one it may.

    "unseen" has to be exactly 0, in "pairs" of a loss and a word; "least" is the smallest of all others.
    """
    found = {}
    for name in DIRECTIONS:
        hidden, others = [], []
        for k in range(min(LOOKED, len(forest))):
            norms = seen(model, forest.select([k]), name, mode)
            hidden.append(unseen(norms, name))
            others.append(unseen(norms, other(name)))
        found[name] = {
            "unseen": float(max(norms.max() for norms in hidden)),
            "pairs": sum(len(norms) for norms in hidden),
            "least": float(min(norms.min() for norms in others)),
        }
    return found


def other(direction: str) -> str:
    """Return the other direction: what it may not see is what this one may."""
    return DIRECTIONS[1 - DIRECTIONS.index(direction)]
