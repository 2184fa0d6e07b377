"""The tasks by name, and the sentences of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from experiments.studies.tasks.distractors import distractors
from experiments.studies.tasks.keywords import addition, order
from experiments.studies.tasks.negation import negation
from experiments.studies.tasks.sentences import Sentences
from experiments.studies.tasks.settings import Settings

# Each takes (rng, n, lengths), and its rate where it has one.
TASKS: dict[str, Callable[..., Sentences]] = {
    "sum": addition,
    "order": order,
    "negation": negation,
    "distractors": distractors,
}
PARTS = ("train", "dev", "test")
DECISIVE = ("task", "rate", "sizes", "lengths")


def sentences(settings: Settings) -> dict[str, Sentences]:
    """Return train, dev and test of a run; those of the latest runs are kept, and must not be written to."""
    wanted = {name: settings[name] for name in DECISIVE}
    return _sentences(json.dumps({**wanted, "seeds": settings["seeds"]["data"]}))


@lru_cache(maxsize=3)  # the runs of one cell on a dataset; the next cell has the same
def _sentences(text: str) -> dict[str, Sentences]:
    wanted = json.loads(text)
    rate = {} if wanted["rate"] is None else {"rate": wanted["rate"]}
    lengths = (wanted["lengths"][0], wanted["lengths"][1])
    return {
        part: TASKS[wanted["task"]](
            np.random.default_rng([*wanted["seeds"], number]),  # train, dev, test share no generator
            wanted["sizes"][part],
            lengths,
            **rate,
        )
        for number, part in enumerate(PARTS)
    }
