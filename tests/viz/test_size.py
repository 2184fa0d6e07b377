"""Pictures of a width that is asked for, in every format, and without a margin."""

import re

import pytest

import minigrad as mg
from models.tree import Tree
from tests.viz.test_render import png_size
from viz.__main__ import main
from viz.epochs import epochs
from viz.op_graph import OpGraphPicture
from viz.render import PNG_DPI
from viz.size import inches, letter_size
from viz.steps import StepsPicture
from viz.tree_picture import TreePicture

TREE = "(3 (2 not) ((1 so) (1 bad)))"
NORMS = [0.1, 0.2, 0.3, 0.4, 1]
PICTURE = TreePicture(Tree.parse(TREE), NORMS)


@pytest.mark.parametrize(
    ("width", "value"),
    [
        ("3.3in", 3.3),
        ("84mm", 84 / 25.4),
        ("8.4 cm", 8.4 / 2.54),
        ("240PT", 240 / 72),
        ("2", 2),
        (7, 7),
        (0.5, 0.5),
    ],
)
def test_a_width_is_a_number_with_a_unit(width, value):
    assert inches(width) == pytest.approx(value)


@pytest.mark.parametrize(
    "width", ["3.3 furlongs", "in", "", "1e3in", "-2in", "0in", "0", 0, -1, "201in", float("nan")]
)
def test_other_widths_are_refused(width):
    with pytest.raises(ValueError, match=r"as 3\.3in|more than 0"):
        PICTURE.save("nothing.svg", width=width)


def width_of(path):
    """The width of a picture in points."""
    if path.suffix == ".png":
        return png_size(path.read_bytes())[0] * 72 / PNG_DPI
    if path.suffix == ".pdf":
        (box,) = re.findall(rb"/MediaBox *\[ *0 0 ([\d.]+) [\d.]+ *\]", path.read_bytes())
        return float(box)
    return float(re.search(r'<svg [^>]*width="([\d.]+)pt"', path.read_text(encoding="utf-8"))[1])


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "html"])
@pytest.mark.parametrize("wide", ["1in", "3.3in", "84mm", "12in"])
@pytest.mark.parametrize(
    "picture", [PICTURE, epochs(Tree.parse(TREE), {0: NORMS, 1: NORMS})], ids=["tree", "epochs"]
)
def test_a_picture_has_the_width_that_is_asked_for(tmp_path, picture, wide, suffix):
    path = picture.save(tmp_path / f"tree.{suffix}", width=wide)
    assert width_of(path) == pytest.approx(72 * inches(wide), abs=1)


def test_the_dot_text_keeps_the_width(tmp_path):
    text = PICTURE.save(tmp_path / "tree.dot", width="3.3in").read_text(encoding="utf-8")
    assert 'size="3.3,' in text
    assert "size=" not in PICTURE.dot.replace("fontsize=", "")


def test_a_text_has_no_width(tmp_path):
    with pytest.raises(ValueError, match="text"):
        PICTURE.save(tmp_path / "tree.txt", width="3in")


def test_a_pdf_has_no_margin(tmp_path):
    """Its page is as large as the SVG, which has none."""
    y = mg.tanh(mg.tensor([1.0], requires_grad=True, name="x")).sum()
    for picture in (PICTURE, OpGraphPicture(y), StepsPicture(y)):
        sizes = [width_of(picture.save(tmp_path / f"tree.{suffix}")) for suffix in ("svg", "pdf")]
        assert sizes[0] == pytest.approx(sizes[1], abs=1)


def test_the_size_of_letters_follows_the_width():
    natural = float(re.search(r'<svg width="([\d.]+)pt"', PICTURE.to_svg())[1])
    assert letter_size(PICTURE.to_svg(), natural / 72) == pytest.approx(10)
    assert letter_size(PICTURE.to_svg(), natural / 144) == pytest.approx(5)


@pytest.mark.parametrize(
    ("command", "option"), [(["tree"], "--width"), (["graph", "--cell", "RNN"], "--picture-width")]
)
def test_commands_take_a_width_and_tell_of_small_letters(tmp_path, capsys, command, option):
    path = tmp_path / "tree.pdf"
    name, *more = command
    assert main([name, TREE, *more, option, "3.3in", "-o", str(path)]) == 0
    assert width_of(path) == pytest.approx(3.3 * 72, abs=1)
    assert capsys.readouterr() == (f"{path}\n", "")
    assert main([name, TREE, *more, option, "0.3in", "-o", str(path)]) == 0
    assert "letters have " in capsys.readouterr().err
    assert main([name, TREE, *more, option, "3in"]) == 2
    assert "-o FILE" in capsys.readouterr().err
