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
    svg = drawn(colour_bar(scale))
    drawing = ElementTree.fromstring(svg)
    cells, bands = [], set()  # each is painted over the right part of the one before
    for shape in drawing.iter(f"{SVG}polygon"):
        corners = [float(point.split(",")[0]) for point in shape.get("points").split()]
        cells.append((min(corners), shape.get("fill")))
        heights = [float(point.split(",")[1]) for point in shape.get("points").split()]
        bands.add((min(heights), max(heights)))
    cells = cells[1:]  # the page
    assert len(bands) == 2  # the page's and the bar's
    step = cells[1][0] - cells[0][0]
    assert len(cells) == CELLS
    texts = {text.text: text for text in drawing.iter(f"{SVG}text")}
    assert {tick_number(scale.vmin), tick_number(scale.vmax)} < set(texts) or len(texts) == 2
    for tick in (tick for tick in scale.ticks() if tick_number(tick) in texts):
        text = texts[tick_number(tick)]
        middle = float(text.get("x"))
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
    svg = drawn(colour_bar(scale))
    spans = [
        (float(text.get("x")) - text_width(text.text) / 2, float(text.get("x")) + text_width(text.text) / 2)
        for text in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]
    assert len(spans) == (5 if scale.vmin == 5e-324 else len(scale.ticks()))  # 4.94×10⁻³²⁴ needs much room
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
    label = legend(NormScale(0.01, 1), "a & <b> \\N", SPECIAL, True, 400)
    notes = [style.note for style in SPECIAL]
    assert sorted(svg_text(render(f"digraph {{ label={label} }}", "svg"))) == sorted(
        ["keyword", *notes, "0.01", "0.1", "1", "a & <b> \\N"]
    )


def test_swatches_are_not_stretched_by_a_wide_bar():
    label = legend(NormScale(0.01, 1), "c" * 200, SPECIAL, True, 900)
    svg = render(f"digraph {{ label={label} }}", "svg")
    for points in re.findall(r'<(?:polygon|polyline|path) fill="#ffffff"[^>]*points="([^"]*)"', svg.decode()):
        xs = [float(point.split(",")[0]) for point in points.split()]
        assert max(xs) - min(xs) <= 36


@pytest.mark.parametrize("width", [60, 100, 170, 300, 2000])
@pytest.mark.parametrize("scale", SCALES)
def test_the_bar_is_no_wider_than_its_picture(scale, width):
    svg = drawn(colour_bar(scale, width))
    drawing = ElementTree.fromstring(svg)
    shapes = [shape.get("points").split() for shape in drawing.iter(f"{SVG}polygon")][1:]  # without the page
    xs = [float(point.split(",")[0]) for points in shapes for point in points]
    texts = list(drawing.iter(f"{SVG}text"))
    assert max(xs) - min(xs) <= max(width, 2 * CELLS)  # the labels of the two ends need some room
    assert {tick_number(scale.vmin), tick_number(scale.vmax)} <= {text.text for text in texts}
    spans = [
        (float(t.get("x")) - text_width(t.text) / 2, float(t.get("x")) + text_width(t.text) / 2)
        for t in texts
    ]
    assert all(right + 2 < left for (_, right), (left, _) in pairwise(spans))


def test_a_narrow_scale_of_ratios_keeps_its_middle():
    ticks = svg_text(drawn(colour_bar(RatioScale(1e-5, 1e3), 150)))
    assert ticks == ["10⁻⁵", "1", "10³"]


@pytest.mark.parametrize("width", [50, 400])
def test_the_caption_is_broken_into_lines_of_a_width(width):
    caption = "gradient norm at each node of a tree, in decades from left to right,\nby the name of its model"
    svg = drawn(legend(NormScale(0.01, 1), caption, (), False, width)[1:-1])
    lines = [text for text in svg_text(svg) if text[0].isalpha()]
    assert " ".join(lines) == caption.replace("\n", " ")
    assert len(lines) == (2 if width == 400 else 3)
