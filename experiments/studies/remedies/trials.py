"""What the remedies leave open, such as learning rates, tried on other data than the study's.

Data and seeds are those of ``python -m experiments ablate``, which no other run has, and what counts is the
dev accuracy. Of each remedy the best setting went into `settings.REMEDIES`; where all of them guess, the
usual one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from experiments.studies.remedies.settings import NAME, REMEDIES, job, settings
from experiments.studies.study import Study
from experiments.sweep import Job, Run

MAX_EPOCHS = 10

TRIALS: dict[str, Sequence[Mapping[str, Any]]] = {
    "RNN": [{}],
    "relu": [{"init": "fan_in"}, {"init": "glorot"}],
    "clipping": [{"max_norm": 0.1}, {"max_norm": 1.0}],
    "RMSProp": [{"lr": 0.001}, {"lr": 0.003}, {"lr": 0.01}],
    "Nesterov": [{"lr": 0.01}, {"lr": 0.1}, {"lr": 0.5}],
    "dropout": [{"dropout_states": 0.0}, {"dropout_states": 0.2}],
}


def jobs(scale: str, seed: int, runs: int | None) -> Iterator[Job]:
    """Yield all trials, one run of each unless there are to be more."""
    for remedy, trials in TRIALS.items():
        for changes in trials:
            for run in range(1, (runs or 1) + 1):
                of = settings(remedy, run, scale, seed, experiment="ablate")
                of = replace(of, max_epochs=min(of.max_epochs, MAX_EPOCHS), **changes)
                named = "+".join(f"{name}-{value}" for name, value in changes.items()) or "as-it-is"
                yield job(f"{NAME}-trials/{remedy}/{named}/{run}", of)


def table(runs: Sequence[Run]) -> str:
    """Return the best dev accuracy of every trial."""
    lines = ["| remedy | tried | dev accuracy, % | in epoch | epochs |", "|---|---|---:|---:|---:|"]
    for run in runs:
        _, remedy, named, _ = run.name.split("/")
        tried = named.replace("+", ", ").replace("-", " ")
        dev = f"{100 * run.result['dev_accuracy']:.1f}"
        lines.append(
            f"| {REMEDIES[remedy].title} | {tried} | {dev} | {run.result['best_epoch']} | {run.epochs} |"
        )
    return "\n".join(lines)


TRIAL_STUDY = Study(f"{NAME}-trials", jobs, lambda runs: {}, table)
