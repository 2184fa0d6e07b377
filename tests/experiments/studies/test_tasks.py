"""``python -m experiments tasks``: one run, the grid, what is drawn and said, the command."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import experiments.training.recorded as training
import models
from experiments.__main__ import main
from experiments.studies.tasks import STUDY
from experiments.studies.tasks.figures import figures, group_line
from experiments.studies.tasks.perform import CELLS, DATASETS, SCALES, grid, new_model, perform, sentences
from experiments.studies.tasks.summary import summary
from experiments.sweep import Run, to_json
from experiments.sweep.output import RESULTS
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = {
    "sizes": {"train": 60, "dev": 30, "test": 80}, "max_epochs": 3, "patience": 2, "D": 4, "mode": "level",
}  # fmt: skip


def _settings(dataset="sum", cell="RNN", run=1, **changes):
    (of,) = (
        settings
        for name, settings, _ in grid("smoke", 0, run, models.TREE_CELLS)
        if name == f"{dataset}/{cell}"
    )
    return replace(of, **TINY | changes)


def _performed(folder, wanted, **options):
    recorder = Recorder(folder, **options)
    perform(wanted, recorder)
    return recorder


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_run_counts_every_test_sentence_once_and_what_was_right(dataset, tmp_path):
    recorder = _performed(tmp_path, _settings(dataset), model=tmp_path / "model.npz")
    (result,) = recorder.results
    assert [row["epoch"] for row in recorder.rows] == list(range(1, result["epochs"] + 1))
    assert all(isinstance(row["alerts"], list) for row in recorder.rows)
    _, _, test = sentences(_settings(dataset))
    saved = models.load(recorder.model)
    right = saved.predict(test.forest, "level") == saved.labels(test.forest)
    assert result["test_accuracy"] == right.mean()
    for name, group in (("by_count", test.count), ("by_depth", test.depth)):
        found = result[name]
        assert found["value"] == sorted(set(group.tolist()))
        for value, n, hits, blind in zip(
            found["value"], found["n"], found["right"], found["blind"], strict=True
        ):
            assert (n, hits) == ((group == value).sum(), right[group == value].sum())
            assert blind == pytest.approx(test.blind[group == value].sum())
    assert result["blind"] == pytest.approx(test.blind.mean())
    assert_rows(f"tasks-{dataset}", recorder)


def test_an_interrupted_run_ends_bit_identical(tmp_path, monkeypatch):
    wanted = _settings("negation", "TreeGRU", patience=9, max_epochs=4)
    whole = _performed(tmp_path, wanted, model=tmp_path / "whole.npz")
    whole.checkpoint.unlink()
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 0.0)
    recorder = Recorder(tmp_path, model=tmp_path / "resumed.npz")
    nodes = sentences(wanted)[0].forest.n_nodes
    for share in (0.5, 1.3, 1.6):
        recorder.nodes, recorder.stop_after = 0, share * nodes
        with pytest.raises(KeyboardInterrupt):
            perform(wanted, recorder)
    recorder.stop_after = None
    perform(wanted, recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results
    ours, theirs = (models.load(r.model).state_dict() for r in (recorder, whole))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_training_ends_when_there_is_nothing_left_to_learn(tmp_path):
    long = {"max_epochs": 6, "patience": 6}
    ended = _performed(tmp_path, _settings("keyword", enough=0.0, **long))
    ended.checkpoint.unlink()
    assert (len(ended.rows), ended.results[0]["epochs"], ended.results[0]["best_epoch"]) == (1, 1, 1)
    whole = _performed(tmp_path, _settings("keyword", enough=1.1, **long))
    assert len(whole.rows) == 6
    assert {**ended.rows[0]} == {**whole.rows[0]}


def test_the_order_of_sentences_is_drawn_as_it_was_for_the_stored_runs(tmp_path, monkeypatch):
    class Seen(Exception):  # noqa: N818
        pass

    def seen(*args, rng, **options):
        raise Seen(rng.random())

    monkeypatch.setattr(import_module("experiments.studies.tasks.perform"), "train", seen)
    with pytest.raises(Seen) as told:
        perform(_settings(run=2), Recorder(tmp_path))
    assert told.value.args[0] == np.random.default_rng([0, 201, 0, 2, 2, 0]).random()


def test_cells_share_sentences_and_runs_do_not():
    def hashed(**which):
        alike = dict.fromkeys(("train", "dev", "test"), 40)
        sets = sentences(_settings("order", sizes=alike, **which))
        return [part.forest.word.tobytes() for part in sets]

    train, dev, test = hashed()
    assert len({train, dev, test}) == 3
    assert hashed(cell="RLSTM") == [train, dev, test]
    assert train not in hashed(run=2)
    first, second = (new_model(_settings(run=run)).L.data for run in (1, 2))
    assert not np.array_equal(first, second)
    assert 0.09 < np.abs(first).max() <= 0.1


def test_datasets_have_sentences_of_their_own():
    none, half = (sentences(_settings(name))[0] for name in ("keyword", "distractors"))
    assert none.count.max() == 0 < half.count.max()
    assert not np.array_equal(none.forest.left[:50], half.forest.left[:50])


def test_the_grid_has_every_cell_task_and_run():
    jobs = list(STUDY.jobs("paper"))
    assert len(jobs) == len(DATASETS) * len(CELLS) * 3 == len({job.name for job in jobs})
    assert {job.settings.cell for job in jobs} == set(CELLS) <= set(models.TREE_CELLS)
    own = list(STUDY.jobs("smoke", 5, 1, cells=["package.module:Mine"]))
    assert [job.name for job in own] == [f"tasks/{name}/package.module.Mine/1" for name in DATASETS]
    assert all(job.settings.seeds["data"][0] == 5 for job in own)


def _made_up(accuracy, depths=(2, 5, 8), alerts=(), late=1):
    """Finished runs, three of each: accuracy(dataset, cell, run) in percent."""
    runs = []
    for dataset in DATASETS:
        for cell in ("RLSTM", "RNN"):
            for number in (1, 2, 3):
                share = accuracy(dataset, cell, number) / 100
                groups = {"n": [100, 100, 10], "right": [round(100 * share), 100, 10], "blind": [60, 50, 5]}
                result = {
                    "test_accuracy": share,
                    "best_epoch": late if cell == "RNN" else 1,
                    "blind": 1.0 if dataset in ("sum", "keyword") else 0.6,
                    "by_count": {"value": [1, 2, 3], **groups},
                    "by_depth": {"value": list(depths), **groups},
                }
                told = [{"rule": rule} for rule in alerts if cell == "RNN"]
                rows = [{"kind": "epoch", "epoch": epoch, "alerts": told} for epoch in (1, 2)]
                wanted = to_json(_settings(dataset, cell, number))
                runs.append(Run(f"tasks/{dataset}/{cell}/{number}", wanted, 1, rows, result, []))
    return runs


def test_a_line_has_the_groups_that_enough_sentences_are_in():
    runs = [run for run in _made_up(lambda *_: 40) if run.settings["dataset"] == "sum"][:3]
    runs[2].result["by_count"] = {"value": [0, 2], "n": [50, 29], "right": [25, 29], "blind": [50, 29]}
    line = group_line(runs, "by_count")
    assert line.x == [0, 1, 2]
    assert np.array_equal(
        line.runs, [[np.nan, 40, 100], [np.nan, 40, 100], [50, np.nan, np.nan]], equal_nan=True
    )


def test_figures_have_a_line_per_cell_guessing_and_the_words_alone():
    drawn = figures(_made_up(lambda dataset, cell, run: 20 * run))
    assert set(drawn) == {"by-count", "by-depth"}
    for name in ("by-count", "by-depth"):
        panels = [axes for axes in drawn[name].axes if axes.get_title(loc="left")]
        assert len(panels) == 4
        for axes in panels:
            medians = {line.get_label(): line for line in axes.get_lines() if line.get_label()[0] != "_"}
            assert list(medians) == ["RNN", "RLSTM"]
            assert medians["RNN"].get_xydata().tolist()[0][1] == 40
            texts = {text.get_text() for text in axes.texts}
            assert texts == ({"guessing", "words alone"})


def test_no_bound_is_drawn_where_the_words_alone_are_enough():
    runs = _made_up(lambda *_: 40)
    for run in runs:
        if run.settings["dataset"] == "sum":
            run.result["by_count"] = run.result["by_count"] | {"blind": [100, 100, 10]}
    summed = figures(runs)["by-count"].axes[0]
    assert {text.get_text() for text in summed.texts} == {"guessing"}


@pytest.mark.parametrize(
    ("rlstm", "verdict"),
    [
        (
            lambda dataset: 90,
            "**holds**: every run of the RLSTM is better than every run of the RNN on 5 of 5",
        ),
        (lambda dataset: 90 if dataset == "order" else 10, "**holds in part**: every run"),
        (lambda dataset: 52, "**does not hold**"),
    ],
)
def test_the_verdict_on_rnn_and_rlstm_follows_the_rows(rlstm, verdict):
    text = summary(_made_up(lambda dataset, cell, run: rlstm(dataset) if cell == "RLSTM" else 50 + run))
    assert verdict in text


def test_the_summary_says_the_numbers_of_the_rows():
    text = summary(
        _made_up(lambda dataset, cell, run: 94 + run if cell == "RLSTM" else 61 - run, alerts=("vanishing",))
    )
    assert "| RLSTM | 96.0 (95.0–97.0) |" in text
    assert "| words alone | 100.0 | 100.0 | 60.0 |" in text
    assert "**order**: solved (median ≥ 95 %) by RLSTM; best RLSTM (96.0 %), worst RNN (59.0 %)." in text
    assert "Above what the words alone allow (60.0 %) in every run: RLSTM." in text
    assert "| cell | sum: 1 → 2 keywords | order: 1 → 2 keywords | negation: 1 → 2 negators |" in text
    assert "| RNN | 59.0 → 100.0 |" in text.split("the most of the task's words")[1]
    assert "| RNN | 59.0 → 100.0 |" in text.split("at depth 6 or more")[1]  # depth 2, and depth 8
    assert "RNN vanishing in 15 of 15; RLSTM nothing" in text
    assert "solved by no cell" in summary(_made_up(lambda *_: 94.9))
    assert "last epoch allowed" not in text
    late = summary(_made_up(lambda *_: 50, late=TINY["max_epochs"]))
    assert "Still improving in the last epoch allowed: 3 of 6 runs." in late
    assert "| RNN | – → 99.5 |" in summary(_made_up(lambda *_: 99, depths=(6, 7, 8)))


def test_other_cells_and_rates_go_into_folders_of_their_own(planned):
    main(["tasks", "--scale", "paper"])
    main(["tasks", "--cell", "RNN", "--cell", "TreeGRU", "--cell", "RNN"])
    main(["tasks", "--rate", "0.25"])
    out, grids = zip(*planned, strict=True)
    assert out == (
        RESULTS / "beyond" / "tasks",
        RESULTS / "cells-smoke" / "tasks",
        RESULTS / "cells-smoke" / "tasks-rate-0.25",
    )
    assert grids[0] == list(STUDY.jobs("paper"))
    assert {job.settings.cell for job in grids[1]} == {"RNN", "TreeGRU"}
    assert len(grids[1]) == 2 * len(DATASETS)
    rates = {job.settings.dataset: job.settings.rate for job in grids[2]}
    assert (rates["distractors"], rates["keyword"], rates["sum"]) == (0.25, 0.0, None)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--cell", "LSTM"], "LSTM reads sequences"),
        (["--cell", "RNM"], "there is no cell 'RNM'; did you mean RNN"),
        (["--rate", "2"], "a rate is a probability, from 0 to 1, not '2'"),
        (["--rate", "often"], "a rate is a probability, from 0 to 1, not 'often'"),
        (["--runs", "0"], "a number of runs is a whole number from 1 on, not '0'"),
    ],
)
def test_what_will_not_do_is_refused_before_anything_is_written(options, text, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["tasks", *options, "--out", str(tmp_path / "out")])
    assert stopped.value.code == 2
    assert text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_trains_draws_and_sums_up(tmp_path, monkeypatch, capsys, drawn):
    monkeypatch.setitem(SCALES, "smoke", TINY | {"max_epochs": 2})
    assert main(["tasks", "--cell", "RNN", "--out", str(tmp_path)]) == 0
    assert len(list((tmp_path / "runs").iterdir())) == len(DATASETS)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert set(drawn) == {"by-count.svg", "by-depth.svg"}


@pytest.mark.slow
def test_it_trains_compiled(tmp_path):
    recorder = _performed(tmp_path, _settings("negation", "RNN", D=32, mode="compiled"))
    (result,) = recorder.results
    assert 0 <= result["test_accuracy"] <= 1
