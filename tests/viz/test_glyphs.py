"""Characters that no font has are told once, by name; those that any font has are not."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import pytest

from models.tree import Tree
from viz import glyphs
from viz.glyphs import GlyphWarning, tell_missing
from viz.render import render
from viz.tree_picture import TreePicture

TTF = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
ENGLISH = "DejaVu Sans has é, Ж, ع, ‖, ∂ and ⁻⁵"


@pytest.fixture
def no_other_fonts(monkeypatch, tmp_path):
    """A machine with the fonts of one folder, and nothing told yet."""
    monkeypatch.setattr(glyphs, "folders", lambda: [tmp_path])
    monkeypatch.setattr(glyphs, "_told", set())
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    return tmp_path


def told(text):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        tell_missing(text)
    return [str(warning.message) for warning in found]


@pytest.mark.usefixtures("no_other_fonts")
def test_what_is_missing_is_told_once_and_by_name():
    (message,) = told("the film 我喜欢")
    assert "我 (U+6211 CJK UNIFIED IDEOGRAPH-6211)" in message
    assert "喜 (U+559C" in message
    assert told("我喜欢 again") == []
    (message,) = told("我 and ꀀ")
    assert "ꀀ (U+A000 YI SYLLABLE IT): it is drawn as a box" in message
    assert "我" not in message


@pytest.mark.usefixtures("no_other_fonts")
def test_many_are_counted():
    (message,) = told("".join(map(chr, range(0x4E00, 0x4E0C))))
    assert message.count("CJK UNIFIED") == 5
    assert "and 7 more characters" in message


@pytest.mark.usefixtures("no_other_fonts")
def test_letters_of_the_font_and_what_has_no_glyph_are_not_told():
    assert told(ENGLISH + "\u200b\u2028\u00a0\ue000\U000e0041") == []


def test_another_font_may_have_it(no_other_fonts):
    """matplotlib's STIX has the double-struck digits that its DejaVu lacks."""
    assert glyphs.lacking("\U0001d7da") or glyphs.lacking("\u2a3f")
    letter = next(c for c in map(chr, glyphs._letters_of(TTF / "STIXGeneral.ttf")) if glyphs.lacking(c))
    assert len(told(letter)) == 1
    shutil.copy(TTF / "STIXGeneral.ttf", no_other_fonts / "other.TTF")
    glyphs._told.clear()
    assert told(letter) == []


def test_fonts_that_the_user_names_are_looked_into(no_other_fonts, monkeypatch):
    letter = next(c for c in map(chr, glyphs._letters_of(TTF / "STIXGeneral.ttf")) if glyphs.lacking(c))
    file = no_other_fonts / "fonts.conf"
    file.write_text(f"<fontconfig><dir>{TTF}</dir></fontconfig>", encoding="utf-8")
    monkeypatch.setenv("FONTCONFIG_FILE", str(file))
    assert told(letter) == []


def test_a_font_of_last_resort_and_a_broken_file_have_no_letters(no_other_fonts):
    for name in ("LastResort.ttf", "broken.ttf"):
        (no_other_fonts / name).write_bytes(b"no font")
    if (last := TTF / "LastResortHE-Regular.ttf").exists():
        shutil.copy(last, no_other_fonts)
    assert len(told("我")) == 1


@pytest.mark.usefixtures("no_other_fonts")
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_every_drawing_tells(format):
    with pytest.warns(GlyphWarning, match="我"):
        render(TreePicture(Tree.parse("(3 (2 我) (1 b))"), None).dot, format)


PROGRAM = """
import sys
from viz import glyphs
glyphs.folders = lambda: []
from viz.__main__ import main
for name in sys.argv[1:]:
    main(["tree", "(3 (2 \u6211) (1 \u200b))", "-o", name])
"""


@pytest.mark.slow
def test_a_command_says_one_line_and_nothing_of_the_layout_engine(tmp_path):
    names = [str(tmp_path / f"tree.{suffix}") for suffix in ("png", "svg", "pdf")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == names
    assert done.stderr.startswith("note: no font on this machine has 我 (U+6211")
    assert done.stderr.count("\n") == 1
