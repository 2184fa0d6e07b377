"""How summaries tell the numbers of several runs."""

from __future__ import annotations

import math

import pytest

from experiments import sweep
from experiments.sweep import wording


@pytest.mark.parametrize(
    ("values", "form", "told"),
    [
        ([3, 1, 2], "{:.0f}", "2 (1 to 3)"),
        ([1, 2], "{:.1f}", "1.5 (1.0 to 2.0)"),
        ([0.1001, 0.1002], "{:.2f}", "0.10"),
        ([5], "{:g}", "5"),
        ([0.012, 0.5, 12], wording.two_digits, "0.5 (0.012 to 12)"),
        ([math.nan, 1.0], wording.two_digits, "–"),
    ],
)
def test_a_median_has_its_range_unless_all_look_alike(values, form, told):
    assert wording.median_range(values, form) == told


def test_the_range_is_written_as_asked_for():
    assert wording.median_range([97, 98, 99], "{:.0f}", "–") == "98 (97–99)"


def test_alerts_are_counted_over_runs_and_epochs():
    rows = [{"alerts": [{"rule": "stuck"}, {"rule": "vanishing"}]}, {"alerts": [{"rule": "vanishing"}]}]
    run = sweep.Run("a", {}, 1, rows, {}, [])
    assert wording.alerts_in_words([run, run]) == "stuck ×2, vanishing ×4"
    assert wording.alerts_in_words([]) == "none"


def test_a_table_has_its_numbers_to_the_right():
    made = wording.table(["", "a", "b"], [["x", "1", "2"]])
    assert made == "|  | a | b |\n| --- | ---: | ---: |\n| x | 1 | 2 |"
