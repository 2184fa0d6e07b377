"""Checkpoints: the state of a training run between two epochs as a file, and what it was trained with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

import models
from experiments.training.fingerprint import data_hash
from experiments.training.generators import Generators
from experiments.training.rate import LearningRate
from experiments.training.watcher import Epoch, Watcher, best_epoch
from minigrad.nn import StateError, load_document, save_document
from minigrad.optim import Optimizer, Schedule

FORMAT = "minigrad.checkpoint/2"


def settings_of(
    optimizer: Optimizer,
    schedule: Schedule | None,
    train: models.Forest,
    dev: models.Forest,
    batch_size: int,
    mode: str,
    shuffle: str,
) -> dict[str, Any]:
    """Return what decides the course of a training run, by names for messages, as JSON values.

    How long it is trained is not among them: a run that has ended may be continued. Functions that `fit`
    takes, such as a penalty, are not either, as they can't be compared.

    Raises
    ------
    TypeError
        If the schedule has no text of its own by which it could be compared.
    """
    settings: dict[str, Any] = {
        "the training data": f"sha256 {data_hash(train)}",
        "the dev data": f"sha256 {data_hash(dev)}",
        "batch_size": batch_size,
        "mode": mode,
        "shuffle": shuffle,
        "the optimiser": type(optimizer).__name__,
    }
    for number, group in enumerate(optimizer.groups, 1):
        of = f" of parameter group {number}" if len(optimizer.groups) > 1 else ""
        settings |= {f"{key}{of}": np.asarray(group[key]).tolist() for key in group if key != "params"}
    if schedule is not None:
        if type(schedule).__repr__ is object.__repr__:
            raise TypeError(
                f"a checkpoint compares schedules by their text, and {type(schedule).__name__} has none of "
                "its own; make it a dataclass, or give it a __repr__ with its settings"
            )
        settings["the schedule"] = repr(schedule)
    return settings


class RunState:
    """The state of a training run between two epochs, which a checkpoint holds.

    Parameters
    ----------
    model, optimizer, watchers
        As of `fit`.
    settings : dict
        What `settings_of` returned; a checkpoint with others is refused.
    generators : Generators
        All that training draws from, `rng` among them as "rng"; only a run with a checkpoint needs others.
    rate : LearningRate

    Attributes
    ----------
    epochs : list of Epoch
    order : (trees,) array of int, or None
        Of the training trees in the latest epoch.
    best_state : dict
        The parameters of the best epoch.
    """

    def __init__(
        self,
        model: models.TreeClassifier,
        optimizer: Optimizer,
        watchers: Sequence[Watcher],
        settings: Mapping[str, Any],
        generators: Generators,
        rate: LearningRate,
    ) -> None:
        self.model, self.optimizer, self.watchers = model, optimizer, watchers
        self.settings, self.generators, self.rate = settings, generators, rate
        self.epochs: list[Epoch] = []
        self.order: np.ndarray | None = None
        self.best_state = model.state_dict()

    def epochs_since_best(self) -> int:
        """Return the number of epochs after the best one."""
        return len(self.epochs) - best_epoch(self.epochs).number

    def finish(self, epoch: Epoch) -> None:
        """Add an epoch, keep its parameters if it is the best, and tell the schedule and the watchers."""
        best = all(epoch.dev_accuracy > earlier.dev_accuracy for earlier in self.epochs)
        epoch = replace(epoch, best=best)
        self.epochs.append(epoch)
        if epoch.best:
            self.best_state = self.model.state_dict()
        self.rate.observe(epoch)
        for watcher in self.watchers:
            watcher.epoch(epoch)

    def _kept(self) -> list[Watcher]:
        """Return the watchers whose states a checkpoint keeps."""
        return [watcher for watcher in self.watchers if watcher.in_checkpoint]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint, atomically."""
        header = {
            "settings": self.settings,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "generators": self.generators.state(),
            "schedule": self.rate.state_dict(),
            "watchers": [watcher.state_dict() for watcher in self._kept()],
        }
        arrays = {f"model:{k}": v for k, v in self.model.state_dict().items()}
        arrays.update({f"best:{k}": v for k, v in self.best_state.items()})
        arrays.update({f"optimizer:{k}": v for k, v in self.optimizer.state_dict().items()})
        if self.order is not None:
            arrays["order:trees"] = self.order
        save_document(path, FORMAT, header, arrays)

    def resume(self, path: str | os.PathLike[str]) -> None:
        """Continue from a checkpoint; StateError, and nothing is changed, if it is not one of this run."""
        header, arrays = load_document(path, FORMAT)
        groups: dict[str, dict[str, np.ndarray]] = {"model": {}, "best": {}, "optimizer": {}, "order": {}}
        try:
            for key, values in arrays.items():
                group, _, name = key.partition(":")
                groups[group][name] = values
            # Earlier versions knew one way to shuffle.
            _check_settings({"shuffle": "every_epoch", **header["settings"]}, self.settings)
            epochs = [Epoch(**epoch) for epoch in header["epochs"]]
            # Earlier versions kept one generator, that of `fit`.
            drawn = header.get("generators") or [{"paths": ["rng"], "state": header["rng"]}]
            self.generators.check_state(drawn)
            kept = header["watchers"]
            watchers = self._kept()
            if len(kept) != len(watchers):
                raise ValueError(f"it is of {len(kept)} watchers, here are {len(watchers)}")
            for state in (groups["model"], groups["best"]):
                self.model.check_state(state)
            self.optimizer.check_state(groups["optimizer"])
            self.rate.load_state_dict(header.get("schedule", {}))
            for watcher, own in zip(watchers, kept, strict=True):
                watcher.load_state_dict(own)
        except (KeyError, TypeError, ValueError) as error:
            raise StateError(
                f"{path} is not a checkpoint of this run: {error}; delete it to start from the beginning, or "
                "name another file"
            ) from None
        self.model.load_state_dict(groups["model"])
        self.optimizer.load_state_dict(groups["optimizer"])
        self.generators.load_state(drawn)
        self.epochs, self.best_state = epochs, groups["best"]
        self.order = groups["order"].get("trees")  # checkpoints of earlier versions have none


def _check_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse other settings than those a checkpoint was written with; ValueError says which differ."""
    differing = [name for name in {**now, **then} if then.get(name) != now.get(name)]
    told = [
        f"{name} differ" if name.endswith(" data") else f"{name} was {then.get(name)}, is {now.get(name)} now"
        for name in differing
    ]
    if told:
        raise ValueError("; ".join(told))
