import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.markers import MarkerStyle

from viz import accuracy_figure, caption, ratio_figure, save_figure
from viz.colour import contrast
from viz.epoch_colours import lab


def model(epochs=13, depths=6, **changes):
    """Made-up results: ratios shrink with depth."""
    ratios = {
        "depths": list(range(depths)),
        "medians": [[10.0 ** (-d - 0.1 * e) for d in range(depths)] for e in range(epochs)],
        "counts": [10 * (d + 1) for d in range(depths)],
        "dev_accuracy": [None, *(0.1 + 0.01 * e for e in range(1, epochs))][:epochs],
    }
    return ratios | changes


def lines(axes):
    """The lines of the epochs, without the reference line and the markers off the axis."""
    return [line for line in axes.lines if line.get_marker() in "osDPX"]


def test_there_is_one_line_per_epoch_and_panels_share_their_axes():
    figure = ratio_figure({"RNN": model(13), "RLSTM": model(9)})
    rnn, rlstm, rnn_counts, _ = figure.axes[:4]
    assert (len(lines(rnn)), len(lines(rlstm))) == (13, 9)
    assert rnn.get_ylim() == rlstm.get_ylim()
    assert rnn.get_xlim() == rlstm.get_xlim() == rnn_counts.get_xlim()
    assert [bar.get_height() for bar in rnn_counts.patches] == [10, 20, 30, 40, 50, 60]
    assert figure.axes[-1].get_ylabel() == "epoch"  # of the colours


def test_an_epoch_has_the_same_colour_in_both_panels_and_later_is_darker():
    figure = ratio_figure({"RNN": model(15), "RLSTM": model(9)})
    rnn, rlstm = ([to_hex(line.get_color()) for line in lines(a)] for a in figure.axes[:2])
    assert rlstm == rnn[:9]
    on_white = [contrast(colour, "#ffffff") for colour in rnn]
    assert on_white == sorted(on_white)
    assert on_white[0] > 1.9


@pytest.mark.parametrize("epochs", [2, 7, 13, 20])
def test_epochs_can_be_told_apart_by_colour_or_by_marker(epochs):
    """A difference of 2 in L*a*b* is the least that the eye sees, side by side."""
    figure = ratio_figure({"RNN": model(epochs)})
    drawn = lines(figure.axes[0])
    colours = lab(np.array([to_rgb(line.get_color()) for line in drawn]))
    apart = np.linalg.norm(colours[:, None] - colours, axis=-1)
    assert apart[~np.eye(epochs, dtype=bool)].min() > 8
    # Where colours are near, markers differ; the bar beside the panels shows both.
    alike = np.array([[a.get_marker() == b.get_marker() for a in drawn] for b in drawn])
    assert apart[alike & ~np.eye(epochs, dtype=bool)].min(initial=99) > 30
    assert [line.get_marker() for line in figure.axes[-1].lines] == [line.get_marker() for line in drawn]


def test_points_from_few_trees_have_their_epochs_marker_too():
    axes = ratio_figure({"RNN": model(5, counts=[30, 30, 19, 30, 30, 1])}).axes[0]
    shapes = [len(points.get_paths()[0].vertices) for points in axes.collections]
    assert shapes == [len(MarkerStyle(line.get_marker()).get_path().vertices) for line in lines(axes)]
    assert len(set(shapes)) > 2
    assert all([x for x, _ in points.get_offsets()] == [2, 5] for points in axes.collections)


def test_colours_are_measured_as_the_cie_does():
    white, red, grey = lab(np.array([[1.0, 1, 1], [1, 0, 0], [0.5, 0.5, 0.5]]))
    assert white == pytest.approx([100, 0, 0], abs=0.01)
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.01)
    assert grey == pytest.approx([53.39, 0, 0], abs=0.01)


@pytest.mark.parametrize(
    ("most", "ticks"), [(1, [1]), (9, [1]), (10, [1, 10]), (100, [1, 10, 100]), (999, [1, 10, 100]),
                        (1000, [1, 100]), (10_000, [1, 100, 10_000])],
)  # fmt: skip
def test_counts_are_marked_at_powers_of_ten_up_to_the_largest(most, ticks):
    drawn = ratio_figure({"RNN": model(1, depths=2, counts=[1, most])})
    assert list(drawn.axes[1].get_yticks()) == ticks


def test_titles_give_the_accuracy_of_the_best_epoch():
    figure = ratio_figure({"RNN": model(4, dev_accuracy=[None, 0.2, 0.912, 0.3])})
    assert figure.axes[0].get_title() == "RNN\nbest dev accuracy 91.2% (epoch 2)"


def test_missing_medians_leave_gaps_and_nothing_measured_still_draws(tmp_path):
    gaps = ratio_figure({"RNN": model(2, medians=[[1, None, math.nan, 1, 1, 1]] * 2)})
    assert [math.isnan(y) for y in lines(gaps.axes[0])[0].get_ydata()] == [
        False, True, True, False, False, False,
    ]  # fmt: skip
    nothing = {"depths": [3], "medians": [[None]], "counts": [0], "dev_accuracy": [None]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(ratio_figure({"RNN": nothing}), tmp_path / "ratios.png")


def test_ratios_that_no_logarithm_holds_are_marked_at_the_edge():
    figure = ratio_figure({"RNN": model(1, medians=[[1, 0.1, 0.0, math.inf, 0.0, 1]])})
    markers = {line.get_marker(): list(line.get_xdata()) for line in figure.axes[0].lines}
    assert markers["v"] == [2, 4]
    assert markers["^"] == [3]
    legend = [text.get_text() for text in figure.legends[0].texts]
    assert legend[-3:] == ["ratio 0", "ratio inf", "fewer than 20 trees"]


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.slow), 15])
def test_no_text_is_cut_off_or_overlaps_its_neighbour(count):
    figure = ratio_figure({"RNN": model(count), "RLSTM": model(count)})
    figure.draw_without_rendering()
    page = figure.bbox
    first, second = (axes.title.get_window_extent() for axes in figure.axes[:2])
    assert first.x1 < second.x0
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= page.x0
        assert box.y0 >= page.y0
        assert box.x1 <= page.x1
        assert box.y1 <= page.y1


def test_more_than_two_models_stand_in_rows_of_two_on_the_same_axes():
    names = ["RNN", "RLSTM", "TreeLSTM"]
    steeper = [[10.0 ** (-3 * d) for d in range(6)]]
    models = {name: model(2) for name in names[:2]} | {"TreeLSTM": model(1, medians=steeper)}
    figure = ratio_figure(models)
    figure.draw_without_rendering()
    panels = {axes.get_title().split("\n")[0]: axes for axes in figure.axes if axes.get_title()}
    assert list(panels) == names
    first, second, third = (axes.get_position() for axes in panels.values())
    assert first.x1 < second.x0
    assert first.y0 == second.y0
    assert third.y1 < first.y0
    assert third.x0 == pytest.approx(first.x0)
    assert third.height == pytest.approx(first.height)
    assert len({axes.get_ylim() for axes in panels.values()}) == 1
    assert panels["RNN"].get_ylim()[0] < 1e-14
    assert panels["TreeLSTM"].get_ylabel().startswith("gradient ratio")
    bars = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(bars) == 3
    assert all(label.get_visible() for axes in bars for label in axes.get_xticklabels())


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"counts": [1]}, "6 depths, but 1 counts"),
        ({"medians": [[1.0]]}, "6 depths, but 1 medians in epoch 0"),
        ({"dev_accuracy": []}, "2 epochs, but accuracies of 0"),
        ({"medians": [], "dev_accuracy": []}, "0 epochs"),
    ],
)
def test_lengths_that_do_not_fit_are_named(changes, text):
    with pytest.raises(ValueError, match=f"RNN: .*{text}"):
        ratio_figure({"RNN": model(2, **changes)})


def test_no_models_are_refused():
    with pytest.raises(ValueError, match="at least one model"):
        ratio_figure({})


@pytest.mark.parametrize(
    "suffix", ["svg", *(pytest.param(s, marks=pytest.mark.slow) for s in ("png", "pdf"))]
)
def test_the_figure_is_saved_by_its_suffix(tmp_path, suffix):
    path = save_figure(ratio_figure({"RNN": model(2)}), tmp_path / f"ratios.{suffix}")
    assert path.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_no_figure_format_is_guessed(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf"):
        save_figure(ratio_figure({"RNN": model(2)}), tmp_path / "ratios.jpg")


def test_no_window_can_open_and_importing_stays_cheap():
    program = (
        "import sys, viz\n"
        "assert not {'matplotlib', 'pygraphviz'} & set(sys.modules)\n"
        "viz.ratio_figure({'RNN': dict(depths=[1], medians=[[1.0]], counts=[3],"
        " dev_accuracy=[0.1])})\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("width", [pytest.param(7.0, marks=pytest.mark.slow), 3.3])
def test_a_caption_stands_below_everything_on_the_page(width):
    figures = [
        ratio_figure({"RNN": model(2), "RLSTM": model(2)}),
        accuracy_figure(["1–10"], {"RNN": [[10.0]]}, xlabel="length", chance=10, width=width),
    ]
    for figure in figures:
        caption(
            figure,
            "210 runs of RNN, RLSTM on 10,000 sentences each; rows in paper, made by commit 6e4e5401ceb8",
        )
        figure.draw_without_rendering()
        below = figure._supxlabel.get_window_extent()
        assert below.x0 >= 0
        assert below.x1 <= figure.bbox.x1
        assert below.y0 >= 0
        others = [axes.get_tightbbox() for axes in figure.axes] + [figure.legends[0].get_window_extent()]
        assert below.y1 <= min(box.y0 for box in others)
