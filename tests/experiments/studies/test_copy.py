"""Copy memory: the task by hand, the guess, what is measured, one run, and what is said of the rows."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.studies.copy import STUDY
from experiments.studies.copy.initial import chrono
from experiments.studies.copy.perform import CELLS, DELAYS, SCALES, grid, loss_and_recall, new_model, perform
from experiments.studies.copy.task import guess_loss, sequences, vocabulary
from experiments.sweep import Run, to_json
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = {
    "remembered": 2, "D": 6, "sizes": {"train": 40, "dev": 20, "test": 20}, "max_epochs": 3, "mode": "level",
}  # fmt: skip


def _settings(cell="LSTM", **changes):
    (of_cell,) = (settings for name, settings, _ in grid("smoke", 0, 1, CELLS) if name == f"002/{cell}")
    return replace(of_cell, **TINY | {"delay": 3} | changes)


def _performed(folder, chosen):
    recorder = Recorder(folder)
    perform(chosen, recorder)
    return recorder


def test_symbols_are_read_first_and_said_last_with_the_delay_between():
    forest = sequences(np.random.default_rng(0), 50, delay=4, remembered=3, words=vocabulary(2))
    read = forest.word[forest.right[forest.inner]].reshape(50, 10)
    say = forest.label[forest.inner].reshape(50, 10)
    for ours, theirs in zip(read, say, strict=True):
        symbols = list(ours[:3])
        assert set(symbols) <= {0, 1}
        assert list(ours) == [*symbols, 2, 2, 2, 3, 2, 2, 2]
        assert list(theirs) == [2, 2, 2, 2, 2, 2, 2, *symbols]
    assert {tuple(row[:3]) for row in read} == {(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    assert forest.vocabulary.words[2:] == ("_", "?")


@pytest.mark.parametrize("wrong", ["n", "delay", "remembered"])
def test_sizes_below_one_are_refused(wrong):
    sizes = {"n": 2, "delay": 2, "remembered": 2, wrong: 0}
    with pytest.raises(ValueError, match=f"{wrong}=0.* have to be at least 1"):
        sequences(np.random.default_rng(0), sizes.pop("n"), words=vocabulary(2), **sizes)


def test_the_guess_is_that_of_the_paper_and_of_a_model_that_makes_it():
    for delay in (100, 200):  # Arjovsky et al. 2016, section 4.1: 10 log(8) / (T + 20)
        assert guess_loss(delay, remembered=10, symbols=8) == pytest.approx(10 * math.log(8) / (delay + 20))
    # The best model that knows its position and nothing else, by its probabilities.
    forest = sequences(np.random.default_rng(0), 400, delay=5, remembered=3, words=vocabulary(4))
    say = forest.label[forest.inner].reshape(400, -1)
    counts = np.stack([(say == k).mean(axis=0) for k in range(5)])
    entropy = -np.sum(counts * np.log(np.where(counts > 0, counts, 1)), axis=0).mean()
    assert entropy == pytest.approx(guess_loss(5, remembered=3, symbols=4), rel=0.01)


def test_loss_and_recall_are_those_of_the_model_part_by_part(monkeypatch):
    chosen = _settings()
    model = new_model(chosen)
    model.Ws.data[...] *= 20  # so that classes differ
    forest = sequences(np.random.default_rng(1), 10, delay=3, remembered=2, words=model.vocabulary)
    monkeypatch.setattr(import_module("experiments.studies.copy.perform"), "AT_ONCE", 3)
    loss, recall = loss_and_recall(model, forest, "level")
    assert loss == pytest.approx(float(model.loss(forest, "level")[0]) / 7, rel=1e-5)
    right, labels = model.predict(forest, "level") == model.labels(forest), model.labels(forest)
    hits = [bool(r) for r, label in zip(right, labels, strict=True) if label < 2]
    assert len(hits) == 20
    assert recall == np.mean(hits)


def test_gates_hold_for_as_long_as_a_sequence():
    rng = np.random.default_rng(0)
    lstm, gru, elman = (kind(400, rng) for kind in (models.LSTM, models.GRU, models.Elman))
    for cell in (lstm, gru, elman):
        before = cell.state_dict()
        chrono(cell, 50, rng)
        changed = {name for name, values in cell.state_dict().items() if (values != before[name]).any()}
        assert changed == {"LSTM": {"bf", "bi"}, "GRU": {"bu"}, "Elman": set()}[type(cell).__name__]
    assert np.array_equal(lstm.bi.data, -lstm.bf.data)
    for held in (np.exp(lstm.bf.data), np.exp(-gru.bu.data)):  # uniform on 1..49
        assert 1 <= held.min() < 2 < 48 < held.max() <= 49
        assert held.mean() == pytest.approx(25, rel=0.1)


def test_an_elman_network_starts_as_its_settings_say():
    W = new_model(_settings("Elman", elman_init="identity")).cell.W.data
    assert np.array_equal(W, np.eye(6))
    L = new_model(_settings("Elman", word_bound=3.0)).L.data
    assert 1.5 < np.abs(L).max() <= 3


@pytest.mark.parametrize("cell", CELLS)
def test_a_run_has_a_row_per_epoch_and_the_best_on_test(cell, tmp_path):
    recorder = _performed(tmp_path, _settings(cell))
    (result,) = recorder.results
    assert [row["epoch"] for row in recorder.rows] == [1, 2, 3]
    assert result["best_epoch"] == min(recorder.rows, key=lambda row: row["dev_loss"])["epoch"]
    for row in recorder.rows:
        assert row["dev_accuracy"] == pytest.approx(math.exp(-row["dev_loss"]))
        assert 0 <= row["dev_recall"] <= 1
    assert result["guess_loss"] == pytest.approx(2 * math.log(2) / 7)
    assert result["test_loss"] == pytest.approx(recorder.rows[-1]["dev_loss"], rel=0.3)
    assert_rows(f"copy-{cell}", recorder)


def test_training_ends_when_dev_is_solved_and_that_epoch_has_its_row(tmp_path):
    recorder = _performed(tmp_path, _settings(enough=0.0))
    assert [row["epoch"] for row in recorder.rows] == [1]
    assert recorder.results[0]["epochs"] == 1
    (tmp_path / "checkpoint.npz").unlink()
    longer = _performed(tmp_path, _settings())
    assert recorder.rows == longer.rows[:1]
    loss, recall = recorder.results[0]["test_loss"], recorder.results[0]["test_recall"]
    (tmp_path / "checkpoint.npz").unlink()
    one = _performed(tmp_path, _settings(max_epochs=1)).results[0]
    assert (loss, recall) == (one["test_loss"], one["test_recall"])


def test_an_interrupted_run_ends_bit_identical(tmp_path, monkeypatch):
    chosen = _settings()
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    whole = _performed(tmp_path, chosen)
    whole.checkpoint.unlink()
    nodes = 40 * 15
    recorder = Recorder(tmp_path, stop_after=1.5 * nodes)
    with pytest.raises(KeyboardInterrupt):
        perform(chosen, recorder)
    recorder.stop_after = None
    perform(chosen, recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results


def test_a_run_that_is_interrupted_when_it_has_enough_has_enough_when_it_goes_on(tmp_path, monkeypatch):
    chosen = _settings(enough=0.0)
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    whole = _performed(tmp_path, chosen)
    whole.checkpoint.unlink()
    recorder = Recorder(tmp_path)
    module = import_module("experiments.studies.copy.perform")
    with monkeypatch.context() as patched:
        patched.setattr(module, "record_result", lambda *result: 1 / 0)  # after the last checkpoint
        with pytest.raises(ZeroDivisionError):
            perform(chosen, recorder)
    perform(chosen, recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results


def _run(cell, delay, run, share, recall, alerts=()):
    chosen = to_json(replace(_settings(cell), delay=delay, run=run))
    guess = guess_loss(delay, remembered=2, symbols=2)
    rows = [{"kind": "epoch", "epoch": 1, "dev_loss": share * guess, "alerts": list(alerts)}]
    result = {"test_loss": share * guess, "guess_loss": guess, "test_recall": recall}
    return Run(f"copy/{delay}/{cell}/{run}", chosen, 1, rows, result, [])


def _lines(*runs):
    return STUDY.summary(runs).splitlines()


def test_verdicts_are_those_of_the_rows():
    good = [_run("LSTM", 100, k, 0.01, 1.0) for k in (1, 2)]
    bad = [_run("LSTM", 100, 1, 0.01, 0.99), _run("LSTM", 100, 2, 0.5, 0.989)]
    assert "- The LSTM solves a delay of 100: holds (2 of 2 runs)." in _lines(*good)
    assert "- The LSTM solves a delay of 100: does not hold (1 of 2 runs)." in _lines(*bad)
    text = "- An Elman network does not beat a guess beyond a delay of 30:"
    low = _run("Elman", 30, 1, 0.2, 0.9)  # not beyond
    assert f"{text} holds (0 of 1 runs beat it)." in _lines(low, _run("Elman", 50, 1, 0.951, 0.3))
    assert f"{text} does not hold (1 of 1 runs beat it)." in _lines(low, _run("Elman", 50, 1, 0.949, 0.3))


def test_one_run_is_enough_to_beat_a_guess_and_all_are_needed_to_solve():
    one = [_run("GRU", 10, 1, 0.01, 1.0), _run("GRU", 10, 2, 1.0, 0.3)]  # one run of two solves it
    said = "\n".join(_lines(*one, *(_run("GRU", 20, k, 0.01, 1.0) for k in (1, 2)))).split("- GRU: ")[1]
    solved, beaten = said.split(";")
    assert ("10" in solved, "20" in solved) == (False, True)
    assert "10" in beaten
    assert "20" in beaten


def test_the_table_has_median_and_range_and_counts_alerts():
    alert = {"rule": "vanishing"}
    runs = [_run("GRU", 10, k, s, r, [alert]) for k, s, r in ((1, 0.5, 0.7), (2, 0.1, 1.0), (3, 0.2, 0.9))]
    row = "| 10 | GRU | 0.200 (0.100 to 0.500) | 90.0 (70.0 to 100.0) | 1 of 3 | 1 | vanishing ×3 |"
    assert row in _lines(*runs)


def test_the_figure_has_each_cell_and_a_run_that_ended_keeps_its_loss():
    runs = [_run("LSTM", d, k, s, 1.0) for d in (10, 100) for k, s in ((1, 0.5), (2, 0.1))]
    runs[-1].rows.append({"kind": "epoch", "epoch": 2, "dev_loss": 1.0, "alerts": []})
    share, recall, short, long = STUDY.figures(runs)["copy"].axes
    assert share.get_lines()[0].get_xydata().tolist() == [[10, 0.3], [100, 0.3]]
    assert recall.get_lines()[0].get_ydata().tolist() == [1.0, 1.0]
    assert "delay 10" in short.get_title(loc="left")
    guess = guess_loss(100, remembered=2, symbols=2)
    assert long.get_lines()[0].get_ydata().tolist() == pytest.approx([0.3 * guess, (0.5 * guess + 1) / 2])


def test_the_command_trains_draws_and_says_what_one_sees(tmp_path, capsys, monkeypatch, drawn):
    monkeypatch.setitem(SCALES, "smoke", TINY)
    monkeypatch.setitem(DELAYS, "smoke", (2, 3))
    out = tmp_path / "out"
    arguments = ["copy", "--runs", "1", "--out", str(out), "--cell", "GRU", "--cell", "Elman"]
    assert main(arguments) == 0
    assert set(drawn) == {"copy.svg"}
    assert len(sweep.finished(out)) == 4
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert "| 3 | GRU |" in text


def test_cells_asked_for_go_into_a_folder_of_their_own(planned):
    main(["copy", "--scale", "paper"])
    main(["copy", "--cell", "RLSTM", "--runs", "1"])
    assert [out.parts[-2:] for out, _ in planned] == [("beyond", "copy"), ("cells-smoke", "copy")]
    assert [len(jobs) for _, jobs in planned] == [36, 2]
    ids = [job.id for _, jobs in planned for job in jobs]
    assert len(set(ids)) == len(ids)


def test_a_cell_that_will_not_do_is_refused_before_anything_is_written(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["copy", "--cell", "LTSM", "--out", str(tmp_path / "out")])
    assert stopped.value.code == 2
    assert "did you mean LSTM" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_smoke_scale_is_copied_by_the_gru(tmp_path):
    assert main(["copy", "--runs", "1", "--cell", "GRU", "--out", str(tmp_path)]) == 0
    runs = sweep.finished(tmp_path)
    assert [run.settings["mode"] for run in runs] == ["compiled", "compiled"]
    assert min(run.result["test_recall"] for run in runs) > 0.75  # chance is 0.5
    assert all(run.result["test_loss"] < run.result["guess_loss"] for run in runs)
