"""Finished runs by their settings, and the lines and tables through their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.studies.runs import by, chosen, epochs, fired, line, lines, median_table, positive, values
from experiments.sweep import Run
from viz import Line


def _run(cell, delay, run, loss, alerts=()):
    rows = [{"kind": "epoch", "epoch": k, "loss": x, "alerts": []} for k, x in enumerate([2 * loss, loss])]
    rows[-1]["alerts"] = [{"rule": rule} for rule in alerts]
    settings = {"cell": cell, "delay": delay, "run": run}
    return Run(f"study/{delay}/{cell}/{run}", settings, 1, rows, {"loss": loss}, [])


RUNS = [
    _run(cell, delay, k, delay + k) for delay in (30, 4) for cell in ("GRU", "Mine", "LSTM") for k in (1, 2)
]


def test_runs_are_chosen_by_any_settings():
    assert [run.name for run in chosen(RUNS, cell="GRU", run=2)] == ["study/30/GRU/2", "study/4/GRU/2"]
    assert chosen(RUNS) == RUNS
    assert chosen(RUNS, cell="RNN") == []
    assert values(RUNS, "delay") == [4, 30]


def test_kinds_come_in_the_order_asked_for_then_as_they_occur():
    assert list(by(RUNS, "cell", ("LSTM", "RNN", "GRU"))) == ["LSTM", "GRU", "Mine"]
    assert list(by(RUNS, "delay")) == [30, 4]
    assert by(RUNS, "cell")["Mine"] == chosen(RUNS, cell="Mine")


def test_the_kth_run_of_a_line_is_run_k_at_every_place():
    some = [run for run in RUNS if run.name != "study/4/GRU/1"]
    found = line(chosen(some, cell="GRU"), "delay", "loss")
    assert found.x == [4, 30]
    np.testing.assert_equal(found.runs, [[np.nan, 31], [6, 32]])
    doubled = lines(by(some, "cell"), "delay", lambda run: 2 * run.result["loss"])
    assert list(doubled) == ["GRU", "Mine", "LSTM"]
    assert doubled["Mine"].runs == [[10, 62], [12, 64]]


@pytest.mark.parametrize(("keep_last", "last"), [(False, np.nan), (True, 1.0)])
def test_a_run_that_ended_has_no_more_values_or_keeps_its_last(keep_last, last):
    short, long = _run("GRU", 1, 1, 1.0), _run("GRU", 1, 2, 3.0)
    long.rows.append({"kind": "epoch", "epoch": 2, "loss": 0.5, "alerts": []})
    found = epochs([short, long], lambda row: row["loss"], keep_last)
    assert found.x == [0, 1, 2]
    np.testing.assert_equal(found.runs, [[2, 1, last], [6, 3, 0.5]])


def test_zeros_have_no_place_on_a_logarithmic_axis():
    np.testing.assert_equal(positive(Line([1, 2], [[0.0, 3.0]])).runs, [[np.nan, 3]])


def test_a_table_has_medians_and_ranges_and_a_dash_without_runs():
    some = [run for run in RUNS if run.settings["cell"] != "Mine" or run.settings["delay"] == 30]
    assert median_table(some, "cell", "delay", "loss", "{:.1f}").splitlines() == [
        "| cell | 4 | 30 |",
        "| --- | ---: | ---: |",
        "| GRU | 5.5 (5.0 to 6.0) | 31.5 (31.0 to 32.0) |",
        "| Mine | – | 31.5 (31.0 to 32.0) |",
        "| LSTM | 5.5 (5.0 to 6.0) | 31.5 (31.0 to 32.0) |",
    ]


def test_each_rule_counts_once_in_a_run():
    assert fired(_run("GRU", 1, 1, 1.0, ["vanishing", "stuck", "vanishing"])) == {"vanishing", "stuck"}
    assert fired(RUNS[0]) == set()
