"""`figures`: the paper's figures from stored rows, complete or not."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import models
import viz
from experiments.__main__ import main
from experiments.paper import figures
from experiments.paper.data import CLASSES, VOCABULARY
from experiments.paper.example import KEYWORD_ROW, TREE
from experiments.paper.stored import Stored
from experiments.sweep import rows as sweep_rows
from experiments.sweep.folder import Folder
from experiments.sweep.output import RESULTS
from minigrad import waiting
from models import Forest, Vocabulary
from tests.clock import FakeClock
from tests.experiments.paper import made_up
from viz import COLUMN, PAGE


def run(*argv):
    return main(["figures", *map(str, argv)])


def drawn(rows, n, width=PAGE, suffix=""):
    return figures.drawings(rows, n)[suffix].figure(width=width)


@pytest.fixture
def plain(monkeypatch):
    """Figures are drawn once, for a page: each takes a second."""
    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    monkeypatch.setattr(figures, "WIDTHS", {"": PAGE})


def small_runs():
    """Two runs of everything, but none of the RNN on the fourth dataset, and one on the fifth."""
    gone = {"length/04/RNN/1", "length/04/RNN/2", "length/05/RNN/2", "gradient/03/RNN/2"}
    return [run for run in made_up.paper_runs(2, "smoke") if run.name not in gone]


@pytest.mark.slow
def test_a_figure_is_written_for_print_and_screen_in_both_widths_and_each_time_the_same(
    tmp_path, monkeypatch
):
    made_up.store(tmp_path, small_runs())
    assert run("--out", tmp_path, "--only", 4) == 0
    first = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert set(first) == {
        f"figure-4{width}.{format}" for width in ("", "-column") for format in ("pdf", "svg", "png")
    }
    monkeypatch.setattr(figures, "WIDTHS", {"": PAGE})  # once is enough
    for name in first:
        (tmp_path / "figures" / name).unlink()
    assert run("--out", tmp_path, "--only", 4) == 0
    again = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert again == {f"figure-4.{format}": first[f"figure-4.{format}"] for format in ("pdf", "svg", "png")}


def test_a_figure_and_the_command_say_whose_rows_are_drawn(plain, tmp_path, capsys):
    made_up.store(tmp_path, small_runs())
    assert run("--out", tmp_path, "--only", 3, 7) == 0
    printed = capsys.readouterr().out
    assert f"80 runs of RNN, RLSTM on 600 training sentences each; rows in {tmp_path.name}" in printed
    assert "Figures 3, 7" in printed
    svg = (tmp_path / "figures/figure-3.svg").read_text(encoding="utf-8")
    assert svg.count("no runs") == 1
    assert "37 runs of RNN, RLSTM on 600 training sentences each; rows in" in svg
    assert ">3 runs of RNN, RLSTM on 600" in (tmp_path / "figures/figure-7.svg").read_text(encoding="utf-8")


def test_the_example_is_coloured_by_the_models_that_were_kept_on_one_scale(plain, tmp_path, capsys):
    runs = [run for run in small_runs() if run.name.startswith("gradient")]
    made_up.store(tmp_path, runs)
    folder = Folder(tmp_path)
    folder.models.mkdir()
    for run_ in runs:
        rng = np.random.default_rng(0)
        cell = models.CELLS[run_.settings["model"]](5, rng)
        if run_.name.endswith("/1"):
            models.save(folder.model(run_.id), models.TreeClassifier(cell, VOCABULARY, CLASSES, rng))
    assert run("--out", tmp_path, "--only", 2) == 0
    names = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert names == {"figure-2", "figure-2-RNN", "figure-2-RLSTM"}
    text = {name: (tmp_path / f"figures/{name}.svg").read_text(encoding="utf-8") for name in names}
    ticks = [re.findall(r">(10⁻?[⁰¹²³⁴-⁹]+)<", text[f"figure-2-{model}"]) for model in ("RNN", "RLSTM")]
    assert ticks[0] == ticks[1] != []
    assert "RNN after epoch 4" in text["figure-2-RNN"]
    assert "607" in text["figure-2-RLSTM"]


def test_the_axes_are_the_papers():
    rows = Stored(small_runs())
    three, four, five, six, seven = (drawn(rows, n) for n in (3, 4, 5, 6, 7))
    accuracy, depth = three.axes
    assert [label.get_text() for label in accuracy.get_xticklabels()][::9] == ["1–10", "91–100"]
    assert (accuracy.get_ylim(), depth.get_ylim()) == ((0, 100), (0, 10))
    assert [label.get_text() for label in four.axes[0].get_xticklabels()][::9] == ["1–2", "10–11"]
    assert len(four.axes) == 1
    for figure in (five, six):
        assert [axes.get_title(loc="left") for axes in figure.axes] == [f"epoch {k}" for k in range(1, 7)]
        assert all(axes.get_ylim() == (0, 5) for axes in figure.axes)
        assert [int(tick) for tick in figure.axes[-1].get_xticks()] == [0, 2, 4, 6, 8, 10, 12, 14]
    rnn, rlstm, rnn_accuracy, rlstm_accuracy = sorted(
        seven.axes, key=lambda axes: axes.get_ylabel() != "gradient ratio"
    )
    assert rnn.get_ylim() == rlstm.get_ylim() == (0, 3)
    assert rnn_accuracy.get_ylim() == rlstm_accuracy.get_ylim() == (0, 100)
    assert [int(tick) for tick in rnn.get_xticks()] == [0, 2, 4, 6, 8, 10, 12]


def test_points_are_those_of_the_rows():
    runs = small_runs()
    rows = Stored(runs)
    axes = drawn(rows, 3, COLUMN).axes[0]
    (best,) = (line for line in axes.lines if line.get_marker() == "o")
    assert best.get_ydata()[:3] == pytest.approx([82, 13, 10])  # the better of two runs, in percent
    seven = drawn(rows, 7)
    (thick,) = (line for line in seven.axes[0].lines if line.get_marker() == "o")
    (only,) = (run for run in runs if run.name == "gradient/03/RNN/1")
    of = [row["ratios"]["post"] for row in only.rows]
    assert list(thick.get_ydata()) == [row["quantiles"][row["depth"].index(10)][2] for row in of]
    five = drawn(rows, 5)
    assert [axes.texts[0].get_text() for axes in five.axes[4:]] == ["not run", "not run"]


def others(runs):
    """The same runs as those of two other cells, one of them the user's own."""
    names = {"RNN": "TreeLSTM", "RLSTM": "mine.Cell"}
    models_ = {"RNN": "TreeLSTM", "RLSTM": "mine:Cell"}
    return [
        replace(
            run,
            name=run.name.replace(f"/{run.settings['model']}/", f"/{names[run.settings['model']]}/"),
            settings={**run.settings, "model": models_[run.settings["model"]]},
        )
        for run in runs
    ]


@pytest.mark.slow
def test_other_cells_are_drawn_and_no_figure_of_the_rnn_is_missed(plain, tmp_path, capsys):
    made_up.store(tmp_path, others(small_runs()))
    assert run("--out", tmp_path) == 0
    names = {path.stem for path in (tmp_path / "figures").iterdir()}
    cells = ("TreeLSTM", "mine.Cell")
    assert names == {"figure-2", "figure-3", "figure-4", "figure-7", *(f"figure-6-{cell}" for cell in cells)}
    assert "80 runs of TreeLSTM, mine.Cell on 600 training sentences each" in capsys.readouterr().out
    for name in ("figure-3", "figure-7"):
        svg = (tmp_path / f"figures/{name}.svg").read_text(encoding="utf-8")
        assert all(f"{cell}" in svg for cell in cells)
        assert "RLSTM" not in svg
    colours = [drawn(Stored(others(small_runs())), 6, suffix=f"-{cell}").axes[0].lines[-1] for cell in cells]
    assert len({line.get_color() for line in colours}) == 2


def test_rows_of_other_cells_that_are_missing_are_named_with_the_option(tmp_path, capsys):
    made_up.store(tmp_path, [run for run in others(small_runs()) if run.name.startswith("depth")])
    assert run("--out", tmp_path, "--only", 3, 5) == 2
    needed = "--cell TreeLSTM --cell mine:Cell --scale paper --out"
    error = capsys.readouterr().err
    assert f"Figure 3: python -m experiments length {needed} {tmp_path}" in error
    assert f"Figure 5: python -m experiments gradient {needed} {tmp_path}" in error


def test_the_paper_s_cells_and_others_of_one_folder_are_drawn_together():
    rows = Stored([*small_runs(), *others(small_runs())])
    assert [axes.get_title() for axes in drawn(rows, 4).axes] == ["RNN", "RLSTM", "TreeLSTM", "mine.Cell"]
    assert list(figures.drawings(rows, 5)) == [""]
    assert list(figures.drawings(rows, 6)) == ["", "-TreeLSTM", "-mine.Cell"]


def test_more_cells_than_can_be_told_apart_are_refused(tmp_path, capsys):
    (one,) = (run for run in small_runs() if run.name == "length/01/RLSTM/1")
    made_up.store(tmp_path, [replace(one, name=f"length/01/Cell{k}/1") for k in range(11)])
    assert run("--out", tmp_path) == 2
    assert "holds rows of 11 cells; figures show 10" in capsys.readouterr().err
    assert not (tmp_path / "figures").exists()


def test_a_chain_has_a_longer_axis_and_no_depth_in_the_tree():
    trees = [run for run in small_runs() if run.settings["model"] == "RLSTM"]
    rows = Stored([replace(run, name=run.name.replace("RLSTM", "LSTM")) for run in trees])
    assert drawn(rows, 6, suffix="-LSTM").axes[0].get_xlim() == (-0.5, 30.5)
    assert len(drawn(rows, 3).axes) == 1  # no axis of depths


def test_points_of_few_trees_are_hollow_and_the_legend_says_so():
    rows = Stored(small_runs())
    axes = drawn(rows, 6).axes[0]
    (few,) = (marks for marks in axes.collections if marks.get_facecolor().tolist() == [[1, 1, 1, 1]])
    counts = made_up.COUNTS
    assert sorted(few.get_offsets()[:, 0]) == [depth for depth in counts if counts[depth] < 20]
    legend = drawn(rows, 6).legends[0]
    assert "fewer than 20 trees" in [text.get_text() for text in legend.texts]
    assert counts[figures.DEPTH] > 20
    legend = drawn(rows, 7).legends[0]
    assert "fewer than 20 trees" not in [text.get_text() for text in legend.texts]


@pytest.mark.slow
def test_what_is_drawn_is_told_where_it_takes_long(plain, tmp_path, monkeypatch, caplog):
    clock = FakeClock()
    monkeypatch.setattr(waiting, "CLOCK", clock)
    save = viz.save_figure
    monkeypatch.setattr(viz, "save_figure", lambda *args: (save(*args), clock.pass_(3.5)))
    parse = sweep_rows.parse_run
    monkeypatch.setattr(sweep_rows, "parse_run", lambda *of: (clock.pass_(0.5), parse(*of))[1])
    made_up.store(tmp_path, small_runs())
    assert run("--out", tmp_path, "--only", 3, 4) == 0
    told = [record.getMessage().removeprefix("minigrad: ") for record in caplog.records]
    assert told == [
        f"reading the rows in {tmp_path}",
        "drawing Figure 3 (1 of 2)",
        "drawing Figure 4 (2 of 2)",
    ]


def test_whose_rows_they_are_is_told_in_words(tmp_path):
    one, two = (run for run in small_runs() if run.name.startswith("length/01/RLSTM/"))
    told = "of RLSTM on 600 training sentences each; rows in smoke, made by"
    assert figures.whose_rows([one], tmp_path / "smoke") == f"1 run {told} commit unknown"
    runs = [
        replace(one, environments=[{"commit": "abc"}]),
        replace(two, environments=[{"commit": "0ff-dirty"}]),
    ]
    assert figures.whose_rows(runs, tmp_path / "smoke") == f"2 runs {told} commit 0ff-dirty, abc"
    many = [replace(one, environments=[{"commit": f"{k}"} for k in range(4)])]
    assert figures.whose_rows(many, tmp_path / "smoke") == f"1 run {told} 4 commits"


def test_missing_rows_are_one_message_with_the_commands(plain, tmp_path, capsys):
    made_up.store(tmp_path, [run for run in small_runs() if run.name.startswith("depth")])
    assert run("--out", tmp_path, "--only", 3, 4, 5, 7) == 2
    captured = capsys.readouterr()
    assert (tmp_path / "figures/figure-4.svg").exists()
    assert captured.err.count("\n") == 1
    assert f"Figure 3: python -m experiments length --scale paper --out {tmp_path}" in captured.err
    assert (
        f"Figure 5, Figure 7: python -m experiments gradient --scale paper --out {tmp_path}" in captured.err
    )


@pytest.mark.parametrize("of", ["sentiment", "beyond/tasks"])
@pytest.mark.parametrize("command", ["figures", "claims"])
def test_rows_of_another_command_are_refused(command, of, tmp_path, capsys):
    (tmp_path / "runs").symlink_to(RESULTS / of / "runs")
    assert main([command, "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"{tmp_path} holds rows of {of.rpartition('/')[2]}; " in captured.err
    assert f"rows of length, depth, gradient, ablate, such as {RESULTS / 'paper'}" in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_without_any_rows_nothing_is_written(tmp_path, capsys):
    assert run("--out", tmp_path / "none") == 2
    assert "there are no rows" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_example_is_a_sentence_of_the_task():
    forest = Forest([TREE], Vocabulary(TREE.words()))
    assert (len(TREE.words()), TREE.n_nodes) == (15, 29)
    small = [word for word in TREE.words() if int(word) < 1000]
    assert small == ["607"]
    assert forest.word[KEYWORD_ROW] == TREE.words().index("607")
    assert TREE.label == "6"
    assert forest.depth[KEYWORD_ROW] == 4
