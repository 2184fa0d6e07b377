"""The sentences of a run, made from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import models
from experiments.paper import data
from experiments.paper.depths import sentences_at_depth
from experiments.paper.settings import Settings
from experiments.training.evaluation import majority_accuracy
from experiments.training.fingerprint import data_hash


@dataclass(frozen=True)
class Datasets:
    """What a run trains and is measured on.

    Attributes
    ----------
    train, dev, test : Forest
    extra : dict of Forest
        By keyword depth: sentences for Experiment 3 that are measured and never trained on.
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

        There are no extra ones: depth in a chain means something else.
        """
        train, dev, test = map(models.as_chains, (self.train, self.dev, self.test))
        return Datasets(train, dev, test, {}, self.hash)


def datasets(settings: Settings) -> Datasets:
    """Return the data of a run; they are cached, and must not be modified."""
    sizes = tuple(settings.sizes[part] for part in ("train", "dev", "test"))
    sentences = settings.lengths, settings.keyword_depths, settings.shape
    return _datasets(settings.seeds["data"], sizes, *sentences, settings.extra, settings.extra_depths)


def majority(settings: Settings, part: str) -> float:
    """Return the accuracy on "dev" or "test" of always answering the most frequent class of train."""
    sets = datasets(settings)
    train, asked = (of.label[of.root] for of in (sets.train, getattr(sets, part)))
    return majority_accuracy(train, asked)


@lru_cache(maxsize=2)
def _datasets(
    seeds: tuple[int, ...],
    sizes: tuple[int, ...],
    lengths: tuple[int, int],
    keyword_depths: tuple[int, int] | None,
    shape: str,
    extra: int,
    extra_depths: tuple[int, ...],
) -> Datasets:
    def draw(part: int, n: int, depths: tuple[int, int] | None) -> models.Forest:
        rng = np.random.default_rng([*seeds, part])  # train, dev, test share no generator
        if depths is None:
            return data.sentences(rng, n, lengths, shape)
        if shape != "uniform_split":
            raise ValueError(
                f"keywords at a given depth are drawn in trees of uniform splits, not of {shape}"
            )
        return sentences_at_depth(rng, n, lengths, depths)

    train, dev, test = (draw(part, n, keyword_depths) for part, n in enumerate(sizes))
    others = {depth: draw(depth, extra, (depth, depth)) for depth in extra_depths}
    return Datasets(train, dev, test, others, data_hash(train, dev, test))
