"""The table of error vectors: medians over runs, of the right reading, depth and epoch."""

from __future__ import annotations

import copy

import pytest

from experiments.paper import error_vectors
from experiments.paper.stored import Stored
from tests.experiments.paper.made_up import gradient_run, paper_runs


def _with(run, definition, factor):
    """Let a run's rows hold another reading whose ratios are `factor` times those after the activation."""
    run = copy.deepcopy(run)
    for row in run.rows:
        post = row["ratios"]["post"]
        scaled = [[None if q is None else factor * q for q in quantiles] for quantiles in post["quantiles"]]
        row["ratios"][definition] = {**post, "quantiles": scaled}
    return run


def _cells(text, model, definition, depth):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {model} | {definition} | {depth} |")]
    return line.strip("| ").split(" | ")[3:]


def test_a_cell_is_the_median_over_runs_of_the_median_ratio():
    runs = [_with(gradient_run("RNN", n), "pre", 2) for n in (1, 2, 3)]
    text = error_vectors.table(Stored(runs))
    expected = sorted(run.rows[3]["ratios"]["post"]["quantiles"][9][2] for run in runs)[1]  # depth 10
    post, pre = (_cells(text, "RNN", name, 10) for name in ("post", "pre"))
    assert float(post[3]) == pytest.approx(expected, rel=0.05)
    assert float(pre[3]) == pytest.approx(2 * expected, rel=0.05)
    assert float(post[-1]) > float(post[3])  # the last epoch's


def test_a_depth_without_trees_and_an_epoch_that_was_not_reached_are_dashes():
    run = copy.deepcopy(gradient_run("RLSTM", 1, epochs=4))
    run.rows[2]["ratios"]["post"]["quantiles"][9] = [None] * 5
    cells = _cells(error_vectors.table(Stored([run])), "RLSTM", "post", 10)
    assert (cells[2], cells[4]) == ("–", "–")


def test_without_gradient_runs_nothing_is_written(tmp_path):
    others = [run for run in paper_runs(1) if not run.name.startswith("gradient")]
    assert error_vectors.write(others, tmp_path) == ""
    assert not list(tmp_path.iterdir())
    assert error_vectors.write(paper_runs(1), tmp_path) == (tmp_path / error_vectors.FILE).read_text()
