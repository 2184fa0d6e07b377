"""What the tests of the study share."""

from __future__ import annotations

import pytest

from experiments.paper.why import choice


@pytest.fixture(autouse=True, scope="package")
def _few_resamples():
    """Intervals of hundreds of settings, to be had in a second; which are apart does not hang on it here."""
    usual, choice.RESAMPLES = choice.RESAMPLES, 100
    yield
    choice.RESAMPLES = usual
