"""Whoever draws asks for a generator, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import initial
from minigrad.rng import require_generator


def test_a_generator_is_returned() -> None:
    rng = np.random.default_rng(0)
    assert require_generator(rng, "a test") is rng


@pytest.mark.parametrize(
    ("rng", "text"),
    [
        (None, r"not NoneType; pass numpy\.random\.default_rng\(seed\)"),
        (3, r"not int; pass numpy\.random\.default_rng\(3\)"),
        (np.random, "not module"),
    ],
)
@pytest.mark.parametrize(
    ("who", "draw"),
    [
        ("a test", lambda rng: require_generator(rng, "a test")),
        ("dropout", lambda rng: mg.dropout(mg.tensor([1.0]), 0.5, rng)),
        ("the init 'zeros'", lambda rng: initial("zeros", rng, (2,))),
    ],
)
def test_anything_else_is_refused(who: str, draw: Callable[[Any], Any], rng: Any, text: str) -> None:
    with pytest.raises(TypeError, match=rf"^{who}: rng is a numpy\.random\.Generator, {text}"):
        draw(rng)
