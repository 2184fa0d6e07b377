"""The remedies, and the settings of their runs: those of Experiment 3 with one thing changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.paper import grids
from experiments.paper.settings import GRADIENT_DATASET, SCALES, Settings, run_settings
from experiments.studies.study import Kinds

EPOCHS = {"smoke": (3, 3), "paper": (10, 12)}  # at least, at most
DEEP = 8  # keyword depth from which the monitor's rule and the figure look at ratios


@dataclass(frozen=True, kw_only=True)
class RemedySettings(Settings):
    """Settings of one run: those of the paper's runs, and more.

    Attributes
    ----------
    recurrent : "orthogonal", "identity" or None
        What is drawn anew of the tree's matrices, W1 and W2, or W of a chain, and times which `gain`.
    optimizer, momentum, nesterov
        Another optimiser, and its options.
    max_norm : float or None
        Of all gradients together, where they are clipped between backward and update.
    dropout_words, dropout_states : float
    remedy : str
        One of `REMEDIES`.
    """

    recurrent: str | None = None
    gain: float = 1.0
    optimizer: str = "adagrad"
    momentum: float = 0.0
    nesterov: bool = False
    max_norm: float | None = None
    dropout_words: float = 0.0
    dropout_states: float = 0.0
    remedy: str


@dataclass(frozen=True)
class Remedy:
    """One setting of the study.

    Attributes
    ----------
    title : str
        What figures and tables call it.
    group : str
        The panel that it is drawn in; RNN and RLSTM are drawn where they are held against others.
    model : str
        The cell.
    changes : dict
        Settings that are not those of the RNN in Experiment 3.
    """

    title: str
    group: str
    model: str = "RNN"
    changes: Mapping[str, Any] = field(default_factory=dict)


ACTIVATION, ARCHITECTURE, TRAINING, CHAINS = (
    "activations and inits", "architecture", "training", "trees against chains",
)  # fmt: skip

REMEDIES: dict[str, Remedy] = {
    "RNN": Remedy("RNN", ""),
    "RLSTM": Remedy("RLSTM", "", "RLSTM"),
    "relu": Remedy("relu", ACTIVATION, changes={"activation": "relu", "init": "glorot"}),
    "orthogonal": Remedy("orthogonal", ACTIVATION, changes={"recurrent": "orthogonal"}),
    "identity": Remedy("identity", ACTIVATION, changes={"recurrent": "identity"}),
    "relu-identity": Remedy(
        "relu + identity", ACTIVATION, changes={"activation": "relu", "recurrent": "identity"}
    ),
    "residual": Remedy("residual", ARCHITECTURE, "ResidualRNN"),
    "highway": Remedy("highway", ARCHITECTURE, "HighwayRNN"),
    "clipping": Remedy("clipping", TRAINING, changes={"max_norm": 1.0}),
    "RMSProp": Remedy("RMSProp", TRAINING, changes={"optimizer": "rmsprop", "lr": 0.003}),
    "Nesterov": Remedy(
        "Nesterov", TRAINING, changes={"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "lr": 0.1}
    ),
    "dropout": Remedy("dropout", TRAINING, changes={"dropout_words": 0.2, "dropout_states": 0.2}),
    "Elman": Remedy("Elman, chains", CHAINS, "Elman"),
    "LSTM": Remedy("LSTM, chains", CHAINS, "LSTM"),
    "GRU": Remedy("GRU, chains", CHAINS, "GRU"),
}

BATCH = {"RLSTM": 5}  # the paper's
BATCH_OF_OTHERS = 20  # the paper's for the RNN


def grid(scale: str, seed: int, run: int, experiment: str = "gradient") -> Kinds:
    """Yield every remedy.

    Data, weights and order of RNN and RLSTM are those of the same run of Experiment 3, or of "ablate".
    """
    least, most = EPOCHS[scale]
    size = replace(SCALES[scale], max_epochs=most, gradient_epochs=least, extra=0)
    for name, remedy in REMEDIES.items():
        paper = run_settings(experiment, GRADIENT_DATASET, remedy.model, run, scale=size, seed=seed)
        batch = BATCH.get(remedy.model, BATCH_OF_OTHERS)
        own = {"experiment": "remedies", "remedy": name, "batch": batch, "extra_depths": ()}
        settings = RemedySettings(**vars(paper) | own | dict(remedy.changes))
        yield name, settings, grids.job(name, settings).work
