"""`figures`: the paper's figures from stored rows, complete or not."""

from __future__ import annotations

import re

import numpy as np
import pytest

import models
from experiments.__main__ import main
from experiments.paper import figures
from experiments.paper.data import CLASSES, VOCABULARY
from experiments.paper.example import KEYWORD_ROW, TREE
from experiments.paper.stored import Stored
from experiments.sweep.folder import Folder
from models import Forest, Vocabulary
from tests.experiments.paper import made_up
from viz import COLUMN, PAGE


def run(*argv):
    return main(["figures", *map(str, argv)])


def small_runs():
    """Two runs of everything, but none of the RNN on the fourth dataset, and one on the fifth."""
    gone = {"length/04/RNN/1", "length/04/RNN/2", "length/05/RNN/2", "gradient/03/RNN/2"}
    return [run for run in made_up.paper_runs(2, "smoke") if run.name not in gone]


def test_each_figure_is_written_for_print_and_screen_in_both_widths(tmp_path, capsys):
    made_up.store(tmp_path, small_runs())
    assert run("--out", tmp_path, "--only", 3, 7) == 0
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {
        f"figure-{n}{width}.{format}"
        for n in (3, 7)
        for width in ("", "-column")
        for format in ("pdf", "svg", "png")
    }
    assert "Figures 3, 7" in capsys.readouterr().out
    svg = (tmp_path / "figures/figure-3.svg").read_text(encoding="utf-8")
    assert svg.count("no runs") == 1


def test_drawing_again_gives_the_same_bytes(tmp_path):
    made_up.store(tmp_path, small_runs())
    content = []
    for _ in range(2):
        assert run("--out", tmp_path, "--only", 2, 4) == 0
        content.append({path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()})
    assert content[0] == content[1]


def test_the_example_is_coloured_by_the_models_that_were_kept_on_one_scale(tmp_path, capsys):
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
    three, four, five, six, seven = (figures.FIGURES[n](rows, PAGE) for n in (3, 4, 5, 6, 7))
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
    axes = figures.figure_3(rows, COLUMN).axes[0]
    (best,) = (line for line in axes.lines if line.get_marker() == "o")
    assert best.get_ydata()[:3] == pytest.approx([82, 13, 10])  # the better of two runs, in percent
    seven = figures.figure_7(rows, PAGE)
    (thick,) = (line for line in seven.axes[0].lines if line.get_marker() == "o")
    (only,) = (run for run in runs if run.name == "gradient/03/RNN/1")
    of = [row["ratios"]["post"] for row in only.rows]
    assert list(thick.get_ydata()) == [row["quantiles"][row["depth"].index(10)][2] for row in of]
    five = figures.FIGURES[5](rows, PAGE)
    assert [axes.texts[0].get_text() for axes in five.axes[4:]] == ["not run", "not run"]


def test_missing_rows_are_one_message_with_the_commands(tmp_path, capsys):
    made_up.store(tmp_path, [run for run in small_runs() if run.name.startswith("depth")])
    assert run("--out", tmp_path, "--only", 3, 4, 5, 7) == 2
    captured = capsys.readouterr()
    assert (tmp_path / "figures/figure-4.png").exists()
    assert captured.err.count("\n") == 1
    assert f"Figure 3: python -m experiments length --scale paper --out {tmp_path}" in captured.err
    assert (
        f"Figure 5, Figure 7: python -m experiments gradient --scale paper --out {tmp_path}" in captured.err
    )


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
