"""What happens in a run that collapses, and in its twin that does not, some minibatches at a time.

The twins have the same sentences, initial weights and order of the trees, and differ in L2 on words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.paper.data import CLASSES, KEYWORDS, keyword_rows
from experiments.paper.datasets import datasets
from experiments.paper.model import new_model, new_optimizer
from experiments.paper.settings import SCALES, Settings
from experiments.paper.why.decay import FIRST_RUN, Decay
from experiments.paper.why.perform import norm_of
from experiments.paper.why.sentences import Sentences, job
from experiments.sweep import Job, Recorder
from experiments.training.monitoring import quiet_monitor
from experiments.training.ratios import error_norms, quotient
from experiments.training.recorded import record_result, recorded_fit, summary
from experiments.training.watcher import Epoch, Watcher
from minigrad.monitor import Collapsed

PERFORM = "experiments.paper.why.mechanism:perform"
TWINS = {"with": FIRST_RUN, "without": Decay(FIRST_RUN.leaf_weights, 0.0, FIRST_RUN.rest)}
ON, RUN = Sentences("length", 4), 1
EPOCHS = {"paper": 10, "smoke": 3}
WINDOW = 20  # minibatches
DIGITS = 4

# The matrices and biases of the RLSTM by the line of its equations.
GROUPS = {"input": "i", "forget": "f", "candidate": "c", "output": "o"}


def jobs(scale: str, seed: int) -> list[Job]:
    """Return the twins' runs; they have the same number of epochs, whatever their dev accuracies are."""
    size, epochs = SCALES[scale], EPOCHS[scale]
    more = {"max_epochs": epochs, "min_epochs": epochs}
    return [
        job(f"mechanism/{name}", "RLSTM", ON, RUN, size=size, seed=seed,
            changes={**cell.changes, **more}, perform=PERFORM)
        for name, cell in TWINS.items()
    ]  # fmt: skip


def perform(settings: Settings, recorder: Recorder) -> None:
    """Do one run; the row of an epoch has the monitor's alerts, and a list for each quantity of `Windows`.

    Raises as `fit` does.
    """
    model, sets = new_model(settings), datasets(settings)
    windows = Windows(model)
    epochs = recorded_fit(
        recorder,
        model,
        new_optimizer(model, settings),
        sets.train,
        sets.dev,
        batch_size=settings.batch,
        rng=np.random.default_rng([*settings.seeds["order"], 0]),
        max_epochs=settings.max_epochs,
        min_epochs=settings.min_epochs,
        patience=settings.patience,
        mode=settings.mode,
        shuffle=settings.shuffle,
        watchers=[windows],
        monitor=quiet_monitor(rules=[Collapsed(guess=math.log(CLASSES))]),
        measure=lambda epoch: {"windows": windows.of_epoch},
    )
    record_result(recorder, model, {**summary(epochs), "data_hash": sets.hash})


class Windows(Watcher):
    """Measures minibatches, and keeps a number for every `WINDOW` of them.

    Of each minibatch, and then the median over the window's trees: "ratio", the gradient ratio at the
    keyword; "root", the norm of the root's vector; "pull_keywords", ‖∂J/∂x‖ / ‖x‖ of the keywords' vectors,
    which L2 outweighs where it is below λ; and "pull_others", that of the other words. "loss" is the mean.

    At the end of each window: "keywords" and "others", the median norm of the word vectors; and the norm of
    the matrices and biases together in each line of the RLSTM's equations.

    Parameters
    ----------
    model : TreeClassifier
        With an RLSTM.

    Attributes
    ----------
    of_epoch : dict of lists of float
        Of the last epoch that ended.
    """

    def __init__(self, model: models.TreeClassifier) -> None:
        self._model = model
        self._head = model.Ws.data.copy(), model.bs.data.copy()
        self._seen: dict[str, list[np.ndarray]] = {}
        self._count = 0
        self._windows: dict[str, list[float]] = {}
        self.of_epoch: Mapping[str, Sequence[float]] = {}

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Measure a minibatch, before its update."""
        root = states["h"].data[forest.root]
        keyword, norm_at_root = error_norms(forest, states, keyword_rows)
        leaves = np.flatnonzero(forest.left < 0)
        others = leaves[forest.word[leaves] >= KEYWORDS]
        pulls = {
            "pull_keywords": _pull(states, keyword_rows(forest)),
            "pull_others": _pull(states, others),
        }
        found = {
            "loss": self._losses(root, forest.label[forest.root]),
            "root": np.linalg.norm(root, axis=1),
            "ratio": quotient(keyword, norm_at_root),
            **pulls,
        }
        for name, values in found.items():
            self._seen.setdefault(name, []).append(values)
        # The next minibatch's losses are those before its own update.
        self._head = self._model.Ws.data.copy(), self._model.bs.data.copy()
        self._count += 1
        if self._count == WINDOW:
            self._close()

    def epoch(self, epoch: Epoch) -> None:
        """Give out the epoch's windows."""
        if self._count:
            self._close()
        self.of_epoch, self._windows = self._windows, {}

    def _close(self) -> None:
        model = self._model
        words = np.linalg.norm(model.L.data, axis=1)
        measured = {name: np.concatenate(values) for name, values in self._seen.items()}
        found = {name: np.nanmedian(values) for name, values in measured.items()}
        found["loss"] = measured["loss"].mean()
        found["keywords"] = np.median(words[:KEYWORDS])
        found["others"] = np.median(words[KEYWORDS:])
        named = dict(model.cell.named_parameters())
        for group, letter in GROUPS.items():
            found[group] = norm_of(p for name, p in named.items() if _line(name) == letter)
        for name, value in found.items():
            self._windows.setdefault(name, []).append(float(f"{value:.{DIGITS}g}"))
        self._seen, self._count = {}, 0

    def _losses(self, root: np.ndarray, label: np.ndarray) -> np.ndarray:
        weights, bias = self._head
        logits = (root @ weights.T + bias).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        return np.asarray(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(label)), label])


def _pull(states: mg.NodeStates, rows: np.ndarray) -> np.ndarray:
    """Return ‖∂J/∂x‖ / ‖x‖ of leaves."""
    gradient = np.asarray(states["h"].grad)[rows]
    return np.asarray(np.linalg.norm(gradient, axis=1) / np.linalg.norm(states["h"].data[rows], axis=1))


def _line(name: str) -> str:
    """Return the letter of the equation that a parameter stands in: i of Wci2, and of bi."""
    letters = name.partition(".")[0].rstrip("12")[1:]
    return letters[-1]


def points(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """Return a quantity over all windows of a stored run."""
    return [value for row in rows for value in row["windows"][name]]
