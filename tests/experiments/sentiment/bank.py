"""A small made-up treebank in the format of the Stanford Sentiment Treebank, for tests of the experiment."""

from __future__ import annotations

import numpy as np

import models
from experiments.sentiment.settings import SCALES, run_settings

OPINIONS = {"awful": -2, "bad": -1, "film": 0, "the": 0, "Good": 1, "great": 2}
SIZES = {"train": 40, "dev": 20, "test": 25}


def tree(rng, words):
    """A binary tree whose labels are the sums of its words' opinions, cut off at 0 and 4."""
    if len(words) == 1:
        return models.Tree(str(2 + OPINIONS.get(words[0], 0)), words[0]), OPINIONS.get(words[0], 0)
    k = int(rng.integers(1, len(words)))
    (left, a), (right, b) = tree(rng, words[:k]), tree(rng, words[k:])
    return models.Tree(str(int(np.clip(2 + a + b, 0, 4))), children=[left, right]), a + b


def store(folder, seed=0):
    """Write the three files; words of dev and test may be new to train."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for part, n in SIZES.items():
        known = [*OPINIONS, f"only-in-{part}"]
        trees = [tree(rng, rng.choice(known, rng.integers(1, 9)).tolist())[0] for _ in range(n)]
        (folder / f"{part}.txt").write_text("".join(f"{t}\n" for t in trees), encoding="utf-8")
    return folder


def settings(treebank, model="RNN", run=1, **changes):
    """Settings of a run that takes no time."""
    changes = {"D": 5, "mode": "level", "max_epochs": 3, "batch": 8, **changes}
    return run_settings(model, run, scale=SCALES["paper"], seed=0, treebank=treebank.sha256, **changes)
