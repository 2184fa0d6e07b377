import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viz.pictures import svg_nodes, svg_text
from viz.render import render
from viz.text import safe_html, safe_label, short_number, tick_number

unicode = st.text(st.characters(exclude_categories=()), min_size=1, max_size=12)
treebank = st.sampled_from(
    ["<a>", "<b>bold</b>", "&lt;", "\\N", "a\\", '"', '\\"', "\\\\", "-LRB-", "a:b", "a  b", "\x00", "\ud800"]
)


def shown(text):
    """What stands for the text in a picture: XML cannot hold every character."""
    return "".join(map(_shown, text)).replace("\xa0", " ")


def _shown(character):
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{REPLACEMENT CHARACTER}" if _unfit(code) else character


def _unfit(code):
    return 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF)


@settings(derandomize=True, deadline=None)
@given(unicode | treebank, unicode | treebank)
def test_any_word_is_drawn_as_it_is(first, second):
    from graphviz import Digraph

    graph = Digraph()
    graph.node("a", label=safe_label(first, second))
    assert svg_nodes(render(graph.source, "svg"))["a"]["text"] == [shown(first), shown(second)]


@settings(derandomize=True, deadline=None)
@given(unicode | treebank)
def test_any_caption_is_drawn_as_it_is(caption):
    dot = f"digraph {{ label=<<TABLE><TR><TD>.{safe_html(caption)}.</TD></TR></TABLE>> }}"
    assert svg_text(render(dot, "svg")) == [f".{shown(caption)}."]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.1e-5, "3.10×10⁻⁵"),
        (1.0, "1.00"),
        (0.0123456, "0.0123"),
        (0.00123456, "0.00123"),
        (0.000999, "9.99×10⁻⁴"),
        (0.0009999, "0.00100"),
        (0.99999, "1.00"),
        (123.4, "123"),
        (999.9, "1.00×10³"),
        (1e-300, "1.00×10⁻³⁰⁰"),
        (5e-324, "4.94×10⁻³²⁴"),
        (0.0, "0"),
        (math.nan, "nan"),
        (math.inf, "∞"),
    ],
)
def test_numbers_have_three_significant_digits(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-6, "10⁻⁶"),
        (0.001, "10⁻³"),
        (0.05, "0.05"),
        (1.0, "1"),
        (500.0, "500"),
        (1000.0, "10³"),
        (2e-5, "2×10⁻⁵"),
        (3.162e-5, "3.16×10⁻⁵"),
    ],
)
def test_ticks_are_as_short_as_can_be(value, text):
    assert tick_number(value) == text
