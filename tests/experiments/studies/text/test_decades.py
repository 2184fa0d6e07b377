"""Sizes of gradients as text."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.studies.text.decades import CODE, decode, encode


def test_a_size_comes_back_to_the_nearest_tenth_of_a_decade():
    sizes = 10 ** np.random.default_rng(0).uniform(-7, 2, 500)
    text = encode(sizes)
    assert len(text) == 500
    assert np.abs(np.log10(decode(text) / sizes)).max() < 0.05 + 1e-9
    assert decode(encode([1.0, 0.1])) == pytest.approx([1, 0.1])


def test_what_is_beyond_the_ends_is_an_end():
    assert encode([0, 1e-300, 0.8e-7]) == CODE[0] * 3
    assert decode(CODE[0]).tolist() == [0]
    assert encode([100, 1e9, np.inf]) == CODE[-1] * 3
    assert decode(CODE[1] + CODE[-1]) == pytest.approx([1e-7, 100])
    assert encode([]) == ""
    assert decode("").shape == (0,)


def test_rows_hold_a_byte_for_each():
    assert len(json.dumps(CODE)) == len(CODE) + 2
    assert len(set(CODE)) == len(CODE) == 92


def test_what_is_no_size_is_refused():
    with pytest.raises(ValueError, match=r"sizes are at least 0, not -0.5"):
        encode([1, -0.5])
    with pytest.raises(ValueError, match="sizes are at least 0, not nan"):
        encode([np.nan])
    with pytest.raises(ValueError, match="'é' stands for no size"):
        decode("!é")
