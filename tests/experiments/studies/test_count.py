"""Counting: strings by hand, what is accepted, reach and traces, one run, and what is said of the rows."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import minigrad as mg
import models
from experiments import sweep
from experiments.__main__ import main
from experiments.studies.count import STUDY, measures
from experiments.studies.count.measures import accepted, reach, trace
from experiments.studies.count.perform import SCALES, grid, new_model, perform
from experiments.studies.count.task import determined, strings, vocabulary
from experiments.sweep import Run, to_json
from minigrad.nn import Parameter
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = {"longest": 4, "tested": 8, "traced": 3, "D": 5, "size": 30, "max_epochs": 3, "mode": "level"}


def _settings(language="ab", cell="LSTM", **changes):
    (of,) = (
        settings for name, settings, _ in grid("smoke", 0, 1, ("LSTM", "GRU")) if name == f"{language}/{cell}"
    )
    return replace(of, **TINY | changes)


def _performed(folder, chosen):
    recorder = Recorder(folder)
    perform(chosen, recorder)
    return recorder


class Counter(mg.Cell):
    """A cell that counts exactly: how many a more than b, and which letter was read last, one-hot."""

    def __init__(self):
        self.settings = {}
        self.parts = (mg.Part("h", 4, leaf="zero"),)
        self.right_parts = (mg.Part("x", 3),)
        self.step = Parameter(np.array([[1, -1, 0]], np.float32))

    def compose(self, left, right):
        return mg.concat([left.h[:, :1] + right.x @ self.step.T, right.x], axis=1)


def counter():
    """A model that predicts aⁿbⁿ exactly."""
    model = models.TreeClassifier(Counter(), vocabulary("ab"), 3, np.random.default_rng(0), head="labelled")
    with mg.no_grad():
        model.L.copy_(np.eye(3, dtype=np.float32))
        # Scores of a, b, $: a after a; after b: b while the surplus is above a half, then the end.
        model.Ws.copy_(np.array([[0, 9, -99, 0], [1, 0, 0, 0], [0, -99, 0, 0]], np.float32))
        model.bs.copy_(np.array([0, -0.5, 0], np.float32))
    return model


def test_the_next_symbol_is_the_label_and_determined_from_the_first_b_on():
    forest = strings([3, 1], vocabulary("ab"))
    read, following = forest.word[forest.right[forest.inner]], forest.label[forest.inner]
    assert "".join("ab$"[k] for k in read) == "aaabbb" + "ab"
    assert "".join("ab$"[k] for k in following) == "aabbb$" + "b$"
    assert determined(forest).tolist() == [False] * 3 + [True] * 3 + [False, True]
    forest = strings([2], vocabulary("abc"))
    assert "".join("abc$"[k] for k in forest.label[forest.inner]) == "abbcc$"
    assert determined(forest).tolist() == [False] * 2 + [True] * 4


@pytest.mark.parametrize("counts", [[], [2, 0]])
def test_strings_without_an_a_are_refused(counts):
    with pytest.raises(ValueError, match="at least one a"):
        strings(counts, vocabulary("ab"))


def test_a_model_that_counts_accepts_everything_in_any_pieces(monkeypatch):
    counts = [7, 1, 30, 2]
    whole, loss = accepted(counter(), counts, "level")
    assert whole.tolist() == [True] * 4
    monkeypatch.setattr(measures, "POSITIONS_AT_ONCE", 10)
    pieces, again = accepted(counter(), counts, "level")
    assert pieces.tolist() == [True] * 4
    assert again == pytest.approx(loss)


def test_pieces_are_filled_to_their_bound_and_hold_a_string_at_least(monkeypatch):
    monkeypatch.setattr(measures, "POSITIONS_AT_ONCE", 20)
    assert measures._parts([4, 6, 5, 5, 1, 30, 2], 2) == [[4, 6], [5, 5], [1], [30], [2]]
    assert measures._parts([3, 7], 3) == [[3], [7]]


def test_one_wrong_symbol_anywhere_after_the_first_b_and_a_string_is_not_accepted():
    model = counter()
    model.bs.data[1] = -2.5  # the end is predicted two b too early: only after fewer than two b is there none
    assert accepted(model, [1, 2, 3, 4], "level")[0].tolist() == [True, False, False, False]
    model = counter()
    model.bs.data[0] = -99  # what follows an a can't be known, and does not count
    assert accepted(model, [1, 2, 3], "level")[0].all()
    model = counter()
    model.bs.data[2] = -9  # no end
    assert not accepted(model, [1, 2, 3], "level")[0].any()


def test_the_loss_is_that_of_the_determined_symbols_only():
    model = new_model(_settings())
    counts = [2, 4]
    forest = strings(counts, model.vocabulary)
    scores = model(forest, "level")[0].data.astype(float)
    chosen = np.exp(scores)[np.arange(12), forest.label[forest.inner]] / np.exp(scores).sum(axis=1)
    by_hand = [-np.log(p) for p, b in zip(chosen, "aabb" + "aaaabbbb", strict=True) if b == "b"]
    assert accepted(model, counts, "level")[1] == pytest.approx(np.mean(by_hand), rel=1e-5)


@pytest.mark.parametrize(
    ("accepts", "n"), [([], 0), ([False, True], 0), ([True, True, False, True], 2), ([True] * 3, 3)]
)
def test_the_reach_ends_before_the_first_string_that_is_not_accepted(accepts, n):
    assert reach(accepts) == n


@pytest.mark.parametrize(("cell", "part"), [("LSTM", "c"), ("GRU", "h")])
def test_the_trace_is_the_memory_or_else_the_state(cell, part):
    model = new_model(_settings("abc", cell))
    forest = strings([3], model.vocabulary)
    states = model(forest, "level")[1]
    assert np.array_equal(trace(model, 3, "level"), states[part].data[forest.inner])
    assert trace(model, 3, "level").shape == (9, 5)


@pytest.mark.parametrize("language", ["ab", "abc"])
def test_a_run_is_examined_on_all_lengths_and_keeps_its_trace(language, tmp_path):
    recorder = _performed(tmp_path, _settings(language, "GRU"))
    (result,) = recorder.results
    assert [row["epoch"] for row in recorder.rows] == [1, 2, 3]
    assert result["best_epoch"] == min(recorder.rows, key=lambda row: row["dev_loss"])["epoch"]
    assert len(result["accepted"]) == 8
    assert result["reach"] == len(result["accepted"].split("0")[0])
    held = np.array(result["trace"], np.float32)
    assert held.shape == (3 * len(language), 5)
    assert np.abs(held).max() <= 1
    assert_rows(f"count-{language}", recorder)


def test_the_trace_that_is_kept_is_the_best_model_s_bit_for_bit(tmp_path):
    recorder = Recorder(tmp_path, model=tmp_path / "model.npz")
    perform(_settings(), recorder)
    kept = np.array(recorder.results[0]["trace"], np.float32)
    assert np.array_equal(kept, trace(models.load(recorder.model), 3, "level"))


def test_an_interrupted_run_ends_bit_identical(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    whole = _performed(tmp_path, _settings())
    whole.checkpoint.unlink()
    recorder = Recorder(tmp_path, stop_after=400)
    with pytest.raises(KeyboardInterrupt):
        perform(_settings(), recorder)
    assert 1 <= len(recorder.rows) < 3
    recorder.stop_after = None
    perform(_settings(), recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results


def _run(cell, language, run, accepts, slope=0.5):
    chosen = to_json(_settings(language, cell, run=run))
    rows = [{"kind": "epoch", "epoch": 1, "dev_loss": 0.25, "alerts": [{"rule": "saturated"}]}]
    a = [[slope * k, 0.0] for k in range(1, 4)]
    held = a + a[::-1] + [[0.0, 0.0]] * (3 * (len(language) - 2))
    digits = "".join(str(int(k)) for k in accepts)
    result = {"accepted": digits, "reach": len(digits.split("0")[0]), "trace": held}
    return Run(f"count/{language}/{cell}/{run}", chosen, 1, rows, result, [])


FAR, NEAR, HOLES = [1] * 6 + [0] * 2, [1] * 4 + [0] * 4, [1] * 3 + [0] + [1] * 4


def test_verdicts_are_those_of_the_rows():
    text = "- LSTM accepts all aⁿbⁿ beyond the training length, at least to n = 5:"
    far = [_run("LSTM", "ab", k, FAR) for k in (1, 2)]
    assert f"{text} holds (2 of 2 runs)." in STUDY.summary(far)
    assert f"{text} does not hold (1 of 2 runs)." in STUDY.summary([far[0], _run("LSTM", "ab", 2, NEAR)])
    assert f"{text} does not hold (1 of 2 runs)." in STUDY.summary([far[0], _run("LSTM", "ab", 2, HOLES)])
    compared = "- On aⁿbⁿ the LSTM's median reach is larger than the GRU's:"
    assert f"{compared} holds (6 against 3)." in STUDY.summary([*far, _run("GRU", "ab", 1, HOLES)])
    assert f"{compared} does not hold (6 against 6)." in STUDY.summary([*far, _run("GRU", "ab", 1, FAR)])
    assert compared not in STUDY.summary(far)


def test_the_table_tells_within_and_beyond_training_apart():
    runs = [_run("GRU", "abc", k, accepts) for k, accepts in ((1, FAR), (2, NEAR), (3, HOLES))]
    row = (
        "| aⁿbⁿcⁿ | GRU | 4 (3 to 6) | 100.0 (75.0 to 100.0) | 50.0 (0.0 to 100.0) | 2.5e-01 | saturated ×3 |"
    )
    assert row in STUDY.summary(runs)


def test_the_trace_shown_is_that_of_the_longest_reach():
    runs = [_run("LSTM", "ab", 1, NEAR, 0.5), _run("LSTM", "ab", 2, FAR, -0.25)]
    told = (
        "those of run 2, with the longest reach (6): values from -0.8 to 0.0; its fastest unit moves by 0.250"
    )
    assert told in STUDY.summary(runs)
    (axes,) = STUDY.figures(runs)["traces"].axes
    assert axes.get_title(loc="left") == "LSTM on a³b³"
    assert axes.get_lines()[0].get_ydata().tolist() == [-0.25, -0.5, -0.75, -0.75, -0.5, -0.25]
    assert axes.get_ylabel() == "$c_t$"


def test_the_figure_s_lines_are_what_each_run_accepts(monkeypatch):
    monkeypatch.setattr(import_module("experiments.studies.count.figures"), "BINS", 4)
    runs = [_run("LSTM", "ab", 1, FAR), _run("LSTM", "ab", 2, HOLES)]
    (axes,) = STUDY.figures(runs)["count"].axes
    assert axes.get_lines()[0].get_xydata().tolist() == [[1.5, 1], [3.5, 0.75], [5.5, 1], [7.5, 0.5]]


def test_the_command_trains_draws_and_says_what_one_sees(tmp_path, capsys, monkeypatch, drawn):
    monkeypatch.setitem(SCALES, "smoke", TINY)
    out = tmp_path / "out"
    assert main(["count", "--out", str(out), "--cell", "Elman", "--runs", "1"]) == 0
    assert set(drawn) == {"count.svg", "traces.svg"}
    assert [run.name for run in sweep.finished(out)] == ["count/ab/Elman/1", "count/abc/Elman/1"]
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert "| aⁿbⁿcⁿ | Elman |" in text


def test_the_runs_differ_by_language_cell_and_run():
    jobs = list(STUDY.jobs("paper", 0, None))
    kinds = [f"count/{language}/{cell}" for language in ("ab", "abc") for cell in ("LSTM", "GRU")]
    assert {job.name for job in jobs} == {f"{kind}/{run}" for kind in kinds for run in (1, 2, 3)}
    assert len({job.id for job in jobs}) == len(jobs) == 12
    data = {job.settings.seeds["data"] for job in jobs}
    assert len(data) == 6  # the same for both cells


@pytest.mark.slow
def test_the_smoke_scale_is_counted_by_the_lstm(tmp_path):
    assert main(["count", "--runs", "1", "--cell", "LSTM", "--out", str(tmp_path)]) == 0
    ab = next(run for run in sweep.finished(tmp_path) if run.settings["language"] == "ab")
    assert ab.settings["mode"] == "compiled"
    assert ab.result["reach"] >= ab.settings["longest"]
