import math
import re

import pytest

from tests.viz.readable import assert_readable
from viz import COLUMN, PAGE, accuracy_figure, save_figure
from viz.spread import interval

RNN = [[80.0, 82, 81, 79, 83], [13.0, 12, 11, 12, 13], [10.0, 10, 11, 9, 10]]
RLSTM = [[98.0, 99, 97, 98, 99], [95.0, 96, 20, 94, 95], [90.0, 91, 12, 89, 92]]
NAMES = ["1–10", "11–20", "21–30"]


def figure(width=PAGE, rnn=RNN, rlstm=RLSTM, **options):
    options = {"xlabel": "length", "chance": 10.0, **options}
    return accuracy_figure(NAMES, {"RNN": rnn, "RLSTM": rlstm}, width=width, **options)


def best(axes, marker):
    (line,) = (line for line in axes.lines if line.get_marker() == marker and len(line.get_xdata()) == 3)
    return list(line.get_ydata())


def test_an_interval_is_that_of_the_textbook():
    mean, margin = interval([2, 4, 4, 4, 6])
    assert mean == 4
    # s = √2, the 97.5 % point of Student's t with 4 degrees of freedom is 2.776
    assert margin == pytest.approx(2.776 * math.sqrt(2) / math.sqrt(5), rel=1e-3)
    assert math.isnan(interval([3])[1])


@pytest.mark.parametrize("values", [[], [1, math.nan], [math.inf]])
def test_an_interval_of_nothing_or_of_no_number_is_refused(values):
    with pytest.raises(ValueError, match="finite numbers"):
        interval(values)


def test_a_box_has_quartiles_and_whiskers_to_the_extremes():
    (axes,) = figure(rnn=[[2.0, 4, 4, 5, 9], [], []], rlstm=[[], [], []]).axes
    (box,) = axes.patches
    assert sorted({y for _, y in box.get_path().vertices[:4]}) == [4, 5]
    whiskers = [line.get_ydata().tolist() for line in axes.lines if line.get_linewidth() == 0.8]
    assert sorted({y for ends in whiskers for y in ends}) == [2, 4, 5, 9]


def test_both_models_have_best_run_box_and_interval():
    (axes,) = figure().axes
    assert best(axes, "o") == [83, 13, 11]
    assert best(axes, "s") == [99, 96, 92]
    assert len(axes.patches) == 6  # boxes
    assert len(axes.collections) == 2  # bars of the intervals
    bars = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    mean, margin = interval(RNN[0])
    assert bars[0] == pytest.approx([mean - margin, mean + margin])


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_every_panel_has_a_line_at_chance_and_one_midway_between_datasets(width):
    for axes in figure(width, chance=12.5).axes:
        level = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert level == [12.5]
        edges = [line.get_xdata() for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert edges == [[0.5, 0.5], [1.5, 1.5]]


def test_models_have_a_panel_each_in_a_column():
    axes = figure(COLUMN, depths=[2.4, 4.7, 5.7]).axes
    assert [a.get_title() for a in axes[:2]] == ["RNN", "RLSTM"]
    assert all(a.get_ylim() == (0, 100) for a in axes[:2])
    assert all(a.get_ylim() == (0, 10) for a in axes[2:])
    assert list(axes[2].lines[0].get_ydata()) == [2.4, 4.7, 5.7]


def test_more_than_two_models_have_a_panel_each_and_look_apart():
    drawn = accuracy_figure(NAMES, dict.fromkeys("abc", RNN), xlabel="length", chance=10.0)
    assert [axes.get_title() for axes in drawn.axes] == ["a", "b", "c"]
    assert [best(axes, marker) for axes, marker in zip(drawn.axes, "os^", strict=True)] == [[83, 13, 11]] * 3
    assert len({axes.patches[0].get_edgecolor() for axes in drawn.axes}) == 3


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_gaps_are_named_and_single_runs_have_no_interval(width, tmp_path):
    drawn = figure(width, rnn=[[80.0], [], [10.0]], rlstm=[[], [], []], depths=[2.4, math.nan, 5.7])
    texts = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert texts == ["no runs"] * 4
    save_figure(drawn, tmp_path / "figure.png")


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_no_letter_is_small_and_no_text_leaves_the_page_or_meets_another(width):
    drawn = figure(width, depths=[2.4, 4.7, 5.7])
    drawn.draw_without_rendering()
    texts = [text for axes in drawn.axes for text in (axes.title, axes.xaxis.label, axes.yaxis.label)]
    texts += [text for axes in drawn.axes for text in axes.get_yticklabels()]
    texts += drawn.axes[0 if width == PAGE else 1].get_xticklabels()  # the lower panel has those of both
    assert_readable(drawn, texts, repeated=True)  # two panels have the same labels


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="RNN: results of 2 datasets, but there are 3"):
        figure(rnn=RNN[:2])
    with pytest.raises(ValueError, match="depths of 1 datasets"):
        figure(depths=[1.0])
    with pytest.raises(ValueError, match="1 to 10 models, not 0"):
        accuracy_figure(NAMES, {}, xlabel="", chance=10)


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_same_figure_gives_the_same_file_without_a_date(suffix, tmp_path):
    content = [save_figure(figure(), tmp_path / f"{k}.{suffix}").read_bytes() for k in range(2)]
    assert content[0] == content[1]
    assert not re.search(rb"CreationDate|dc:date", content[0])
