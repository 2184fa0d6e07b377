import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tree import Tree
from tests.references import assert_reference
from tests.viz.pictures import SVG, chain, svg_nodes, svg_text, unrolled
from viz.render import render
from viz.scale import NormScale, RatioScale
from viz.tree_panel import LONGEST_NAME
from viz.tree_picture import TreePicture

TREE = Tree.parse("(6 (12 not) (NP (507 bad) (3 film)))")
NORMS = [2.5e-4, 0.031, 0.0, 0.125, 1.0]  # not bad film NP root: post-order
SCALE = NormScale(1e-4, 1)


def picture(**options):
    return TreePicture(TREE, NORMS, SCALE, **options)


def test_the_dot_text_of_a_small_tree():
    assert_reference("viz/references/tree.dot", unrolled(picture(keyword=1, title="two words").dot))


def test_the_text_of_a_small_tree():
    assert_reference("viz/references/tree.txt", picture(keyword=1, title="two words").to_text())


def test_the_same_picture_gives_the_same_text():
    assert picture(keyword=1).dot == picture(keyword=1).dot


def test_svg_shows_words_numbers_colours_and_full_numbers_on_hovering():
    nodes = svg_nodes(render(picture(keyword=1).dot, "svg"))
    assert [nodes[f"n{i}"]["text"] for i in range(5)] == [
        ["class 6", "1.00"],
        ["not", "2.50×10⁻⁴"],
        ["NP", "0.125"],
        ["bad", "0.0310"],
        ["film", "0"],
    ]
    for name, value in zip(["n1", "n3", "n4", "n2", "n0"], NORMS, strict=True):
        assert SCALE.style(value).fill in nodes[name]["fills"]
    assert nodes["n3"]["tooltip"] == "bad\nlabel 507\nnorm 0.031\ndepth 2"


def test_left_children_stay_left():
    nodes = svg_nodes(render(picture().dot, "svg"))
    assert nodes["n1"]["x"] < nodes["n2"]["x"]
    assert nodes["n3"]["x"] < nodes["n4"]["x"]


def test_the_legend_stands_below_the_tree_and_says_what_occurs():
    svg = render(picture(keyword=1, caption="a & <b> \\N").dot, "svg")
    text = svg_text(svg)
    for part in ["10⁻⁴", "0.01", "1", "a & <b> \\N", "keyword", "exactly zero"]:
        assert part in text
    assert not {"infinite", "not a number", "outside the scale"} & set(text)
    heights = _heights(svg)
    assert heights["10⁻⁴"] > max(heights["bad"], heights["0"])


def _heights(svg):
    from xml.etree import ElementTree

    return {t.text: float(t.get("y")) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")}


def test_nothing_is_explained_that_does_not_occur():
    text = svg_text(render(TreePicture(TREE, [1.0] * 5).dot, "svg"))
    assert "keyword" not in text
    assert "exactly zero" not in text


def test_broken_numbers_are_marked_and_explained():
    values = [math.nan, math.inf, 0.0, 20.0, 1.0]
    dot = TreePicture(TREE, values, SCALE).dot
    text = svg_text(render(dot, "svg"))
    for note in ["not a number", "infinite", "exactly zero", "outside the scale"]:
        assert note in text
    lines = dict(re.findall(r'(n\d) \[.* style="filled,(\w+)', dot))
    assert lines == {"n0": "solid", "n1": "dashed", "n2": "dotted", "n3": "solid", "n4": "dashed"}


def test_n_ary_and_unary_nodes_and_a_lone_leaf_are_drawn():
    tree = Tree.parse("(1 (2 (3 a)) (4 b) (5 (6 c) (7 d) (8 e)))")
    nodes = svg_nodes(render(TreePicture(tree, [0.1] * 8).dot, "svg"))
    assert nodes["n5"]["x"] < nodes["n6"]["x"] < nodes["n7"]["x"]
    lone = svg_nodes(render(TreePicture(Tree("4", "yes"), [0.5], keyword=0).dot, "svg"))
    assert lone["n0"]["text"] == ["class 4", "yes", "0.500"]


def test_a_chain_of_200_leaves_is_drawn():
    svg = render(TreePicture(chain(200), [0.5] * 399).dot, "svg")
    assert len(svg_nodes(svg)) == 399


@pytest.mark.filterwarnings("ignore::viz.glyphs.GlyphWarning")
@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_any_word_label_title_and_caption_make_a_picture(one, other):
    tree = Tree(one, children=(Tree(None, other), Tree(other, one)))
    dot = TreePicture(tree, [0.1, 0.2, 0.3], title=one, caption=other).dot
    assert len(svg_nodes(render(dot, "svg"))) == 3


@pytest.mark.parametrize("count", [4, 6])
def test_a_wrong_number_of_values_is_refused(count):
    with pytest.raises(ValueError, match=f"5 nodes, but {count} values"):
        TreePicture(TREE, [0.1] * count)


@pytest.mark.parametrize("row", [3, 4, 5, -1])
def test_a_keyword_that_is_no_leaf_is_refused(row):
    with pytest.raises(ValueError, match=f"row {row}"):
        picture(keyword=row)


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("svg", b"<?xml"),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("dot", b"digraph"),
        ("html", b"<!DOCTYPE html>"),
        ("txt", b"   "),
    ],
)
def test_the_suffix_decides_the_format(tmp_path, suffix, start):
    path = picture().save(tmp_path / f"tree.{suffix}")
    assert path == tmp_path / f"tree.{suffix}"
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.html, \.txt"):
        picture().save(tmp_path / "tree.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        picture().save(tmp_path / "nowhere" / "tree.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_tree_without_values_is_drawn_plain_with_its_keyword_boxed(tmp_path):
    tree = Tree.parse("(6 ((12) (607)) (34))")
    picture = TreePicture(tree, None, keyword=1)
    assert picture.dot.count("shape=box") == 1 + 1  # the default of all nodes, and the keyword
    boxed = next(line for line in picture.dot.splitlines() if "label=607" in line)
    assert "shape=box" in boxed
    svg = picture.save(tmp_path / "tree.svg").read_text(encoding="utf-8")
    assert all(f">{word}</text>" in svg for word in ("class 6", "12", "607", "34"))
    assert "gradient norm" not in svg
    assert "keyword" not in svg


def test_a_pdf_of_the_same_picture_has_the_same_bytes(tmp_path):
    picture = TreePicture(Tree.parse("(6 (12) (607))"), [1, 2, 3])
    first = picture.save(tmp_path / "a.pdf").read_bytes()
    assert b"CreationDate" not in first
    assert first.startswith(b"%PDF")
    assert picture.save(tmp_path / "b.pdf").read_bytes() == first


def test_a_root_that_is_a_category_is_no_class():
    picture = TreePicture(Tree.parse("(S (NP a) (VP b))"), [1.0, 1.0, 1.0])
    assert svg_nodes(picture.to_svg())["n0"]["text"] == ["S", "1.00"]


def test_ratios_to_the_root_are_shown_with_the_norms_they_come_from():
    picture = TreePicture(TREE, [0.125, 0.25, 0.0, 1.0, 0.5], "ratio")
    assert picture.scale == RatioScale(0.2, 2)
    nodes = svg_nodes(picture.to_svg())
    assert [nodes[f"n{k}"]["text"][-1] for k in range(5)] == ["1.00", "0.250", "2.00", "0.500", "0"]
    assert nodes["n2"]["fills"] == {picture.scale.style(2).fill}
    assert nodes["n3"]["tooltip"] == "bad\nlabel 507\nratio 0.5\nnorm 0.25\ndepth 2"
    assert "gradient norm ‖∂J/∂p‖ at each node / at the root" in svg_text(picture.to_svg())


@pytest.mark.parametrize("root", [0.0, math.nan, math.inf])
def test_without_a_root_gradient_no_ratio_is_made_up(root):
    picture = TreePicture(TREE, [0.0, 0.02, 0.0, 0.4, root], "ratio")
    assert {node.style.note for node in picture.panels[0].shown} <= {"not a number", "infinite"}


def test_numbers_can_be_left_out():
    texts = {tuple(node["text"]) for node in svg_nodes(picture(numbers=False).to_svg()).values()}
    assert texts == {("class 6",), ("not",), ("NP",), ("bad",), ("film",)}


def test_leaves_show_their_labels_on_request():
    nodes = svg_nodes(picture(leaf_labels=True).to_svg())
    assert [nodes[f"n{k}"]["text"] for k in (1, 2, 3)] == [
        ["12", "not", "2.50×10⁻⁴"],
        ["NP", "0.125"],
        ["507", "bad", "0.0310"],
    ]
    tagged = TreePicture(Tree.parse("(S (DT the) (NN film))"), None, leaf_labels=True)
    assert svg_nodes(tagged.to_svg())["n2"]["text"] == ["NN", "film"]
    assert "├─ DT the" in tagged.to_text()
    assert svg_nodes(TreePicture(Tree.parse("(S (DT the) (NN film))"), None).to_svg())["n2"]["text"] == [
        "film"
    ]


def test_a_long_word_is_cut_and_whole_in_the_tooltip():
    word = "x" * 300
    node = svg_nodes(TreePicture(Tree(None, word), [1.0]).to_svg())["n0"]
    assert len(node["text"][0]) == LONGEST_NAME == 40
    assert node["tooltip"].startswith(word + "\n")


@pytest.mark.parametrize("values", [[[0.1] * 5], 0.1])
def test_values_of_another_shape_are_refused(values):
    with pytest.raises(ValueError, match="one number per node, not an array of shape"):
        TreePicture(TREE, values)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="align_leafs"):
        picture(align_leafs=True)


def test_at_depth_0_the_root_alone_is_drawn():
    drawn = picture(max_depth=0).to_text()
    assert "+4 hidden" in drawn
    assert "not" not in drawn
    with pytest.raises(ValueError, match="max_depth is at least 0, the root's, not -1"):
        picture(max_depth=-1)
