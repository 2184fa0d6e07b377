"""The paper's settings, and what a run of it is: everything that determines its rows, in one flat dict.

The paper (Le & Zuidema 2016, section 3) states sizes, D, activation, word vectors, learning rate, minibatch
and early stopping. What it leaves open is chosen by `ablate`, and told apart here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments.paper.data import length_range
from experiments.sweep.job import changed

Settings = dict[str, Any]

MODELS = ("RNN", "RLSTM")
DATASETS = range(1, 11)
GRADIENT_DATASET = 3  # of Experiment 1

STATED = {"D": 50, "activation": "tanh", "lr": 0.05}
BATCH = {"RNN": 20, "RLSTM": 5}
BATCH_OF_OTHERS = 5  # cells that are not in the paper: the RLSTM's
LEFT_OPEN = {
    "shape": "uniform_split",
    "init": "fan_in",
    "leaf_weights": "shared",
    "first_step": "adagrad",
    "eps": 1e-10,
    "l2": 1e-3,  # on the cell's parameters,
    "l2_words": 1e-3,  # on the words of the minibatch,
    "l2_classifier": 1e-3,  # on the softmax's
}
POOL = (21, 30)  # lengths in Experiment 2
EXTRA_DEPTHS = (12, 13)  # those of Figure 6's caption, which few training trees have


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    sizes : dict
        Number of sentences in train, dev and test.
    extra : int
        Number of extra sentences of each of `EXTRA_DEPTHS` whose gradients are looked at.
    max_epochs, patience : int
    gradient_epochs : int
        Epochs of Experiment 3 whatever early stopping says.
    runs : int
        Runs of each model on each dataset.
    """

    sizes: dict[str, int]
    extra: int
    max_epochs: int
    patience: int
    gradient_epochs: int
    runs: int


SCALES = {
    "paper": Scale(
        sizes={"train": 10_000, "dev": 1_000, "test": 1_000},
        extra=2_000, max_epochs=50, patience=5, gradient_epochs=13, runs=5,
    ),
    "smoke": Scale(
        sizes={"train": 600, "dev": 200, "test": 200},
        extra=100, max_epochs=5, patience=3, gradient_epochs=5, runs=2,
    ),
}  # fmt: skip

# Where the seeds of an experiment begin. Experiment 3 looks at runs of Experiment 1.
CODES = {"length": 1, "depth": 2, "gradient": 1, "ablate": 101}
STREAMS = {"data": 0, "model": 1, "order": 2, "bootstrap": 3}


def run_settings(
    experiment: str, dataset: int, model: str, run: int, *, scale: Scale, seed: int, **changes: Any
) -> Settings:
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    experiment : "length", "depth", "gradient" or "ablate"
    dataset : int
        1..10; of Experiment 2 for "depth", otherwise of Experiment 1.
    model : str
        "RNN" or "RLSTM", or another cell, as `models.cell` takes it.
    run : int
        From 1. All runs of a dataset, and all models, have the same data.
    scale : Scale
    seed : int
    **changes
        Settings other than the paper's.
    """
    by_depth = experiment == "depth"
    gradient = experiment == "gradient"
    settings: Settings = {
        "experiment": experiment,
        "dataset": dataset,
        "model": model,
        "run": run,
        "seed": seed,
        "seeds": _seeds(seed, CODES[experiment], dataset, run),
        "sizes": dict(scale.sizes),
        "lengths": list(POOL if by_depth else length_range(dataset)),
        "keyword_depths": [dataset, dataset + 1] if by_depth else None,
        **STATED,
        "batch": BATCH.get(model, BATCH_OF_OTHERS),
        **LEFT_OPEN,
        "max_epochs": scale.max_epochs,
        "min_epochs": scale.gradient_epochs if gradient else 1,
        "patience": scale.patience,
        "ratios": gradient,
        "extra": scale.extra if gradient else 0,
        "extra_depths": list(EXTRA_DEPTHS) if gradient else [],
        "mode": "compiled",
    }
    return changed(settings, changes)


def _seeds(seed: int, code: int, dataset: int, run: int) -> dict[str, list[int]]:
    return {
        name: [seed, code, dataset, 0 if name == "data" else run, stream] for name, stream in STREAMS.items()
    }
