"""Gradient ratios on dev sentences: measured where asked for, changing nothing, shown beside the others."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

import models
from experiments.paper import memory
from experiments.paper.data import keyword_rows
from experiments.paper.datasets import datasets
from experiments.paper.grids import experiment_jobs
from experiments.paper.named import Rows
from experiments.paper.stored import Stored
from experiments.training.ratios import gradient_ratios
from experiments.training.summaries import by_depth
from tests.experiments.paper.made_up import gradient_run, paper_runs
from tests.experiments.paper.test_run import _performed, _settings


def test_ratios_of_dev_are_those_of_the_dev_sentences(tmp_path):
    settings = replace(_settings("gradient"), dev_ratios=True)
    recorder = _performed(tmp_path, settings, model=tmp_path / "model.npz")
    dev = datasets(settings).dev
    assert all(sum(row["ratios"]["dev"]["count"]) == len(dev) for row in recorder.rows)
    model = models.load(recorder.model)  # that of the best epoch
    loss, states = model.loss(dev, "level")
    loss.backward()
    best = recorder.results[0]["best_epoch"]
    expected = by_depth(*gradient_ratios(dev, states, keyword_rows))
    found = recorder.rows[best]["ratios"]["dev"]
    assert found["depth"] == expected["depth"]
    np.testing.assert_allclose(found["quantiles"], expected["quantiles"], rtol=1e-3)


def test_to_measure_them_changes_nothing_else(tmp_path):
    for folder in ("with", "without"):
        (tmp_path / folder).mkdir()
    with_dev = _performed(tmp_path / "with", replace(_settings("gradient"), dev_ratios=True)).rows
    without = _performed(tmp_path / "without", _settings("gradient")).rows
    for row in with_dev:
        del row["ratios"]["dev"]
    assert with_dev == without


def test_they_are_asked_for_in_experiment_3_of_settings_with_a_name():
    assert Rows("authors-1e-3").dev_ratios
    assert Rows("first-run", 79).dev_ratios
    assert not Rows("first-run").dev_ratios  # its rows were stored before
    for experiment, asked in (("gradient", True), ("length", False)):
        for job in experiment_jobs(experiment, "smoke", dev_ratios=True):
            assert job.settings.dev_ratios == asked
            assert ("dev_ratios" in job.json) == asked


def _with_dev(run, factor):
    run = copy.deepcopy(run)
    for row in run.rows:
        post = row["ratios"]["post"]
        row["ratios"]["dev"] = {**post, "quantiles": [[factor * q for q in qs] for qs in post["quantiles"]]}
    return run


def test_the_table_has_training_and_dev_below_each_other():
    runs = [_with_dev(gradient_run("RNN", n), 0.5) for n in (1, 2, 3)]
    lines = memory.table(Stored(runs)).splitlines()
    cells = {
        line.split(" | ")[1]: [float(c) for c in line.strip("| ").split(" | ")[2:] if c != "–"]
        for line in lines[2:]
    }
    assert len(cells) == 6
    for depth in (5, 10):
        training, dev = (
            cells[f"gradient ratio at depth {depth}, {of} sentences"] for of in ("training", "dev")
        )
        assert len(training) == 7
        assert dev == pytest.approx([0.5 * ratio for ratio in training], rel=0.1)
    middle = sorted(run.rows[3]["ratios"]["post"]["quantiles"][9][2] for run in runs)[1]
    assert cells["gradient ratio at depth 10, training sentences"][3] == pytest.approx(middle, rel=0.05)


def test_runs_without_them_give_no_table(tmp_path):
    assert memory.write(paper_runs(1), tmp_path) == ""
    assert not list(tmp_path.iterdir())
    runs = [_with_dev(gradient_run("RLSTM", 1), 1.0)]
    assert memory.write(runs, tmp_path) == (tmp_path / "memory.md").read_text()
