"""A study of nothing, small enough for tests: its runs, its figure, its summary, and its command."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np

import minigrad as mg
import models
from experiments.paper import data
from experiments.studies.runs import epochs
from experiments.studies.study import Study
from experiments.training.monitoring import quiet_monitor
from experiments.training.recorded import recorded_fit
from viz import LinePanel, line_panels

FAILING: set[int] = set()  # numbers of the runs that fail in their second epoch


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    seed: tuple[int, int] = (0, 1)
    run: int = 1
    lr: float = 0.05
    epochs: int = 4


def grid(scale, seed, run):
    """Yield one kind of run."""
    yield "RNN", Settings((seed, run), run), 60 * 7


def perform(settings, recorder, monitor=None, **options):
    """Train on 60 sentences."""
    train, dev = (
        data.sentences(np.random.default_rng([0, part]), n, (2, 6)) for part, n in enumerate((60, 20))
    )
    rng = np.random.default_rng(settings.seed)
    model = models.TreeClassifier(models.RNN(4, rng), data.VOCABULARY, data.CLASSES, rng)

    def measure(epoch):
        if settings.run in FAILING and len(recorder.rows) == 1:
            raise ArithmeticError("as the test wants it")
        return {"size": float(np.abs(model.Ws.data).mean())}

    found = recorded_fit(
        recorder,
        model,
        mg.optim.AdaGrad(model.parameters(), lr=settings.lr),
        train,
        dev,
        batch_size=5,
        rng=np.random.default_rng(settings.seed),
        max_epochs=settings.epochs,
        patience=settings.epochs,
        mode="level",
        monitor=quiet_monitor(every=1) if monitor is None else monitor,
        measure=measure,
        **options,
    )
    recorder.result({"epochs": len(found), "loss": found[-1].loss})


def figures(runs):
    """Return the loss over the epochs."""
    line = epochs(runs, lambda row: row["loss"])
    return {"losses": line_panels([LinePanel("loss", {"RNN": line}, "epoch", "loss")])}


def summary(runs):
    """Return the median of the last losses."""
    return f"Runs: {len(runs)}, median loss {median(run.result['loss'] for run in runs):.4f}.\n\n"


STUDY = Study("pretend", grid, perform, figures, summary, runs={"smoke": 1, "paper": 2})
add_arguments, run = STUDY.add_arguments, STUDY.run
