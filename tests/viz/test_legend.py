import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.viz.pictures import SVG, svg_text
from viz.fonts import FONT
from viz.legend import CELLS, colour_bar, key, legend
from viz.render import render
from viz.scale import NormScale, RatioScale
from viz.style import SPECIAL
from viz.text import tick_number

SCALES = [
    NormScale(0.1, 1),
    NormScale(1e-6, 1),
    NormScale(1e-16, 1),
    NormScale(2e-5, 0.7),
    NormScale(0.02, 0.05),
    NormScale(5e-324, 1e308),
    RatioScale(1e-4, 5),
    RatioScale(0.5, 1),
]


@pytest.mark.parametrize("scale", SCALES)
def test_every_tick_stands_under_the_cell_of_its_own_colour(scale):
    svg = drawn(colour_bar(scale, "norm"))
    drawing = ElementTree.fromstring(svg)
    cells = []  # each is painted over the right part of the one before
    for shape in drawing.iter(f"{SVG}polygon"):
        corners = [float(point.split(",")[0]) for point in shape.get("points").split()]
        cells.append((min(corners), shape.get("fill")))
    cells = cells[1:]  # the page
    step = cells[1][0] - cells[0][0]
    assert len(cells) == CELLS
    texts = {text.text: text for text in drawing.iter(f"{SVG}text")}
    # The label of a tick begins at x; half of its width, by the advance of its letters, leads to its middle.
    for tick in scale.ticks():
        text = texts[tick_number(tick)]
        middle = float(text.get("x")) + text_width(text.text) / 2
        place = scale.position(tick) * (CELLS - 1)
        assert (middle - cells[0][0]) / step - 0.5 == pytest.approx(place, abs=0.75)
        assert cells[round(place)][1] == scale.style(scale.at(round(place) / (CELLS - 1))).fill


def drawn(table):
    return render(f'digraph {{ fontname="{FONT}" fontsize=10 label=<{table}> }}', "svg")


def text_width(text):
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    font = FT2Font(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf")
    font.set_size(10, 72)
    font.set_text(text, 0)
    return font.get_width_height()[0] / 64


@pytest.mark.parametrize("scale", SCALES)
def test_labels_of_ticks_do_not_touch(scale):
    svg = drawn(colour_bar(scale, "norm"))
    spans = [
        (float(text.get("x")), float(text.get("x")) + text_width(text.text))
        for text in ElementTree.fromstring(svg).iter(f"{SVG}text")
        if text.text != "norm"
    ]
    assert len(spans) == len(scale.ticks())
    assert all(right + 4 < left for (_, right), (left, _) in pairwise(spans))


def test_the_key_is_empty_where_nothing_occurs():
    assert key([], keyword=False) == ""


def test_the_key_names_the_keyword_and_every_special_style():
    text = key(SPECIAL, keyword=True)
    for style in SPECIAL:
        assert f'STYLE="{style.line}"' in text
        assert style.note in text
    assert "keyword" in text


def test_a_legend_is_a_label_with_key_ticks_and_caption():
    label = legend(NormScale(0.01, 1), "a & <b> \\N", SPECIAL, keyword=True)
    notes = [style.note for style in SPECIAL]
    assert sorted(svg_text(render(f"digraph {{ label={label} }}", "svg"))) == sorted(
        ["keyword", *notes, "0.01", "0.1", "1", "a & <b> \\N"]
    )


def test_swatches_are_not_stretched_by_a_wide_bar():
    label = legend(NormScale(0.01, 1), "c" * 200, SPECIAL, keyword=True)
    svg = render(f"digraph {{ label={label} }}", "svg")
    for points in re.findall(r'<(?:polygon|polyline|path) fill="#ffffff"[^>]*points="([^"]*)"', svg.decode()):
        xs = [float(point.split(",")[0]) for point in points.split()]
        assert max(xs) - min(xs) <= 36
