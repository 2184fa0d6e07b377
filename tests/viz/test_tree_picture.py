import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tree import Tree
from tests.viz.pictures import SVG, chain, svg_nodes, svg_text
from viz.render import render
from viz.scale import NormScale
from viz.tree_picture import TreePicture

TREE = Tree.parse("(6 (12 not) (NP (507 bad) (3 film)))")
NORMS = [2.5e-4, 0.031, 0.0, 0.125, 1.0]  # not bad film NP root: post-order
SCALE = NormScale(1e-4, 1)

GOLDEN = r"""digraph tree {
	graph [bgcolor=white fontname="DejaVu Sans,sans-serif" fontsize=13 label="two words" labelloc=t nodesep=0.12 ordering=out ranksep=0.4 splines=line]
	node [fontname="DejaVu Sans,sans-serif" fontsize=10 height=0.42 margin="0.07,0.04" shape=box width=0.3]
	edge [arrowhead=none color="#808080" headport=n tailport=s]
	subgraph cluster_key {
		fontsize=10 label=LEGEND labelloc=b margin=12 peripheries=0
		subgraph cluster_tree {
			fontsize=10 label=LEGEND labelloc=b margin=12 peripheries=0
			n0 [label="class 6\n1.00" color="#404040" fillcolor="#fee838" fontcolor="#000000" penwidth=1 peripheries=1 style="filled,solid,rounded" tooltip="norm 1.0\ndepth 0"]
			n1 [label="not\n2.50×10⁻⁴" color="#404040" fillcolor="#083370" fontcolor="#ffffff" penwidth=1 peripheries=1 style="filled,solid" tooltip="norm 0.00025\ndepth 1"]
			n2 [label="NP\n0.125" color="#404040" fillcolor="#c2b369" fontcolor="#000000" penwidth=1 peripheries=1 style="filled,solid,rounded" tooltip="norm 0.125\ndepth 1"]
			n3 [label="bad\n0.0310" color="#404040" fillcolor="#9a9376" fontcolor="#000000" penwidth=1 peripheries=2 style="filled,solid" tooltip="norm 0.031\ndepth 2"]
			n4 [label="film\n0" color="#404040" fillcolor="#ffffff" fontcolor="#000000" penwidth=1 peripheries=1 style="filled,dashed" tooltip="norm 0.0\ndepth 2"]
			n0 -> n1
			n0 -> n2
			n2 -> n3
			n2 -> n4
		}
	}
}
"""  # noqa: E501


def picture(**options):
    return TreePicture(TREE, NORMS, SCALE, **options)


def test_the_dot_text_of_a_small_tree():
    dot = picture(keyword=1, title="two words").dot
    assert re.sub(r"<<TABLE.*</TABLE>>", "LEGEND", dot) == GOLDEN


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
    assert nodes["n3"]["tooltip"] == "norm 0.031\ndepth 2"


def test_left_children_stay_left():
    nodes = svg_nodes(render(picture().dot, "svg"))
    assert nodes["n1"]["x"] < nodes["n2"]["x"]
    assert nodes["n3"]["x"] < nodes["n4"]["x"]


def test_the_legend_stands_below_the_tree_and_says_what_occurs():
    svg = render(picture(keyword=1, caption="a & <b> \\N").dot, "svg")
    text = svg_text(svg)
    for part in ["10⁻⁴", "10⁻³", "1", "a & <b> \\N", "keyword", "exactly zero"]:
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


def test_a_chain_of_5000_leaves_becomes_text():
    dot = TreePicture(chain(5000), [0.5] * 9999).dot
    assert dot.count(" -> ") == 9998


def test_a_chain_of_200_leaves_is_drawn():
    svg = render(TreePicture(chain(200), [0.5] * 399).dot, "svg")
    assert len(svg_nodes(svg)) == 399


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
    ("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"dig")]
)
def test_the_suffix_decides_the_format(tmp_path, suffix, start):
    path = picture().save(tmp_path / f"tree.{suffix}")
    assert path == tmp_path / f"tree.{suffix}"
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot"):
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
