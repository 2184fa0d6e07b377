"""Figures of dots: every run is drawn on the line of its name."""

from __future__ import annotations

import pytest

from viz import DotRow, dot_rows, save_figure
from viz.page import LOOKS

ROWS = [DotRow("first", [3, 1, 2], "tall"), DotRow("second", [5], "small"), DotRow("third", [4, 0])]


def test_every_run_is_a_dot_on_the_line_of_its_name() -> None:
    (axes,) = dot_rows(ROWS, xlabel="height").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second", "third"]
    drawn = {
        tuple(point) for line in axes.get_lines() if line.get_marker() != "|" for point in line.get_xydata()
    }
    assert drawn == {(3, 0), (1, 0), (2, 0), (5, 1), (4, 2), (0, 2)}
    strokes = [line.get_xydata().tolist() for line in axes.get_lines() if line.get_marker() == "|"]
    assert strokes == [[[2, 0]], [[5, 1]], [[2, 2]]]
    low, high = axes.get_ylim()
    assert low > high  # the first row is the upper one


def test_groups_look_apart_and_are_named() -> None:
    figure = dot_rows(ROWS, xlabel="", references={"door": 4.5})
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tall", "small"]
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() != "|"]
    assert len({dot.get_color() for dot in dots[:3]}) == 3
    assert [text.get_text() for text in figure.axes[0].texts] == ["door"]


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        dot_rows([], xlabel="")
    with pytest.raises(ValueError, match="can't be told apart"):
        dot_rows([DotRow(str(k), [1], str(k)) for k in range(len(LOOKS) + 1)], xlabel="")


def test_bytes_are_the_same_every_time(tmp_path) -> None:
    paths = [save_figure(dot_rows(ROWS, xlabel="x"), tmp_path / f"{k}.svg") for k in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
