"""Trials of what the remedies leave open, such as learning rates, on other data than the study's.

Data and seeds are those of ``python -m experiments ablate``, which no other run has, and what counts is the
dev accuracy. Of each remedy the best setting went into `settings.REMEDIES`; where all of them guess, the
usual one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from experiments.studies.remedies import settings
from experiments.studies.remedies.perform import perform
from experiments.studies.runs import Runs
from experiments.studies.study import Kinds, Study
from experiments.sweep.wording import table

MAX_EPOCHS = 10

TRIALS: dict[str, Sequence[Mapping[str, Any]]] = {
    "RNN": [{}],
    "relu": [{"init": "fan_in"}, {"init": "glorot"}],
    "clipping": [{"max_norm": 0.1}, {"max_norm": 1.0}],
    "RMSProp": [{"lr": 0.001}, {"lr": 0.003}, {"lr": 0.01}],
    "Nesterov": [{"lr": 0.01}, {"lr": 0.1}, {"lr": 0.5}],
    "dropout": [{"dropout_states": 0.0}, {"dropout_states": 0.2}],
}


def grid(scale: str, seed: int, run: int) -> Kinds:
    """Yield all trials."""
    for remedy, of, work in settings.grid(scale, seed, run, experiment="ablate"):
        for changes in TRIALS.get(remedy, ()):
            named = "+".join(f"{name}-{value}" for name, value in changes.items()) or "as-it-is"
            tried = replace(of, max_epochs=min(of.max_epochs, MAX_EPOCHS), **changes)
            yield f"{remedy}/{named}", tried, work


def summary(runs: Runs) -> str:
    """Return the best dev accuracy of every trial, as a table."""
    rows = []
    for run in runs:
        _, remedy, named, _ = run.name.split("/")
        title, tried = settings.REMEDIES[remedy].title, named.replace("+", ", ").replace("-", " ")
        dev = f"{100 * run.result['dev_accuracy']:.1f}"
        rows.append([title, tried, dev, str(run.result["best_epoch"]), str(run.epochs)])
    head = "| remedy | tried | dev accuracy, % | in epoch | epochs |\n|---|---|---:|---:|---:|"
    return table(head, rows)


TRIAL_STUDY = Study(
    "remedies-trials", grid, perform, lambda runs: {}, summary, runs=dict.fromkeys(("smoke", "paper"), 1)
)
