"""The tasks by name, and the sentences of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from experiments.studies.fit import parts
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


def sentences(settings: Settings) -> tuple[Sentences, Sentences, Sentences]:
    """Return train, dev and test of a run; those of the latest runs are kept, and must not be written to."""
    sizes = tuple(settings.sizes.items())
    return _sentences(settings.task, settings.rate, sizes, settings.lengths, settings.seeds["data"])


@lru_cache(maxsize=3)  # the runs of one cell on a dataset; the next cell has the same
def _sentences(
    task: str,
    rate: float | None,
    sizes: tuple[tuple[str, int], ...],
    lengths: tuple[int, int],
    seed: tuple[int, ...],
) -> tuple[Sentences, Sentences, Sentences]:
    options = {} if rate is None else {"rate": rate}

    def draw(rng: np.random.Generator, part: str) -> Sentences:
        return TASKS[task](rng, dict(sizes)[part], lengths, **options)

    return parts(seed, draw)
