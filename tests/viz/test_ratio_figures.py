import math

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from tests.viz.readable import assert_readable
from viz import (
    BLUE,
    COLUMN,
    PAGE,
    RED,
    Curve,
    DepthQuantiles,
    EpochPanel,
    ratio_curves,
    ratio_panels,
    save_figure,
)
from viz.quantiles import middle

STEPS = np.array([0.3, 0.6, 1.0, 1.7, 3.0])


def run(level, depths=range(1, 17)):
    return DepthQuantiles(list(depths), [list(level * 0.9**d * STEPS) for d in depths])


def panel(k=1, **changes):
    given = {
        "runs": [run(1), run(2), run(4)],
        "sample_depths": [1, 5, 15, 5],
        "sample_ratios": [0.5, 5.1, 1, 5],
    }
    return EpochPanel(f"epoch {k}", **(given | changes))


def curve(level, epochs=14):
    return Curve(
        [list(level * (1 + k) / 5 * STEPS) for k in range(epochs)], [10.0 + k for k in range(epochs)]
    )


def thick(axes):
    (line,) = (line for line in axes.lines if line.get_marker() == "o")
    return list(line.get_ydata())


def test_the_thick_line_is_the_median_over_runs():
    axes = ratio_panels([panel()], colour=RED).axes[0]
    assert thick(axes) == pytest.approx([2 * 0.9**d for d in range(1, 17)])
    assert len(axes.collections) == 2  # bands


def test_a_depth_that_only_some_runs_have_is_theirs():
    drawn = ratio_panels([panel(runs=[run(1), run(4, range(1, 18))])], colour=RED)
    assert thick(drawn.axes[0])[-1] == pytest.approx(4 * 0.9**17)
    table = middle([np.array([1.0, math.nan, math.nan]), np.array([3.0, 5.0, math.nan])])
    assert table.tolist()[:2] == [2, 5]
    assert math.isnan(table[2])


def test_points_beyond_the_axes_are_counted():
    titles = [
        ratio_panels([panel(**c)], colour=RED).axes[0].get_title(loc="right")
        for c in ({}, {"sample_ratios": [1] * 4, "sample_depths": [14] * 4})
    ]
    assert titles == ["2 of 4 outside", ""]  # 5.1 above, 15 too deep; 5 and 14 are on the axes


def test_epochs_without_runs_say_so(tmp_path):
    drawn = ratio_panels([panel(1), EpochPanel("epoch 2", [])], colour=BLUE, width=COLUMN)
    assert [text.get_text() for text in drawn.axes[1].texts] == ["not run"]
    save_figure(drawn, tmp_path / "figure.png")
    save_figure(ratio_panels([panel(1, sample_ratios=[math.nan] * 4)], colour=BLUE), tmp_path / "figure.pdf")
    with pytest.raises(ValueError, match="at least one epoch"):
        ratio_panels([], colour=BLUE)


def test_curves_show_twelve_epochs_and_name_the_rest():
    drawn = ratio_curves({"RNN": [curve(1, 13), curve(2, 14)], "RLSTM": [curve(1, 20), curve(1, 18)]})
    a, b = drawn.axes[:2]
    assert thick(a) == pytest.approx([1.5 * (1 + k) / 5 for k in range(13)])
    assert (a.get_xlabel(), b.get_xlabel()) == ("epoch (13 not shown)", "epoch (13 to 19 not shown)")
    # The second run's medians are 0.4, 0.8, … 5.2: six of them above 3; the band's upper end is at 11.7.
    assert a.get_title(loc="right") == "6 of 26 medians above 3,\n95 % quantile up to 11.7"


def test_curves_of_more_models_have_a_panel_and_a_colour_each():
    drawn = ratio_curves({name: [curve(1)] for name in ("RNN", "RLSTM", "TreeGRU")})
    assert [axes.get_title(loc="left") for axes in drawn.axes[:3]] == ["(a) RNN", "(b) RLSTM", "(c) TreeGRU"]
    colours = {axes.lines[1].get_color() for axes in drawn.axes[:3]}
    assert len(colours) == 3


def test_curves_of_unequal_length_and_of_none_are_drawn(tmp_path):
    unknown = Curve([[math.nan] * 5], [math.nan])
    drawn = ratio_curves({"RNN": [], "RLSTM": [curve(1, 3), curve(1, 2), unknown]}, width=COLUMN)
    assert [text.get_text() for text in drawn.axes[0].texts] == ["no runs"]
    assert len(thick(drawn.axes[1])) == 3
    save_figure(drawn, tmp_path / "figure.svg")
    with pytest.raises(ValueError, match="1 to 10 models, not 0"):
        ratio_curves({})


def hollows(axes):
    """Where the points are that stand for few trees."""
    points = [c for c in axes.collections if isinstance(c, PathCollection)]
    return [x for c in points for x, _ in c.get_offsets().tolist()]


def test_a_depth_that_a_run_does_not_have_is_one_of_no_trees():
    table = [[0.1] * 5] * 2
    runs = [DepthQuantiles([1, 2], table, [30, 30]), DepthQuantiles([1], table[:1], [30])]
    assert hollows(ratio_panels([EpochPanel("epoch 1", runs)], colour="#0072b2").axes[0]) == [2]


def test_a_point_is_hollow_where_one_of_the_runs_has_fewer_than_20_trees():
    table = [list(STEPS)] * 3
    a, b = [19, 20, 30], [25, 20, 3]
    few = ratio_curves({"RNN": [Curve(table, [10.0] * 3, a), Curve(table, [10.0] * 3, b)]})
    assert hollows(few.axes[0]) == [0, 2]  # epochs
    runs = [DepthQuantiles([1, 2, 5], table, counts) for counts in (a, b)]
    panels = ratio_panels([panel(runs=[*runs, DepthQuantiles([1, 2, 5], table)])], colour=RED)
    assert hollows(panels.axes[0]) == [1, 5]  # depths; the third run's counts are unknown
    for drawn in (few, panels):
        assert "fewer than 20 trees" in [text.get_text() for text in drawn.legends[0].texts]
    for drawn in (
        ratio_curves({"RNN": [Curve(table, [10.0] * 3, [20] * 3)]}),
        ratio_panels([panel()], colour=RED),
    ):
        assert hollows(drawn.axes[0]) == []
        assert "fewer than 20 trees" not in [text.get_text() for text in drawn.legends[0].texts]


def test_axes_are_named_at_the_left_and_at_the_bottom():
    axes = ratio_panels([panel(k) for k in range(1, 6)], colour=RED).axes[:6]
    assert [a.get_ylabel() for a in axes] == ["gradient ratio", "", ""] * 2
    assert [a.get_xlabel() for a in axes[3:]] == ["keyword depth"] * 3
    left, right = ratio_curves({"RNN": [curve(1, 3)]}).axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("epoch", "gradient ratio")
    assert right.get_ylabel() == "dev accuracy (%)"


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_no_letter_is_small_and_no_text_leaves_the_page_or_meets_another(width):
    drawings = (
        ratio_panels([panel(k, sample_ratios=[9] * 4) for k in range(1, 7)], colour=RED, width=width),
        ratio_curves({"RNN": [curve(9, 30)] * 5, "RLSTM": [curve(30, 30)] * 5}, width=width),
    )
    for drawn in drawings:
        drawn.draw_without_rendering()
        texts = [text for axes in drawn.axes for text in (axes.title, axes._left_title, axes._right_title)]
        texts += [text for axes in drawn.axes for text in (axes.xaxis.label, axes.yaxis.label)]
        assert_readable(drawn, texts)


@pytest.mark.parametrize("results", [{"RNN": [curve(1)]}, {"RNN": []}], ids=["a run", "no runs"])
def test_both_axes_of_the_curves_are_marked_to_their_ends(results):
    left, right = ratio_curves(results).axes
    assert (left.get_ylim(), right.get_ylim()) == ((0, 3), (0, 100))
    assert list(left.get_yticks()) == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert list(right.get_yticks()) == [0, 20, 40, 60, 80, 100]
    assert list(left.get_xticks()) == [0, 2, 4, 6, 8, 10, 12]


@pytest.mark.parametrize(
    "draw",
    [lambda: ratio_curves({"RNN": [curve(1)]}), lambda: ratio_panels([panel()], colour=RED)],
    ids=["curves", "panels"],
)
def test_a_band_has_in_the_legend_the_opacity_that_it_has_in_the_panel(draw):
    figure = draw()
    (legend,) = figure.legends
    shown = {
        text.get_text(): handle.get_alpha()
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }
    outer, inner = (band.get_alpha() for band in figure.axes[0].collections[:2])
    assert shown["5 to 95 %"] == outer
    assert shown["25 to 75 %"] == pytest.approx(outer + inner - outer * inner)  # it lies over the wider one
