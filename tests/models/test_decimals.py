"""Decimal numbers read by the loop, beside its twin and Python's float, to the last bit."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models.decimals import read_decimals


def read(text, width=50):
    data, out = np.frombuffer(text, np.uint8), np.full(width, np.nan)
    count, slow = read_decimals(data, out), np.full(width, np.nan)
    assert read_decimals.twin(data, slow) == count
    if count > 0:
        assert out[:count].tolist() == slow[:count].tolist()
    return count, out[: max(count, 0)].tolist()


def test_numbers_are_those_of_float_to_the_last_bit():
    rng = random.Random(0)
    forms = ["{:.5f}", "{:.6g}", "{:.3e}", "{:.12g}", "{:+.2f}", "{:.0f}"]
    for _ in range(400):
        numbers = [
            rng.choice(forms).format(rng.gauss(0, 1) * 10.0 ** rng.randrange(-6, 7)) for _ in range(50)
        ]
        assert read(" ".join(numbers).encode()) == (50, list(map(float, numbers)))


def test_short_forms_and_long_zeros():
    assert read(b"1 -2. .5 +0.25 1e3 2E-2 -1.5e+1 000000000000000000007 0.00000000000000000000 0") == (
        10,
        [1, -2, 0.5, 0.25, 1000, 0.02, -15, 7, 0, 0],
    )


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"",
            b"-",
            b".",
            b"1  2",
            b"1 ",
            b" 1",
            b"1-2",
            b"1 x",
            b"1x",
            b"nan",
            b"inf",
            b"1e",
            b"1e+",
            b"1e9999",
        ),
        *(
            b"1.2.3",
            b"1e5.",
            b"0x1",
            b"1_0",
            b"1,5",
            b"1234567890123456",
            b"1e23",
            b"1e-23",
            b"1\t2",
            b"1\xff",
        ),
        b"1.0000000000000001",
    ],
)
def test_other_forms_are_left_to_others(text):
    assert read(text) == (-1, [])


def test_more_numbers_than_there_is_room_for():
    assert read(b"1 2 3", 2) == (-1, [])
    assert read(b"1 2 3", 3) == (3, [1, 2, 3])
