import re

import pytest

from viz.legend import LEAST_CELLS, colour_bar, key
from viz.scale import SPECIAL, NormScale
from viz.text import tick_number


@pytest.mark.parametrize(
    "scale", [NormScale(0.1, 1), NormScale(1e-6, 1), NormScale(1e-16, 1), NormScale(2e-5, 0.7)]
)
def test_every_tick_stands_under_the_cell_of_its_own_colour(scale):
    first, second, _ = re.findall(r"<TR>(.*?)</TR>", colour_bar(scale, "norm"))
    cells = re.findall(r'FIXEDSIZE="TRUE"(?: BGCOLOR="(.*?)")?>', first)
    labels = re.findall(r'COLSPAN="(\d+)">(.*?)<', second)
    assert sum(colour != "" for colour in cells) >= LEAST_CELLS
    column = 0
    for (span, label), tick in zip(labels, scale.ticks(), strict=True):
        assert label == tick_number(tick)
        assert cells[column + int(span) // 2] == scale.style(tick).fill
        column += int(span)
    assert column == len(cells)


def test_the_key_is_empty_where_nothing_occurs():
    assert key([], keyword=False) == ""


def test_the_key_names_the_keyword_and_every_special_style():
    text = key(SPECIAL, keyword=True)
    for style in SPECIAL:
        assert f'STYLE="{style.line}"' in text
        assert style.note in text
    assert "keyword" in text
