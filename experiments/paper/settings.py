"""The settings of a run: everything that determines its rows.

The paper (Le & Zuidema 2016, section 3) states sizes, D, activation, word vectors, learning rate, minibatch
and early stopping. `Settings` lists what it leaves open; L2 among them is what the study `why` has chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from experiments.paper.data import length_range
from experiments.sweep.settings import defaults, later

MODELS = ("RNN", "RLSTM")
DATASETS = range(1, 11)
GRADIENT_DATASET = 3  # of Experiment 1

BATCH = {"RNN": 20, "RLSTM": 5}
BATCH_OF_OTHERS = 5  # cells that are not in the paper: the RLSTM's
POOL = (21, 30)  # lengths in Experiment 2
EXTRA_DEPTHS = (12, 13)  # named in Figure 6's caption; few training trees have them


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one run; the defaults are the paper's, or were chosen (`named.USUAL`).

    Attributes
    ----------
    experiment : "length", "depth", "gradient", "ablate" or "ablate-depth"
    dataset : int
        1..10; of Experiment 2 for "depth" and "ablate-depth", otherwise of Experiment 1.
    model : str
        The cell, as `models.cell` takes it.
    run, seed : int
    seeds : dict of tuples of int
        Of the generators, by the names in `STREAMS`.
    sizes : dict of int
        Number of sentences in train, dev and test.
    lengths : (int, int)
        Of the shortest sentence and of the longest.
    keyword_depths : (int, int) or None
        Of Experiment 2; None: any.
    D, activation, lr, batch
        Stated by the paper: width, the function f, learning rate, trees of a minibatch.
    shape, init, leaf_weights, first_step, eps, l2, l2_words, l2_classifier
        Left open by the paper: shape of the trees (`models.SHAPES`), initial weights (`model.INITS`), weights
        of leaves, AdaGrad's first step and its ε, and L2 on the cell's parameters, on the words of the
        minibatch, and on the softmax's.
    shuffle : str
        As in `fit`.
    max_epochs, min_epochs, patience : int
        As in `fit`.
    ratios : bool
        Whether gradient ratios are measured, in Experiment 3.
    dev_ratios : bool
        Whether they are measured on the dev sentences, too, which are never trained on.
    extra : int
        Number of extra sentences whose gradients are measured, of each of the keyword depths `extra_depths`.
    mode : str
        Of the fold.
    sentences : "kept" or "fresh"
        Whether the training sentences are the same in all epochs, or drawn anew in each, so that none can be
        learned by heart.
    labels : "true" or "shuffled"
        "shuffled": those of the training sentences are dealt among them at random, so that they can only be
        learned by heart.
    """

    experiment: str
    dataset: int
    model: str
    run: int
    seed: int
    seeds: dict[str, tuple[int, ...]]
    sizes: dict[str, int]
    lengths: tuple[int, int]
    keyword_depths: tuple[int, int] | None
    D: int = 50
    activation: str = "tanh"
    lr: float = 0.05
    batch: int
    shape: str = "uniform_split"
    init: str = "fan_in"
    leaf_weights: str = "shared"
    first_step: str = "adagrad"
    eps: float = 1e-10
    l2: float = 1e-3
    l2_words: float = 0.0
    l2_classifier: float = 1e-3
    max_epochs: int
    min_epochs: int
    patience: int
    ratios: bool
    extra: int
    extra_depths: tuple[int, ...]
    mode: str = "compiled"
    shuffle: str = later("every_epoch")
    dev_ratios: bool = later(False)
    sentences: str = later("kept")
    labels: str = later("true")


@dataclass(frozen=True)
class Scale:
    """The size of an experiment.

    Attributes
    ----------
    sizes : dict
        Number of sentences in train, dev and test.
    extra : int
        Number of extra sentences, of each of `EXTRA_DEPTHS`, whose gradients are measured.
    max_epochs, patience : int
    gradient_epochs : int
        Least number of epochs in Experiment 3, regardless of early stopping.
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

# In the seeds of an experiment. Experiment 3 repeats runs of Experiment 1. Settings are tried on sentences
# like those of Experiment 1 ("ablate") or 2 ("ablate-depth"), which no run of the experiments has.
CODES = {"length": 1, "depth": 2, "gradient": 1, "ablate": 101, "ablate-depth": 102}
STREAMS = {"data": 0, "model": 1, "order": 2, "bootstrap": 3}


def run_settings(
    experiment: str, dataset: int, model: str, run: int, *, scale: Scale, seed: int, **changes: Any
) -> Settings:
    """Return the settings of one run.

    Parameters
    ----------
    experiment : "length", "depth", "gradient", "ablate" or "ablate-depth"
    dataset : int
    model : str
        "RNN" or "RLSTM", or another cell, as `models.cell` takes it.
    run : int
        From 1. All runs of a dataset, and all models, have the same data.
    scale : Scale
    seed : int
    **changes
        Settings other than the paper's.
    """
    by_depth = experiment in ("depth", "ablate-depth")
    gradient = experiment == "gradient"
    settings = Settings(
        experiment=experiment,
        dataset=dataset,
        model=model,
        run=run,
        seed=seed,
        seeds=_seeds(seed, CODES[experiment], dataset, run),
        sizes=scale.sizes,
        lengths=POOL if by_depth else length_range(dataset),
        keyword_depths=(dataset, dataset + 1) if by_depth else None,
        batch=BATCH.get(model, BATCH_OF_OTHERS),
        max_epochs=scale.max_epochs,
        min_epochs=scale.gradient_epochs if gradient else 1,
        patience=scale.patience,
        ratios=gradient,
        extra=scale.extra if gradient else 0,
        extra_depths=EXTRA_DEPTHS if gradient else (),
    )
    return replace(settings, **changes)


def base() -> dict[str, Any]:
    """Return what the paper's runs have in common; a manifest lists the differences from it."""
    paper = SCALES["paper"]
    shared = {name: getattr(paper, name) for name in ("sizes", "max_epochs", "patience")}
    usual = {name: value for name, value in defaults(Settings).items() if name != "dev_ratios"}
    return usual | shared  # only Experiment 3 has ratios


def _seeds(seed: int, code: int, dataset: int, run: int) -> dict[str, tuple[int, ...]]:
    return {
        name: (seed, code, dataset, 0 if name == "data" else run, stream) for name, stream in STREAMS.items()
    }
