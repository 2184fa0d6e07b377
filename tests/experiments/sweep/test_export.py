"""The export, and the estimates of what is left."""

from __future__ import annotations

import csv
import io

import pytest

from experiments import sweep
from experiments.sweep.estimate import History, in_words, kind
from experiments.sweep.export import as_csv, mixed_environments


def _run(
    name="test/01/RNN/1", *, work=100, epochs=2, seconds=1.0, environments=({"processor": "this"},), **row
):
    rows = [{"kind": "epoch", "epoch": k, "timing": {"seconds": 0.1}, **row} for k in range(1, epochs + 1)]
    result = {"kind": "result", "timing": {"seconds": seconds}, "test_accuracy": 0.1}
    return sweep.Run(name, {"lr": 0.05, "lengths": [1, 10]}, work, rows, result, list(environments))


def _table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_is_a_line_that_names_its_run_and_settings():
    table = _table(as_csv([_run("b/1"), _run("a/1", epochs=1)]))
    assert [(line["name"], line["kind"], line["epoch"]) for line in table] == [
        ("b/1", "epoch", "1"),
        ("b/1", "epoch", "2"),
        ("b/1", "result", ""),
        ("a/1", "epoch", "1"),
        ("a/1", "result", ""),
    ]
    assert {line["settings.lr"] for line in table} == {"0.05"}
    assert {line["settings.lengths"] for line in table} == {"[1, 10]"}
    assert [line["test_accuracy"] for line in table] == ["", "", "0.1", "", "0.1"]


def test_nested_values_become_columns_and_lists_json():
    (first, *_) = _table(as_csv([_run(ratios={"post": {"depth": [1, 2], "above_2": 0.25}}, loss=None)]))
    assert first["ratios.post.depth"] == "[1, 2]"
    assert first["ratios.post.above_2"] == "0.25"
    assert "loss" not in first


def test_numbers_come_back_exactly():
    value = 0.1 + 0.2
    (first, *_) = _table(as_csv([_run(loss=value)]))
    assert float(first["loss"]) == value


def test_times_are_exported_on_request_only():
    fast, slow = _run(seconds=1.0), _run(seconds=9.0)
    assert as_csv([fast]) == as_csv([slow])
    *_, result = _table(as_csv([slow], timing=True))
    assert result["timing.seconds"] == "9.0"


def test_the_order_of_settings_and_keys_does_not_matter():
    run = _run(a=1, b=2)
    other = sweep.Run(
        run.name, dict(reversed(run.settings.items())), 100, [dict(reversed(r.items())) for r in run.rows],
        run.result, [],
    )  # fmt: skip
    assert as_csv([run]) == as_csv([other])


def test_rows_of_different_processors_or_versions_are_warned_of():
    here = {"processor": "this", "numpy": "2.0", "began": "now"}
    same = _run("a"), _run("b")
    assert mixed_environments(same) == []
    later = _run("a", environments=[here]), _run("b", environments=[{**here, "began": "later"}])
    assert mixed_environments(later) == []
    resumed_elsewhere = _run("b", environments=[here, {**here, "processor": "that", "numpy": "2.1"}])
    processor, numpy = mixed_environments([_run("a", environments=[here]), resumed_elsewhere])
    assert "this (2 runs), that (1 runs)" in processor
    assert "numpy" in numpy


def _job(name, work=100):
    return sweep.Job(name, {"seed": 0}, work, "nobody:calls")


def test_runs_that_differ_in_numbers_are_of_a_kind():
    assert kind("length/03/RLSTM/2") == kind("length/10/RLSTM/5") == "length/RLSTM"


def test_nothing_is_known_before_a_run_is_finished():
    assert History([]).left([(_job("a/1"), 0.0)], 1) is None
    assert History([]).seconds(_job("a/1")) is None


def test_what_is_left_follows_from_the_finished_runs_of_the_kind():
    history = History(
        [
            _run("x/A/1", work=100, epochs=10, seconds=10.0),
            _run("x/A/2", work=100, epochs=12, seconds=12.0),
            _run("x/B/1", work=100, epochs=50, seconds=500.0),
        ]
    )
    # Eleven epochs in the mean, of 200 nodes at 0.01 s; one of them is done.
    left = history.left([(_job("x/A/3", work=200), 1.0)], 1)
    assert left.nodes == pytest.approx(10 * 200)
    assert (left.low + left.high) / 2 == pytest.approx(20.0)
    # 2 deviations of sqrt(2) epochs each, for the run itself and for the mean of two.
    assert (left.high - left.low) / 2 == pytest.approx(2 * (2 * (1 + 1 / 2)) ** 0.5 * 2.0)
    assert history.seconds(_job("x/A/3", work=200)) == pytest.approx(22.0)


def test_runs_without_epochs_take_what_the_others_took():
    history = History([_run(f"x/A/{k}", work=100, epochs=0, seconds=3.0) for k in (1, 2)])
    assert history.seconds(_job("x/A/3")) == pytest.approx(3.0)
    left = history.left([(_job("x/A/3"), 0.0), (_job("x/A/4"), 0.0)], 1)
    assert (left.nodes, left.high) == (200, pytest.approx(6.0))


def test_two_processes_halve_the_time_but_not_that_of_a_single_run():
    history = History([_run(f"x/A/{k}", epochs=5, seconds=5.0) for k in (1, 2)])
    four = [(_job(f"x/A/{k}"), 0.0) for k in range(3, 7)]
    assert history.left(four, 1).high == pytest.approx(20.0)
    assert history.left(four, 2).high == pytest.approx(10.0)
    assert history.left(four[:1], 2).high == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(3, 5, "3 to 5 s"), (50, 110, "50 to 110 s"), (60, 300, "1 to 5 min"), (299, 301, "5 min"),
     (3600, 9000, "1.0 to 2.5 h")],
)  # fmt: skip
def test_a_range_of_time_in_words(low, high, words):
    assert in_words(low, high) == words
