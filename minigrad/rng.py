"""Where chance comes from: a generator that the caller passes, so that runs can be repeated."""

from __future__ import annotations

import numpy as np


def require_generator(rng: object, who: str) -> np.random.Generator:
    """Return `rng`, if it is a generator; otherwise raise a TypeError that says how to get one.

    `who` draws from it: the subject of the message.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    seed = rng if isinstance(rng, int) else "seed"
    raise TypeError(
        f"{who}: rng is a numpy.random.Generator, not {type(rng).__name__}; "
        f"pass numpy.random.default_rng({seed})"
    )
