import math
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viz.pictures import svg_nodes, svg_text
from viz.measure import text_width
from viz.render import render
from viz.text import safe_html, safe_label, short_number, tick_number, visible

unicode = st.text(st.characters(exclude_categories=()), min_size=1, max_size=12)
treebank = st.sampled_from(
    ["<a>", "<b>bold</b>", "&lt;", "\\N", "a\\", '"', '\\"', "\\\\", "-LRB-", "a:b", "a  b", "\x00", "\ud800"]
)


def shown(text):
    """What stands for the text in a picture: XML cannot hold every character."""
    return "".join(map(_shown, text)).replace("\xa0", " ")


def with_zero_width(text):
    """The text with characters without width instead of their numbers, and accents without circles."""
    text = re.sub("⟨U\\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), text)
    return re.sub("◌(?=[^\\W\\d_]|\\W)", lambda found: "" if _is_accent(text, found.end()) else "◌", text)


def _is_accent(text, k):
    return unicodedata.category(text[k]) in ("Mn", "Me")


def _shown(character):
    code = ord(character)
    return "\N{REPLACEMENT CHARACTER}" if _unfit(code) else character


def _unfit(code):
    return 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF)


@pytest.mark.filterwarnings("ignore::viz.glyphs.GlyphWarning")
@settings(derandomize=True, deadline=None)
@given(unicode | treebank, unicode | treebank)
def test_any_word_is_drawn_as_it_is(first, second):
    from graphviz import Digraph

    graph = Digraph()
    graph.node("a", label=safe_label(first, second))
    texts = svg_nodes(render(graph.source, "svg"))["a"]["text"]
    assert [with_zero_width(text) for text in texts] == [shown(first), shown(second)]


@pytest.mark.filterwarnings("ignore::viz.glyphs.GlyphWarning")
@settings(derandomize=True, deadline=None)
@given(unicode | treebank)
def test_any_caption_is_drawn_as_it_is(caption):
    dot = f"digraph {{ label=<<TABLE><TR><TD>.{safe_html(caption)}.</TD></TR></TABLE>> }}"
    assert [with_zero_width(text) for text in svg_text(render(dot, "svg"))] == [f".{shown(caption)}."]


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


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("a\nb\x00", "a⟨U+000A⟩b⟨U+0000⟩"),
        ("\u200b", "⟨U+200B⟩"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\ufeffthe", "⟨U+FEFF⟩the"),
        ("co\u00adop", "co⟨U+00AD⟩op"),
        ("\u202eabc", "⟨U+202E⟩abc"),
        ("\u3164", "⟨U+3164⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\u200d", "⟨U+200D⟩"),
        ("ab\u200d", "ab⟨U+200D⟩"),
        ("\u0301", "◌\u0301"),
        ("a \u0301", "a ◌\u0301"),
        # These belong to the spelling: a Persian verb, a family, a heart in colour, a letter with its accent.
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", None),
        ("\u2764\ufe0f", None),
        ("e\u0301", None),
        ("naïve", None),
    ],
)
def test_what_has_no_width_is_shown_where_it_stands_alone(word, text):
    assert visible(word) == (word if text is None else text)


@settings(derandomize=True, deadline=None)
@given(unicode)
def test_every_text_has_a_width_and_stays_as_it_is_the_second_time(text):
    once = visible(text)
    assert visible(once) == once
    assert text_width(once, 10) > 0 or not once.strip()
