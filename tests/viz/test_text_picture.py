"""Texts on the colours of their numbers: places, colours, strips, formats, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tests.viz.pictures import svg_text
from viz import ActivationScale, NormScale, TextPicture
from viz.colour import contrast
from viz.scale import RatioScale
from viz.text_lines import lines_of

CODE = 'x = "a"\n\ty'
VALUES = [0.0, -0.2, 0.4, -0.6, 0.8, 1.0, -1.0, 0.1, 0.3, -0.5]
QUOTED = [c in '"a' for c in CODE]
WORDS = ["The", "dogs", "<bark>", "."]


def test_a_text_is_broken_after_its_line_breaks_and_where_a_line_is_full() -> None:
    lines = [[(unit.text, unit.column) for unit in line] for line in lines_of("ab\nabcde", 3)]
    assert lines == [
        [("a", 0), ("b", 1), ("↵", 2)],
        [("a", 0), ("b", 1), ("c", 2)],
        [("d", 0), ("e", 1)],
    ]
    assert lines_of("a\n", 9)[-1][-1].text == "↵"
    assert lines_of("", 9) == lines_of([], 9) == [[]]


def test_words_stand_apart_and_go_to_the_next_line_as_a_whole() -> None:
    lines = lines_of(["ab", "cd", "efghijk", "l"], 5)
    assert [[(unit.number, unit.column) for unit in line] for line in lines] == [
        [(0, 0), (1, 3)],
        [(2, 0)],
        [(3, 0)],
    ]


def test_a_word_that_ends_in_a_line_break_ends_its_line() -> None:
    lines = lines_of(["a", "b.\n", "c", "\n", "d\n"], 20)
    assert [[(unit.text, unit.column) for unit in line] for line in lines] == [
        [("a", 0), ("b.", 2)],
        [("c", 0), ("↵", 2)],
        [("d", 0)],
    ]


def test_a_terminal_shows_tenths_of_the_scale_and_what_is_true() -> None:
    picture = TextPicture(CODE, VALUES, truth=QUOTED, truth_name="in quotes", title="unit 3")
    assert picture.to_text() == (
        'unit 3\n\nx = "a"↵\n54729905\n    ███\n⇥y\n62\n\n\nactivation: digits from 0 (−1) to 9 (1)\n'
        "strip below: in quotes\n"
    )


def test_numbers_without_a_colour_have_marks_of_their_own() -> None:
    values = [1e-3, 0.0, np.nan, np.inf]
    lines = TextPicture(WORDS, values, NormScale(1e-4, 1e-2)).to_text().splitlines()
    assert lines[:2] == ["The dogs <bark> .", "555 ···· ?????? !"]
    assert TextPicture("ab", [1.0, 3.0], ActivationScale(2.0)).to_text().splitlines()[1] == "7!"


def test_the_page_colours_each_unit_and_tells_its_number() -> None:
    scale = ActivationScale(1.0)
    page = TextPicture(CODE, VALUES, scale, truth=QUOTED).html_body()
    spans = re.findall(
        r'background: (#\w+); color: (#\w+); border-bottom: 3px solid (#\w+)" title="([^"]*)">', page
    )
    assert len(spans) == len(CODE)
    for value, quoted, (fill, font, strip, title) in zip(VALUES, QUOTED, spans, strict=True):
        assert (fill, font) == (scale.style(value).fill, scale.style(value).font)
        assert contrast(fill, font) >= 4.5
        assert strip == ("#000000" if quoted else "#ffffff")
        assert title == scale.printed(value)
    assert "−0.600" in page


def test_words_and_titles_are_escaped_and_control_characters_shown() -> None:
    page = TextPicture([*WORDS, "\x1b"], np.ones(5), "norm", title="<t>").to_html()
    assert "&lt;bark&gt;" in page
    assert "<h2>&lt;t&gt;</h2>" in page
    assert "\x1b" not in page


def test_depths_give_a_strip_of_greys() -> None:
    page = TextPicture("((", [0, 0], truth=[1, 2]).html_body()
    assert re.findall(r"border-bottom: 3px solid (#\w+)", page) == ["#808080", "#000000"]


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "html", "txt"])
def test_it_is_saved_in_all_formats_the_same_way_each_time(suffix: str, tmp_path: Any) -> None:
    pictures = [TextPicture(CODE, VALUES, truth=QUOTED, title="$a") for _ in range(2)]
    first, second = (p.save(tmp_path / f"{k}.{suffix}").read_bytes() for k, p in enumerate(pictures))
    assert first == second


def test_the_drawing_has_every_letter_at_its_place() -> None:
    picture = TextPicture(WORDS, [1e-3, 0.1, np.nan, 1.0], "norm", title="gradients")
    texts = svg_text(picture.to_svg())
    assert [t for t in texts if t in WORDS] == WORDS
    assert "gradients" in texts
    assert "gradient norm ‖∂J/∂p‖ at each word" in texts
    boxes = [patch.get_bbox().bounds for patch in picture.figure.axes[0].patches if patch.get_fill()]
    assert [round(width / boxes[3][2]) for _, _, width, _ in boxes] == [3, 4, 6, 1]


@pytest.mark.parametrize("text", ["", [], "a", ["word"]])
def test_of_nothing_and_of_one(text: Any, tmp_path: Any) -> None:
    picture = TextPicture(text, np.zeros(len(text)), truth=np.zeros(len(text)))
    picture.save(tmp_path / "one.svg")
    bundle, metadata = picture._repr_mimebundle_()
    assert bundle.keys() == {"text/html", "image/png", "text/plain"}
    assert metadata["image/png"]["width"] == pytest.approx(96 * picture.figure.get_figwidth(), abs=1)
    assert picture._repr_mimebundle_(include=["text/plain"]) == ({"text/plain": picture.to_text()}, {})


def test_scales_are_fitted_by_name_or_taken_as_they_are() -> None:
    assert TextPicture("ab", [0.03, -0.3]).scale == ActivationScale(0.5)
    assert TextPicture("ab", [0.0, np.inf]).scale == ActivationScale(1.0)
    assert TextPicture("ab", [1e-3, 1.0], "norm").scale == NormScale(1e-3, 1.0)
    ratio = TextPicture("ab", [1e-3, 0.1], "ratio")
    assert isinstance(ratio.scale, RatioScale)
    np.testing.assert_allclose(ratio.values, [0.01, 1.0])
    scale = ActivationScale(2.0)
    assert [scale.position(v) for v in (-2, 0, 1)] == [0, 0.5, 0.75]
    assert [scale.at(p) for p in (0, 0.5, 0.75)] == [-2, 0, 1]
    assert scale.ticks() == (-2, -1, 0, 1, 2)


REFUSED = {
    "too few numbers": (
        ("abc", [1.0]),
        {},
        r"a number for each of 3 characters .*, not an array \(1,\)",
    ),
    "too few truths": ((["a", "b"], [1, 2]), {"truth": [1]}, "a truth for each of 2 words"),
    "a negative truth": (("a", [1]), {"truth": [-1]}, "from 0 up"),
    "no such scale": (("a", [1], "warm"), {}, "not 'warm'"),
    "no room": (("a", [1]), {"columns": 3}, "at least 8 characters, not 3"),
    "a negative norm": (("a", [-1.0], "norm"), {}, "is not negative"),
}


@pytest.mark.parametrize(("args", "options", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_drawn_is_refused(args: Any, options: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        TextPicture(*args, **options)


@pytest.mark.parametrize("limit", [0, -1, np.inf, np.nan])
def test_a_scale_around_zero_needs_a_limit(limit: float) -> None:
    with pytest.raises(ValueError, match="0 < limit < inf"):
        ActivationScale(limit)


def test_a_format_that_does_not_exist_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.html, \.txt"):
        TextPicture("a", [1]).save(tmp_path / "a.dot")
