"""Figures of lines: what is drawn is the median and range of the runs, and no line is lost."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import rc_context, rcParams

from tests.viz.readable import assert_readable
from viz import COLUMN, PAGE, Line, LinePanel, line_panels, save_figure
from viz.page import LOOKS, SMALL, STYLE

nan = float("nan")


def panel(**lines: Line) -> LinePanel:
    return LinePanel("", lines, "x", "y")


def test_a_line_is_the_median_and_the_band_the_range() -> None:
    figure = line_panels([panel(a=Line([1, 2], [[0, 1], [4, 3], [5, 8]]))])
    (axes,) = figure.axes
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1, 4], [2, 3]]
    band = axes.collections[0].get_paths()[0].vertices
    assert {tuple(point) for point in band} >= {(1, 0), (1, 5), (2, 1), (2, 8)}


def test_unknown_numbers_leave_their_place_out() -> None:
    (axes,) = line_panels([panel(a=Line([1, 2, 3], [[0, nan, 2], [2, nan, nan]]))]).axes
    assert axes.get_lines()[0].get_xydata().tolist() == [[1, 1], [3, 2]]


def test_a_name_looks_alike_in_all_panels_and_no_two_alike() -> None:
    one = Line([0, 1], [[0, 1]])
    left, right = line_panels([panel(a=one, b=one), panel(b=one)]).axes
    a, b, again = (axes.get_lines()[k] for axes, k in ((left, 0), (left, 1), (right, 0)))
    assert b.get_color() == again.get_color() != a.get_color()
    assert len({str(look[1]) for look in LOOKS}) == len({look[0] for look in LOOKS}) == len(LOOKS)


def test_references_are_named(tmp_path) -> None:
    line = Line([0, 1], [[0.1, 1]])
    figure = line_panels(
        [
            LinePanel(
                "", {"a": line}, "x", "y", {"guess": 0.5, "bound": line}, yscale="log", marked={"end": 0.5}
            )
        ]
    )
    assert {text.get_text() for text in figure.axes[0].texts} == {"guess", "bound", "end"}
    assert save_figure(figure, tmp_path / "f.svg").read_text().count("bound") == 1


@pytest.mark.parametrize(("values", "side"), [([1, 0.1], "top"), ([0.1, 1], "bottom"), ([1], "bottom")])
def test_a_reference_is_named_where_its_line_is_not(values, side) -> None:
    line = Line(list(range(len(values))), [values])
    (axes,) = line_panels([LinePanel("", {"a": line}, "x", "y", {"bound": line})]).axes
    assert [text.get_verticalalignment() for text in axes.texts] == [side]


@pytest.mark.parametrize(("x", "whole"), [([1, 2, 3], True), ([0, 0.5, 1], False)])
def test_counts_have_no_ticks_between_whole_numbers(x, whole) -> None:
    (axes,) = line_panels([panel(a=Line(x, [[0, 1, 2]]))]).axes
    assert all(float(tick).is_integer() for tick in axes.get_xticks()) == whole


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one panel"):
        line_panels([])
    with pytest.raises(ValueError, match="can't be told apart"):
        line_panels([panel(**{f"l{k}": Line([0], [[1]]) for k in range(len(LOOKS) + 1)})])


def test_bytes_are_the_same_every_time(tmp_path) -> None:
    line = Line(list(range(20)), np.random.default_rng(0).random((3, 20)).tolist())
    paths = [save_figure(line_panels([panel(a=line)]), tmp_path / f"{k}.svg") for k in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_with_a_legend_in_each_panel_only_lines_of_one_panel_have_to_differ() -> None:
    one = Line([0, 1], [[0, 1], [1, 2]])
    half = len(LOOKS) // 2 + 1
    left = panel(shared=one, **{f"l{k}": one for k in range(half)})
    right = panel(**{f"r{k}": one for k in range(half)}, shared=one)
    with pytest.raises(ValueError, match="can't be told apart"):
        line_panels([left, right])
    figure = line_panels([left, right], legends="panels")
    colours = [{line.get_label(): line.get_color() for line in axes.get_lines()} for axes in figure.axes]
    assert colours[0]["shared"] == colours[1]["shared"]
    for axes, names, found in zip(figure.axes, (left.lines, right.lines), colours, strict=True):
        assert len(set(found.values())) == half + 1
        assert [text.get_text() for text in axes.get_legend().get_texts()] == list(names)
    assert not figure.legends
    with pytest.raises(ValueError, match="can't be told apart"):
        line_panels([panel(**{f"l{k}": one for k in range(len(LOOKS) + 1)})], legends="panels")


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", ["A", "LSTM", "sequence RLSTM", "orthogonal recurrent matrices "])
def test_a_legend_of_many_names_stays_on_the_page(width, name) -> None:
    lines = {f"{name}{k}": Line([0, 1], [[0, 1], [1, 2]]) for k in range(6)}
    figure = line_panels([panel(**lines)], width=width, columns=1)
    figure.draw_without_rendering()
    assert_readable(figure, [figure.axes[0].xaxis.label, figure.axes[0].yaxis.label])
    rows = {round(text.get_window_extent().y0) for text in figure.legends[0].texts}
    assert len(rows) < len(lines) or len(name) > 20  # short names stand side by side


@pytest.mark.parametrize("style", [STYLE, SMALL])
def test_frames_and_ticks_are_thinner_than_lines(style) -> None:
    with rc_context(style):
        frames = [rcParams[name] for name in ("axes.linewidth", "xtick.major.width", "ytick.major.width")]
        assert max(frames) < rcParams["lines.linewidth"]


@pytest.mark.parametrize("legends", ["figure", "panels"])
def test_points_from_fewer_than_20_trees_are_hollow_and_said_to_be(legends: str) -> None:
    def drawn(counts: list[int]) -> tuple[list[float], str]:
        line = Line([1, 2, 3], [[5, nan, 7], [6, nan, 8]], counts)
        figure = line_panels([panel(a=line, b=Line([1], [[1]]))], legends=legends)
        points = [x for c in figure.axes[0].collections[1:] for x, _ in c.get_offsets().tolist()]
        title = figure.legends[0].get_title().get_text() if legends == "figure" else figure.get_suptitle()
        return points, title

    assert drawn([20, 3, 19]) == ([3], "median and range of the runs; hollow: fewer than 20 trees")
    assert drawn([20, 20, 20]) == drawn([]) == ([], "median and range of the runs")


def test_a_notebook_shows_the_figure_as_large_as_it_says() -> None:
    png, size = line_panels([panel(a=Line([1, 2], [[0, 1]]))], width=PAGE, height=2)._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] == pytest.approx(96 * PAGE, abs=1)
