"""The sentences of a run, made from its settings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import models
from experiments.paper import data
from experiments.paper.depths import sentences_at_depth
from experiments.paper.settings import Settings
from experiments.training.fingerprint import data_hash

DECISIVE = ("seeds", "sizes", "lengths", "keyword_depths", "shape", "extra", "extra_depths")


@dataclass(frozen=True)
class Datasets:
    """What a run trains and is measured on.

    Attributes
    ----------
    train, dev, test : Forest
    extra : dict of Forest
        By keyword depth: sentences of Experiment 3 that are looked at and never trained on.
    hash : str
        sha256 of the arrays of train, dev and test.
    """

    train: models.Forest
    dev: models.Forest
    test: models.Forest
    extra: dict[int, models.Forest]
    hash: str

    def as_chains(self) -> Datasets:
        """Return the same sentences as left-branching chains, for cells that read sequences.

        There are no extra ones: how deep a keyword is in a chain is another matter.
        """
        train, dev, test = map(models.as_chains, (self.train, self.dev, self.test))
        return Datasets(train, dev, test, {}, self.hash)


def datasets(settings: Settings) -> Datasets:
    """Return the data of a run; those of the latest runs are kept, and must not be written to."""
    wanted = {name: settings[name] for name in DECISIVE}
    wanted["seeds"] = settings["seeds"]["data"]
    return _datasets(json.dumps(wanted))


@lru_cache(maxsize=2)
def _datasets(text: str) -> Datasets:
    wanted = json.loads(text)
    lengths, depths, shape = tuple(wanted["lengths"]), wanted["keyword_depths"], wanted["shape"]

    def draw(part: int, n: int, depths: tuple[int, int] | None) -> models.Forest:
        rng = np.random.default_rng([*wanted["seeds"], part])  # train, dev, test share no generator
        if depths is None:
            return data.sentences(rng, n, lengths, shape)
        return sentences_at_depth(rng, n, lengths, depths, shape)

    at = None if depths is None else (depths[0], depths[1])
    train, dev, test = (
        draw(part, wanted["sizes"][name], at) for part, name in enumerate(("train", "dev", "test"))
    )
    extra = {depth: draw(depth, wanted["extra"], (depth, depth)) for depth in wanted["extra_depths"]}
    return Datasets(train, dev, test, extra, data_hash(train, dev, test))
