"""The export."""

from __future__ import annotations

import csv
import io

from experiments import sweep
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
