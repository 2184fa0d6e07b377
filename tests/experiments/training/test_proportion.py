"""Wilson's interval, beside the equation that defines it."""

from __future__ import annotations

import math

import pytest

from experiments.training.proportion import wilson

Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (1, 5), (4, 5), (5, 5), (7, 10), (10, 10), (37, 60)])
def test_the_ends_are_the_probabilities_that_the_share_is_z_standard_deviations_from(successes, n):
    lower, upper = wilson(successes, n)
    share = successes / n
    assert 0 <= lower <= share <= upper <= 1
    for end in {lower, upper} - ({0.0} if successes == 0 else set()) - ({1.0} if successes == n else set()):
        assert abs(share - end) == pytest.approx(Z * math.sqrt(end * (1 - end) / n), rel=1e-9)


def test_known_values():
    assert wilson(0, 10) == (0.0, pytest.approx(0.27753, abs=1e-5))  # z² / (n + z²)
    assert wilson(10, 10) == (pytest.approx(1 - 0.27753, abs=1e-5), 1.0)
    assert wilson(5, 10) == (pytest.approx(0.23659, abs=1e-5), pytest.approx(0.76341, abs=1e-5))


def test_more_confidence_is_a_wider_interval():
    (low, high), (lower, higher) = wilson(3, 10), wilson(3, 10, 0.99)
    assert lower < low < high < higher


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_proportion_is_refused(successes, n):
    with pytest.raises(ValueError, match=rf"not {successes} of {n}"):
        wilson(successes, n)


def test_a_confidence_in_percent_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1, not 95"):
        wilson(1, 2, 95)
