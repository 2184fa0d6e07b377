"""Parity: does a cell that reads bits learn whether it has read an odd number of ones?"""

from dataclasses import dataclass, replace

import numpy as np

import models
from experiments.studies.fit import CellSettings, classifier, streams, train
from experiments.studies.runs import Runs, by, lines, median_table
from experiments.studies.study import Figures, Kinds, Study
from experiments.sweep import Recorder
from experiments.training.evaluation import accuracy
from experiments.training.recorded import record_result
from viz import LinePanel, line_panels


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """What determines the rows of a run, beside its cell, its seeds and the optimiser."""

    length: int
    sequences: int = 5_000


def grid(scale: str, seed: int, run: int, cells: tuple[str, ...]) -> Kinds:
    """Yield name, settings and tree nodes per epoch of every kind of run."""
    for length in (2, 4, 8):
        seeds = streams(seed, 501, length, run)
        for cell in cells:
            settings = Settings(cell=cell, length=length, D=16, run=run, seed=seed, seeds=seeds)
            if scale == "smoke":
                settings = replace(settings, sequences=200, max_epochs=3, mode="level")
            yield f"{length}/{cell}", settings, settings.sequences * (2 * length + 1)


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run: draw the data, make a model, train it, test it."""
    words, rng = models.Vocabulary(["0", "1", "start"]), np.random.default_rng(settings.seeds["data"])
    sets = []
    for bits in rng.integers(2, size=(3, settings.sequences, settings.length)):  # train, dev and test
        lengths, odd = np.full(len(bits), settings.length), bits.cumsum(axis=1) % 2
        sets.append(models.chain_forest(bits.ravel(), lengths, words, labels=odd.ravel()))
    model = classifier(settings, words, classes=2, head="labelled")
    train(recorder, settings, model, *sets[:2], epochs=settings.max_epochs)
    record_result(recorder, model, {"accuracy": accuracy(model, sets[2], mode=settings.mode)})


def figures(runs: Runs) -> Figures:
    """Return the figures by the names of their files."""
    drawn = lines(by(runs, "cell"), "length", "accuracy")
    return {"accuracy": line_panels([LinePanel("odd or even", drawn, "bits", "accuracy on test")])}


def summary(runs: Runs) -> str:
    """Return the summary in Markdown."""
    return "Accuracy on test, by bits:\n\n" + median_table(runs, "cell", "length", "accuracy", "{:.2f}")


STUDY = Study("parity", grid, perform, figures, summary, cells=("Elman", "LSTM"))
add_arguments, run = STUDY.add_arguments, STUDY.run
