"""The settings of a run on the treebank: everything that determines its rows.

They were chosen by a random search on dev, which README.md describes; test was not looked at before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MODELS = ("RNN", "RLSTM")
UNKNOWN = "<unknown>"  # stands for words that are rare in train, or do not occur there

_RLSTM: Mapping[str, Any] = {
    "D": 48, "lr": 0.05, "lr_words": 0.05, "batch": 25,
    "l2": 1e-3, "l2_words": 1e-5, "l2_classifier": 1e-3,
    "word_bound": 0.2, "dropout_words": 0.3, "dropout_states": 0.2,
}  # fmt: skip

# Chosen by a search on dev, except for the TreeLSTM, which has the width of Tai et al. (2015) and otherwise
# the RLSTM's settings.
CHOSEN: Mapping[str, Mapping[str, Any]] = {
    "RNN": {
        "D": 32, "lr": 0.05, "lr_words": 0.2, "batch": 25,
        "l2": 3e-3, "l2_words": 1e-4, "l2_classifier": 3e-3,
        "word_bound": 0.05, "dropout_words": 0.5, "dropout_states": 0.4,
    },
    "RLSTM": _RLSTM,
    "TreeLSTM": {**_RLSTM, "D": 150},
    "RNTN": {
        "D": 35, "lr": 0.00249, "lr_words": 0.2, "batch": 25,
        "l2": 1e-4, "l2_words": 1e-4, "l2_classifier": 1e-3,
        "word_bound": 0.01, "dropout_words": 0.0, "dropout_states": 0.2,
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one run.

    Attributes
    ----------
    experiment : "sentiment"
    model : str
        The cell, as `models.cell` takes it.
    run, seed : int
    seeds : dict of tuples of int
        Of the generators, by the names in `STREAMS`, and "sample" where trees are drawn.
    treebank : dict of str
        sha256 of each of its files; with ``--polarity`` its value, as "polarity"; and how it is read, where
        that is not as usual (`viz.reading.Reading.told`).
    trees : int or None
        So many of each file, drawn at random; None: all.
    vectors : dict or None
        Of the word vectors that the words start from: "width" and "sha256", and "encoding" unless UTF-8.
    activation : str
        Of the paper's two cells.
    min_count : int
        Words that train has less often are unknown.
    lower : bool
        Whether words are read in small letters.
    eps, lr, lr_words, batch
        AdaGrad's ε, its learning rate, that of words, trees of a minibatch.
    D : int
    l2, l2_words, l2_classifier : float
        On the cell's parameters, on the words of the minibatch, on the softmax's.
    word_bound : float
        Word vectors start from U(±word_bound).
    dropout_words, dropout_states : float
    max_epochs, patience : int
    mode : str
        Of the fold.
    """

    experiment: str = "sentiment"
    model: str
    run: int
    seed: int
    seeds: dict[str, tuple[int, ...]]
    treebank: dict[str, str]
    trees: int | None
    vectors: dict[str, Any] | None
    activation: str = "tanh"
    min_count: int = 2
    lower: bool = True
    eps: float = 1e-10
    D: int
    lr: float
    lr_words: float
    batch: int
    l2: float
    l2_words: float
    l2_classifier: float
    word_bound: float
    dropout_words: float
    dropout_states: float
    max_epochs: int
    patience: int
    mode: str = "compiled"


@dataclass(frozen=True)
class Scale:
    """The size of the experiment.

    Attributes
    ----------
    trees : int or None
        So many of each file, drawn at random; None: all.
    max_epochs, patience : int
    runs : int
        Of each model.
    """

    trees: int | None
    max_epochs: int
    patience: int
    runs: int


SCALES = {
    "paper": Scale(trees=None, max_epochs=30, patience=5, runs=3),
    "smoke": Scale(trees=300, max_epochs=3, patience=3, runs=1),
}
CODE, STREAMS = 201, {"model": 1, "order": 2}  # in the seeds; other experiments have other codes
SAMPLE = 3  # the stream of the random sample, which is the same for all runs


def run_settings(
    model: str,
    run: int,
    *,
    scale: Scale,
    seed: int,
    treebank: Mapping[str, str],
    vectors: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Settings:
    """Return the settings of one run.

    Parameters
    ----------
    model : str
        A cell's name; one that is not in `CHOSEN` gets the RLSTM's settings.
    run : int
        From 1. Runs differ in their seeds.
    scale : Scale
    seed : int
    treebank : mapping of str to str
        As in `Settings`.
    vectors : mapping, optional
        Of the word vectors that the words start from: "width" and "sha256". D is their width then.
    **changes
        Settings other than those chosen.
    """
    chosen = dict(CHOSEN.get(model, CHOSEN["RLSTM"]))
    if vectors is not None:
        chosen["D"] = vectors["width"]
    settings = Settings(
        model=model,
        run=run,
        seed=seed,
        seeds={name: (seed, CODE, run, stream) for name, stream in STREAMS.items()},
        treebank=dict(treebank),
        trees=scale.trees,
        vectors=None if vectors is None else dict(vectors),
        max_epochs=scale.max_epochs,
        patience=scale.patience,
        **chosen,
    )
    settings = replace(settings, **changes)
    if settings.trees is not None:
        settings = replace(settings, seeds=settings.seeds | {"sample": (seed, CODE, 0, SAMPLE)})
    return settings
