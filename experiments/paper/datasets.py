"""The sentences of a run, made from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

import models
from experiments.paper import data
from experiments.paper.depths import sentences_at_depth
from experiments.paper.settings import Settings
from experiments.training.evaluation import majority_accuracy
from experiments.training.fingerprint import data_hash
from experiments.training.relabelled import with_words

# Behind a run's seed of data; those of train, dev, test and the extra sentences have one number there.
_SHUFFLED, _LATER = (0, 1), (0, 2)
_VALUES = {"sentences": ("kept", "fresh"), "labels": ("true", "shuffled")}


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
    fresh : function of an epoch's number, or None
        Returns the training sentences of the epoch, where they are drawn anew in each; those of the first
        are `train`.
    """

    train: models.Forest
    dev: models.Forest
    test: models.Forest
    extra: dict[int, models.Forest]
    hash: str
    fresh: Callable[[int], models.Forest] | None = None

    def as_chains(self) -> Datasets:
        """Return the same sentences as left-branching chains, for cells that read sequences.

        There are no extra ones: depth in a chain means something else.
        """
        train, dev, test = map(models.as_chains, (self.train, self.dev, self.test))
        fresh = self.fresh
        chains = None if fresh is None else lambda epoch: models.as_chains(fresh(epoch))
        return Datasets(train, dev, test, {}, self.hash, chains)


def datasets(settings: Settings) -> Datasets:
    """Return the data of a run; they are cached, and must not be modified.

    Raises
    ------
    ValueError
        If `sentences` or `labels` is none of its values, or labels are to be dealt among sentences that are
        drawn anew in every epoch: only those of the first would have other labels.
    """
    for name, values in _VALUES.items():
        if (value := getattr(settings, name)) not in values:
            raise ValueError(f"{name} is {' or '.join(map(repr, values))}, not {value!r}")
    if settings.sentences == "fresh" and settings.labels == "shuffled":
        raise ValueError("labels='shuffled' deals the labels of sentences that are kept, not of fresh ones")
    sizes = tuple(settings.sizes[part] for part in ("train", "dev", "test"))
    kind = settings.lengths, settings.keyword_depths, settings.shape
    seeds = settings.seeds["data"]
    sets = _datasets(seeds, sizes, *kind, settings.extra, settings.extra_depths)
    if settings.labels == "shuffled":
        rng = np.random.default_rng([*seeds, *_SHUFFLED])
        own = sets.train
        train = with_words(own, own.word, rng.permutation(own.label[own.root]))
        sets = replace(sets, train=train, hash=data_hash(train, sets.dev, sets.test))
    if settings.sentences == "fresh":
        sets = replace(sets, fresh=partial(_fresh, sets.train, seeds, kind))
    return sets


def _fresh(
    first: models.Forest,
    seeds: tuple[int, ...],
    kind: tuple[tuple[int, int], tuple[int, int] | None, str],
    epoch: int,
) -> models.Forest:
    if epoch == 1:
        return first
    return _draw(np.random.default_rng([*seeds, *_LATER, epoch]), len(first), *kind)


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
        # Train, dev, test share no generator.
        return _draw(np.random.default_rng([*seeds, part]), n, lengths, depths, shape)

    train, dev, test = (draw(part, n, keyword_depths) for part, n in enumerate(sizes))
    others = {depth: draw(depth, extra, (depth, depth)) for depth in extra_depths}
    return Datasets(train, dev, test, others, data_hash(train, dev, test))


def _draw(
    rng: np.random.Generator,
    n: int,
    lengths: tuple[int, int],
    depths: tuple[int, int] | None,
    shape: str,
) -> models.Forest:
    if depths is None:
        return data.sentences(rng, n, lengths, shape)
    if shape != "uniform_split":
        raise ValueError(f"keywords at a given depth are drawn in trees of uniform splits, not of {shape}")
    return sentences_at_depth(rng, n, lengths, depths)
