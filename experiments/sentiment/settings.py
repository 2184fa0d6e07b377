"""The settings of a run on the treebank: everything that determines its rows, in one flat dict.

They were chosen by a random search on dev, which README.md tells of; test was not looked at before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.sweep.job import changed

Settings = dict[str, Any]

MODELS = ("RNN", "RLSTM")
CLASSES = 5  # very negative, negative, neutral, positive, very positive
UNKNOWN = "<unknown>"  # the row of words that are rare in train, or are not there

SHARED: Settings = {
    "activation": "tanh",
    "min_count": 2,  # words that train has less often are unknown
    "lower": True,  # words are read in small letters
    "eps": 1e-10,
}
CHOSEN: Mapping[str, Settings] = {
    "RNN": {
        "D": 32, "lr": 0.05, "lr_words": 0.2, "batch": 25,
        "l2": 3e-3, "l2_words": 1e-4, "l2_classifier": 3e-3,
        "word_bound": 0.05,  # word vectors start from U(±0.05)
        "dropout_words": 0.5, "dropout_states": 0.4,
    },
    "RLSTM": {
        "D": 48, "lr": 0.05, "lr_words": 0.05, "batch": 25,
        "l2": 1e-3, "l2_words": 1e-5, "l2_classifier": 1e-3,
        "word_bound": 0.2,
        "dropout_words": 0.3, "dropout_states": 0.2,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How much of everything.

    Attributes
    ----------
    trees : int or None
        So many of each file, from its start; None: all.
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
CODE, STREAMS = 201, {"model": 1, "order": 2}  # of seeds; other experiments have other codes


def chosen(model: str) -> Settings:
    """Return the settings that depend on the model; a cell that nobody searched for has the RLSTM's."""
    return CHOSEN.get(model, CHOSEN["RLSTM"])


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
    """Return the settings of one run, JSON values only.

    Parameters
    ----------
    model : str
        "RNN" or "RLSTM", or another cell, as `models.cell` takes it.
    run : int
        From 1. Runs differ in their seeds.
    scale : Scale
    seed : int
    treebank : mapping of str to str
        sha256 of each of its files.
    vectors : mapping, optional
        Of the word vectors that the words start from: "width" and "sha256". D is their width then.
    **changes
        Settings other than those chosen.

    Raises
    ------
    ValueError
        If one of the changes is no setting.
    """
    settings: Settings = {
        "experiment": "sentiment",
        "model": model,
        "run": run,
        "seed": seed,
        "seeds": {name: [seed, CODE, run, stream] for name, stream in STREAMS.items()},
        "treebank": dict(treebank),
        "trees": scale.trees,
        "vectors": None if vectors is None else dict(vectors),
        **SHARED,
        **chosen(model),
        "max_epochs": scale.max_epochs,
        "patience": scale.patience,
        "mode": "compiled",
    }
    if vectors is not None:
        settings["D"] = vectors["width"]
    return changed(settings, changes)
