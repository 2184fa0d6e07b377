"""A study of nothing, small enough for tests: its runs, its figure, its summary, and its command."""

from __future__ import annotations

import argparse
from statistics import median

import numpy as np

import minigrad as mg
import models
from experiments.paper import data
from experiments.studies import Study, recorded_fit, study
from experiments.sweep import Job
from experiments.training.monitoring import quiet_monitor
from viz import Line, LinePanel, line_panels

EPOCHS = 4
FAILING: set[int] = set()  # numbers of the runs that fail in their second epoch


def jobs(scale, seed, runs):
    """Return one run, or two at full scale."""
    return [
        Job(
            f"pretend/RNN/{run}",
            {"seed": [seed, run], "run": run, "lr": 0.05, "epochs": EPOCHS},
            work=60 * 7,
            perform="tests.experiments.studies.pretend_study:perform",
        )
        for run in range(1, (runs or {"smoke": 1, "paper": 2}[scale]) + 1)
    ]


def perform(settings, recorder, monitor=None, **options):
    """Train on 60 sentences."""
    train, dev = (
        data.sentences(np.random.default_rng([0, part]), n, (2, 6)) for part, n in enumerate((60, 20))
    )
    rng = np.random.default_rng(settings["seed"])
    model = models.TreeClassifier(models.RNN(4, rng), data.VOCABULARY, data.CLASSES, rng)

    def measure(epoch):
        if settings["run"] in FAILING and len(recorder.rows) == 1:
            raise ArithmeticError("as the test wants it")
        return {"size": float(np.abs(model.Ws.data).mean())}

    epochs = recorded_fit(
        recorder,
        model,
        mg.optim.AdaGrad(model.parameters(), lr=settings["lr"]),
        train,
        dev,
        batch_size=5,
        rng=np.random.default_rng(settings["seed"]),
        max_epochs=settings["epochs"],
        patience=settings["epochs"],
        mode="level",
        monitor=quiet_monitor(every=1) if monitor is None else monitor,
        measure=measure,
        **options,
    )
    recorder.result({"epochs": len(epochs), "loss": epochs[-1].loss})


def figures(runs):
    """Return the loss over the epochs."""
    x = list(range(1, EPOCHS + 1))
    line = Line(x, [[row["loss"] for row in run.rows] for run in runs])
    return {"losses": line_panels([LinePanel("loss", {"RNN": line}, "epoch", "loss")])}


def summary(runs):
    """Return the median of the last losses."""
    return f"Runs: {len(runs)}, median loss {median(run.result['loss'] for run in runs):.4f}.\n\n"


STUDY = Study("pretend", jobs, figures, summary)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)


def run(args: argparse.Namespace) -> int:
    """Do the study."""
    return study.run(STUDY, args)
