"""More than five runs: claims are judged by the first five, and all tell how often a model learns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from experiments.paper import success
from experiments.paper.stored import NoRows, Stored
from tests.experiments.paper import made_up


def _runs(*percents, dataset=4):
    return [made_up.accuracy_run("length", dataset, "RLSTM", n, p) for n, p in enumerate(percents, 1)]


def test_claims_are_judged_by_runs_one_to_five():
    stored = Stored(_runs(10, 20, 30, 40, 50, 99, 99)[::-1])
    assert stored.repetitions == 5
    assert stored.accuracies("length", 4, "RLSTM") == [10, 20, 30, 40, 50]
    assert len(stored.found("length", 4, "RLSTM")) == 7


def test_more_runs_of_one_dataset_do_not_make_those_of_others_incomplete():
    stored = Stored([*_runs(*[90] * 20), *_runs(*[80] * 5, dataset=5)])
    assert stored.accuracies("length", 5, "RLSTM") == [80] * 5


def test_runs_after_the_fifth_do_not_stand_in_for_one_that_is_missing():
    runs = [run for run in _runs(*[90] * 7) if not run.name.endswith("/3")]
    with pytest.raises(NoRows, match=r"4 of 5 runs are there of length/04/RLSTM"):
        Stored(runs).accuracies("length", 4, "RLSTM")


def test_all_runs_tell_how_often_a_model_learns():
    runs = [*_runs(96, 11, 50, 49.9, 12, 80, 90, 9, 10, 11), *_runs(10, 11, dataset=5)]
    runs.append(made_up.accuracy_run("depth", 2, "RNN", 1, 97))
    lines = success.table(Stored(runs)).splitlines()
    assert lines[2:5] == [
        "| 31–40 tokens | RLSTM | 4 of 10 | 17–69 | 85.0 (50.0–96.0) |",
        "| 41–50 tokens | RLSTM | 0 of 2 | 0–66 | – |",
        "| keyword depth 2–3 | RNN | 1 of 1 | 21–100 | 97.0 |",
    ]
    assert len(lines) == 7


def test_the_table_is_written_beside_the_rows(tmp_path):
    runs = _runs(96, 11)
    assert success.write(runs, tmp_path) == (tmp_path / "success.md").read_text()
    assert success.write([], tmp_path / "none") == ""
    assert success.write([replace(runs[0], name="gradient/03/RLSTM/1")], tmp_path / "none") == ""
    assert not (tmp_path / "none").exists()
