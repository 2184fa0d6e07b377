"""The picture of backward, step by step."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from viz import StepsPicture


def _loss() -> tuple[mg.Tensor, mg.Tensor]:
    a = mg.tensor(np.array([1.0, -2.0]), requires_grad=True, name="a & b")
    return a, (a * a).sum()


def test_an_arrow_is_a_contribution_and_a_box_shows_the_sum() -> None:
    a, loss = _loss()
    dot = StepsPicture(loss, title="a < b").dot
    assert dot == StepsPicture(_loss()[1], title="a < b").dot  # other nodes, the same picture
    wanted = [
        'label="a < b"',
        'n0 [label="sum\\ng = 1" style=solid]',
        'n1 [label="mul\\ng = [1 1]" style=solid]',
        'n2 [label="a &amp; b\\ng = [2 -4]" style=rounded]',
        'n0 -> n1 [label=" 1:  [1 1] "]',
        'n1 -> n2 [label=" 2:  [1 -2] "]',
        'n1 -> n2 [label=" 3:  [1 -2] "]',
    ]
    assert [text for text in wanted if text not in dot] == []
    assert a.grad is None


def test_its_text_is_the_table_with_nodes_numbered_from_1() -> None:
    assert (
        StepsPicture(_loss()[1], title="square").to_text()
        == """\
square
step  node    g      operand   vjp                                contribution  sum so far
1     %3 sum  1      %2 mul    g, repeated along the summed axes  [1 1]         [1 1]
2     %2 mul  [1 1]  %1 a & b  g ⊙ b                              [1 -2]        [1 -2]
3                    %1 a & b  g ⊙ a                              [1 -2]        [2 -4]
"""
    )


def test_a_graph_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match=r"more than 2 steps; draw a smaller graph, or raise max_steps"):
        StepsPicture(_loss()[1], max_steps=2)
    assert len(StepsPicture(_loss()[1], max_steps=3).steps) == 3


def test_it_can_be_laid_out() -> None:
    svg = StepsPicture(_loss()[1]).to_svg()
    assert "<svg" in svg
    assert "3:" in svg
