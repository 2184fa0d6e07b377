"""The table of measurements, and how they are run: each in a fresh process with one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tqdm import tqdm

from experiments.bench import machine, steps
from experiments.bench.process import call
from experiments.bench.race import Document
from experiments.bench.startup import startup


class Section(NamedTuple):
    """A measurement: the function that makes it, and what its entries tell, by JSON key."""

    measure: Callable[[bool], Document]
    tells: Mapping[str, str]


SECTIONS = (
    Section(steps.systems, {"rows": "Whole training steps, by system"}),
    Section(steps.sizes, {"sizes": "Other widths and minibatches"}),
    Section(steps.threads, {"threads": "Large minibatches by one thread and by two"}),
    Section(steps.prediction, {"prediction": "Predicting the classes of one tree, and of ten"}),
    Section(steps.breakdown, {"breakdown": "What the time of a compiled step goes to, part by part"}),
    Section(steps.cells, {"cells": "Every cell for trees, compiled, over the RLSTM"}),
    Section(steps.along_rows, {"along_rows": "Layer norm, attention, a tensor: compiled, and by level"}),
    Section(steps.chains, {"chains": "An LSTM over chains of 100 words"}),
    Section(steps.dependencies, {"dependencies": "Dependency trees, and binary ones of as many words"}),
    Section(steps.sentiment, {"sentiment": "A class at every node, and dropout, as `sentiment` trains"}),
    Section(steps.growth, {"growth": "Single trees, ever larger"}),
    Section(startup, {
        "memory": "A process that trains an RLSTM on 1–100 leaves: seconds, and megabytes before and at most",
        "import": "Importing",
        "compile": "A process's first RLSTM steps in mode level",
        "first_use": "A process's first RLSTM steps in mode compiled",
    }),
)  # fmt: skip
PASSES = (Section(steps.passes, {"passes": "Compiled steps with a pass of the compiler left out"}),)


def measure(sections: Sequence[Section], quick: bool) -> dict[str, Any]:
    """Return the JSON document: "machine", and lists of entries."""
    before = machine.load_average()
    document: dict[str, Any] = {"machine": call(machine.describe)}
    with tqdm(sections, unit="section", disable=None) as bar:
        for section in bar:
            bar.set_description(" and ".join(section.tells))
            for key, entries in call(section.measure, quick).items():
                document.setdefault(key, []).extend(entries)
    after = machine.load_average()
    quiet = machine.was_quiet(before, after)
    document["machine"] |= {"load_before": before, "load_after": after, "quiet": quiet}
    return document
