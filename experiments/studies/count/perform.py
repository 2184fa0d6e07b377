"""The runs: their settings, and what each does: train on short strings, and be tested on longer ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from experiments.studies.count.measures import accepted, reach, trace
from experiments.studies.count.task import LANGUAGES, strings, vocabulary
from experiments.studies.exam import Exam
from experiments.studies.fit import CellSettings, classifier, streams, train
from experiments.studies.study import Kinds
from experiments.sweep import Recorder
from experiments.training.recorded import record_result
from experiments.training.watcher import best_epoch

CELLS = ("LSTM", "GRU")
SCALES: dict[str, dict[str, Any]] = {
    "paper": {"longest": 50, "tested": 500, "traced": 100, "size": 1_000, "max_epochs": 20},
    "smoke": {"longest": 10, "tested": 40, "traced": 20, "size": 400, "max_epochs": 8},
}


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """The settings of a run.

    Those that do not depend on the scale were chosen in small trials, on strings of the training's lengths,
    with seeds that no stored run has.

    Attributes
    ----------
    language : "ab" or "abc"
    longest : int
        n of the longest strings that are trained on.
    tested : int
        n of the longest strings that are tested; all shorter ones are too.
    traced : int
        n of the strings whose traces are drawn.
    size : int
        Number of strings in an epoch.
    clip : float
        Largest norm of all gradients together.
    word_bound : float
        Of U(±bound), for the vectors of the letters.
    """

    study: str = "count"
    language: str
    longest: int
    tested: int
    traced: int
    D: int = 10
    size: int
    clip: float = 1.0
    batch: int = 10
    word_bound: float = 1.0


def grid(scale: str, seed: int, run: int, cells: Sequence[str]) -> Kinds:
    """Yield every cell on every language; each run has data of its own, the same for all cells."""
    for number, language in enumerate(LANGUAGES):
        for cell in cells:
            settings = Settings(
                language=language,
                cell=cell,
                run=run,
                seed=seed,
                seeds=streams(seed, 202, number, run),
                **SCALES[scale],
            )
            work = settings.size * len(language) * (settings.longest + 1)  # twice half of that
            yield f"{language}/{cell}", settings, work


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run, or go on with it from its checkpoint; raises what `fit` does."""
    model, mode = new_model(settings), settings.mode
    rng, lengths = np.random.default_rng(settings.seeds["data"]), range(1, settings.longest + 1)
    # In training every length is equally likely; dev has every length once.
    drawn = rng.integers(1, settings.longest + 1, settings.size)
    training, dev = (strings(counts, model.vocabulary) for counts in (drawn, lengths))

    def examine(model: models.TreeClassifier) -> dict[str, float]:
        accepts, loss = accepted(model, lengths, mode)
        return {"dev_loss": loss, "dev_accepted": float(accepts.mean())}

    exam = Exam(examine)
    epochs = train(
        recorder,
        settings,
        model,
        training,
        dev,
        epochs=settings.max_epochs,
        clip=settings.clip,
        measure=lambda _: exam.found,
        score=exam,
    )
    accepts, loss = accepted(model, range(1, settings.tested + 1), mode)
    result = {
        "accepted": "".join(str(int(accept)) for accept in accepts),  # n = 1, 2, …
        "reach": reach(accepts.tolist()),
        "test_loss": loss,
        # A list per position, with the digits that a float32 needs.
        "trace": [[float(str(value)) for value in state] for state in trace(model, settings.traced, mode)],
        "best_epoch": best_epoch(epochs).number,
        "epochs": len(epochs),
    }
    record_result(recorder, model, result)


def new_model(settings: Settings) -> models.TreeClassifier:
    """Return the model before training, which the settings determine."""
    words = vocabulary(settings.language)
    return classifier(settings, words, len(words), settings.word_bound, head="labelled")
