"""The trials: the paper's experiments with the chosen settings, and with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.paper import grids
from experiments.paper.named import NAMED
from experiments.paper.settings import GRADIENT_DATASET, MODELS, SCALES, Scale, run_settings
from experiments.paper.stored import Stored
from experiments.sweep import Job, Run, SweepError
from experiments.sweep.wording import listed

SEED = 81  # no other run has its data
CHOSEN = "chosen"  # the trial that the others are held against
BASE = NAMED["chosen-shared"]
DEEP = 10  # keyword depth at which ratios are judged and drawn, as in the paper's Figure 7


@dataclass(frozen=True)
class Trial:
    """Runs of some experiments with one thing changed.

    Attributes
    ----------
    what : str
        In words.
    changes : dict
        Settings that are not those of `BASE`.
    on : sequence of (str, tuple of str, tuple of int)
        Experiment, models and datasets.
    """

    what: str
    changes: Mapping[str, Any]
    on: Sequence[tuple[str, tuple[str, ...], tuple[int, ...]]]

    def kinds(self) -> Iterator[tuple[str, int, str]]:
        """Yield experiment, dataset and model of its runs."""
        for experiment, models, datasets in self.on:
            for dataset in datasets:
                for model in models:
                    yield experiment, dataset, model

    def trains(self, experiment: str, model: str) -> bool:
        """Whether there are runs of a model in an experiment."""
        return any((experiment, model) == (of, own) for of, _, own in self.kinds())


_GRADIENT = ("gradient", MODELS, (GRADIENT_DATASET,))
_RNN = ("gradient", ("RNN",), (GRADIENT_DATASET,))
_SHALLOW = ("depth", ("RNN",), (2, 3, 5))  # keyword depths 2–3, 3–4, 5–6
_SHALLOWEST = ("depth", ("RLSTM",), (1,))
_LONG = ("length", ("RLSTM",), (7, 8, 9))  # 61 to 90 tokens
_SEPARATE = {"leaf_weights": "separate"}

TRIALS: Mapping[str, Trial] = {
    CHOSEN: Trial("as chosen", {}, (_GRADIENT, _LONG, _SHALLOW, ("depth", ("RNN",), (1,)), _SHALLOWEST)),
    "fresh": Trial("other training sentences in every epoch", {"sentences": "fresh"}, (_GRADIENT,)),
    "shuffled": Trial("labels dealt at random", {"labels": "shuffled"}, (_GRADIENT,)),
    "words": Trial("L2 1e-3 on words, too", {"l2_words": 1e-3}, (_GRADIENT, _SHALLOW, _SHALLOWEST)),
    "separate": Trial("leaf matrices of their own", _SEPARATE, (_GRADIENT, _SHALLOW)),
    "glorot": Trial("Glorot's initial values", {"init": "glorot"}, (_GRADIENT,)),
    "optimiser": Trial(
        "the authors' optimiser: first step SGD, ε 1e-4, one order for all epochs",
        {"first_step": "sgd", "eps": 1e-4, "shuffle": "once"},
        (_GRADIENT, _LONG),
    ),
    "sgd": Trial("first step SGD", {"first_step": "sgd"}, (_RNN,)),
    "eps": Trial("ε 1e-4", {"eps": 1e-4}, (_RNN,)),
    "once": Trial("one order for all epochs", {"shuffle": "once"}, (_RNN,)),
    "separate-words": Trial(
        "leaf matrices of their own, L2 1e-3 on words", {**_SEPARATE, "l2_words": 1e-3}, (_SHALLOW,)
    ),
    "separate-words-3": Trial(
        "leaf matrices of their own, L2 3e-3 on words", {**_SEPARATE, "l2_words": 3e-3}, (_SHALLOW,)
    ),
}


def jobs(scale: str, seed: int = SEED, runs: int | None = None) -> Iterator[Job]:
    """Yield all runs, trial by trial, named ``causes/TRIAL/EXPERIMENT/DATASET/MODEL/RUN``.

    Data, weights and order are the same in all trials. Experiment 3 ends after the epochs that it has at
    least, so that all its runs have as many.
    """
    size = SCALES[scale]
    for name, trial in TRIALS.items():
        for experiment, dataset, model in trial.kinds():
            for run in range(1, (runs or size.runs) + 1):
                yield _job(name, experiment, dataset, model, run, size, seed)


def _job(trial: str, experiment: str, dataset: int, model: str, run: int, size: Scale, seed: int) -> Job:
    gradient = experiment == "gradient"
    if gradient:
        size = replace(size, max_epochs=size.gradient_epochs)
    changes = {**BASE[model], **TRIALS[trial].changes, "dev_ratios": gradient}
    settings = run_settings(experiment, dataset, model, run, scale=size, seed=seed, **changes)
    return grids.job(f"causes/{trial}/{experiment}/{dataset:02}/{model}/{run}", settings)


def by_trial(runs: Sequence[Run]) -> dict[str, Stored]:
    """Return the runs of each trial, named as those of the paper's experiments are.

    Raises
    ------
    SweepError
        If there are runs of another command among them.
    """
    others = sorted({run.name.partition("/")[0] for run in runs} - {"causes"})
    if others:
        raise SweepError(
            f"rows of {listed(others)} are stored here, too; name a folder of its own with --out"
        )
    found: dict[str, list[Run]] = {name: [] for name in TRIALS}
    for run in runs:
        _, trial, name = run.name.split("/", 2)
        found[trial].append(replace(run, name=name))
    return {name: Stored(own) for name, own in found.items()}
