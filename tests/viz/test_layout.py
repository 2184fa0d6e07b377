"""Where nodes stand: left stays left, leaves on a line, parents over their children, nothing over another."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tree import Tree
from tests.viz.pictures import SVG, chain, svg_nodes
from viz.tree_picture import TreePicture

few = settings(derandomize=True, deadline=None, max_examples=25)


def trees(least=1, most=24):
    """Trees of any shape, also with nodes of one or many children."""
    leaf = st.builds(lambda word: Tree(None, word), st.sampled_from(["a", "bad", "considerable"]))
    return st.recursive(
        leaf,
        lambda below: st.lists(below, min_size=1, max_size=4).map(lambda c: Tree(None, children=c)),
        max_leaves=most,
    ).filter(lambda tree: len(tree.leaves()) >= least)


def boxes(svg):
    """The outer border of every node: left, top, right, bottom."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") == "node":
            numbers = []
            for shape in [*group.iter(f"{SVG}polygon"), *group.iter(f"{SVG}path")]:
                outline = shape.get("points") or shape.get("d")
                numbers += [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", outline)]
            if numbers:
                xs, ys = zip(*numbers, strict=True)
                found[group.findtext(f"{SVG}title")] = (min(xs), min(ys), max(xs), max(ys))
    return found


@few
@given(trees(least=2), st.booleans())
def test_left_stays_left_and_nothing_lies_over_another(tree, align):
    picture = TreePicture(tree, np.linspace(0.01, 1, tree.n_nodes), align_leaves=align, keyword=0)
    box = boxes(picture.to_svg())
    leaves = [box[f"n{node.id}"] for node in picture.panels[0].shown if node.place.is_leaf]
    if align:
        assert all(left[2] < right[0] for left, right in pairwise(leaves))
        assert max(top for _, top, _, _ in leaves) - min(top for _, top, _, _ in leaves) <= 0.5
    for node in picture.panels[0].shown:
        children = [k for k in picture.panels[0].shown if k.parent == node.id]
        spans = [box[f"n{child.id}"] for child in children]
        assert all(a[0] + a[2] < b[0] + b[2] for a, b in pairwise(spans))
        assert all(span[1] > box[f"n{node.id}"][3] for span in spans)  # below the parent
    every = list(box.values())
    for k, one in enumerate(every):
        for other in every[:k]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


@few
@given(trees(least=2, most=12))
def test_a_parent_stands_over_the_middle_of_its_children(tree):
    picture = TreePicture(tree, np.ones(tree.n_nodes))
    box = boxes(picture.to_svg())
    centre = {name: (left + right) / 2 for name, (left, _, right, _) in box.items()}
    for node in picture.panels[0].shown:
        children = [f"n{k.id}" for k in picture.panels[0].shown if k.parent == node.id]
        if children:
            middle = (centre[children[0]] + centre[children[-1]]) / 2
            assert centre[f"n{node.id}"] == pytest.approx(middle, abs=0.5)


@pytest.mark.parametrize(
    ("keyword", "within"), [(0, None), (1, 0), (2, 0), (3, 0), (6, 1), (7, 1)]
)  # a, b, c, d, e, f
def test_levels_below_max_depth_are_counted(keyword, within):
    tree = Tree.parse("((a) ((b) ((c) (d))) ((e) (f)))")
    picture = TreePicture(tree, np.linspace(0.1, 1, tree.n_nodes), max_depth=1, keyword=keyword)
    nodes = svg_nodes(picture.to_svg())
    texts = [node["text"][0] for node in nodes.values() if node["text"][0].startswith("+")]
    assert texts == ["+4 hidden", "+2 hidden"]
    tooltips = [node["tooltip"] for node in nodes.values() if node["text"][0].startswith("+")]
    assert tooltips == ["b c d", "e f"]
    assert len(nodes) == 4 + 2  # the root and its three children
    lines = [line for line in picture.dot.splitlines() if "hidden" in line and "label" in line]
    assert ["peripheries=2" in line for line in lines] == [within == 0, within == 1]
    text = [line.endswith("hidden  ← keyword") for line in picture.to_text().splitlines() if "hidden" in line]
    assert text == [within == 0, within == 1]


@pytest.mark.parametrize("values", [None, np.linspace(0.1, 1, 5)])
def test_what_is_hidden_stands_below_the_name_of_its_parent_in_a_text(values):
    tree = Tree.parse("((a) ((b) (c)))")
    text = TreePicture(tree, values, max_depth=1).to_text().splitlines()
    (hidden,) = (k for k, line in enumerate(text) if "hidden" in line)
    assert text[hidden].index("└╌") == text[hidden - 1].index("┬")


@few
@given(trees(), st.integers(0, 5))
def test_nothing_is_lost_by_hiding(tree, max_depth):
    panel = TreePicture(tree, None, max_depth=max_depth).panels[0]
    assert len(panel.shown) + sum(node.hidden for node in panel.shown) == tree.n_nodes
    assert all(node.place.depth <= max_depth for node in panel.shown)


def test_a_negative_max_depth_is_refused():
    with pytest.raises(ValueError, match="max_depth is at least 0"):
        TreePicture(Tree(None, "a"), None, max_depth=-1)


def test_what_is_hidden_stands_on_the_line_of_the_leaves():
    svg = TreePicture(chain(300), np.ones(599), align_leaves=True, max_depth=20).to_svg()
    assert len(svg_nodes(svg)) == 41 + 1
    box = boxes(svg)
    (hidden,) = (name for name in box if name.endswith("h"))
    assert box[hidden][1] == pytest.approx(max(top for _, top, _, _ in box.values()), abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("align", [False, True])
def test_a_tree_of_10000_levels_is_written_as_dot(align):
    picture = TreePicture(chain(10_001), None, align_leaves=align)
    assert picture.dot.count(" -> ") == 20_000


def test_the_layout_engine_keeps_the_sizes_and_places_that_it_is_given():
    words = ["considerable", "iiiiiiiiiiiiiiii", "WWWW", "2.50×10⁻⁴", "Страна", "fi", "."]
    tree = Tree(None, children=[Tree(None, word) for word in words])
    picture = TreePicture(tree, np.geomspace(1e-7, 1, 8), keyword=1)
    drawing = re.findall(
        r'n(\d+) \[.*height=([\d.]+).* pos="([-\d.]+),([-\d.]+)".* width=([\d.]+)\]', picture.dot
    )
    assert len(drawing) == 8
    box = boxes(picture.to_svg())
    below = []
    for number, height, x, y, width in drawing:
        left, top, right, bottom = box[f"n{number}"]
        second = 8 if number == "2" else 0  # the keyword's other border
        assert right - left == pytest.approx(72 * float(width) + second, abs=0.1)
        assert bottom - top == pytest.approx(72 * float(height) + second, abs=0.1)
        assert (left + right) / 2 == pytest.approx(float(x), abs=0.1)
        below.append((top + bottom) / 2 + float(y))
    leaves = sorted(room for name, room in box.items() if name != "n0")
    assert all(right[0] - left[2] == pytest.approx(8.6, abs=0.1) for left, right in pairwise(leaves))
    assert max(below) - min(below) <= 0.1  # the same for all: the layout engine makes room for the legend


def test_a_chain_of_2000_leaves_is_written_as_text_and_dot():
    picture = TreePicture(chain(2000), [0.5] * 3999)
    assert picture.dot.count(" -> ") == 3998
    lines = picture.to_text().splitlines()
    assert len(lines) == 3999 + 3
    assert max(map(len, lines)) < 200


def test_lines_lead_to_nodes_from_40_levels_and_lose_their_beginning_below():
    branches = [line for line in TreePicture(chain(48), None).to_text().splitlines() if line.endswith("┬")]
    lead = ["│ " * depth if depth <= 40 else "… " + "│ " * 39 for depth in range(46)]
    assert branches == [before + "├─┬" for before in lead]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "html"])
def test_a_chain_of_5000_leaves_is_drawn(tmp_path, suffix):
    path = TreePicture(chain(5000), [0.5] * 9999).save(tmp_path / f"tree.{suffix}")
    assert path.stat().st_size > 10_000


def test_a_random_tree_of_200_leaves_is_legible_at_its_own_size():
    rng = np.random.default_rng(0)
    parts = [Tree(None, f"word{k}") for k in range(200)]
    while len(parts) > 1:
        k = int(rng.integers(len(parts) - 1))
        parts[k : k + 2] = [Tree(None, children=parts[k : k + 2])]
    picture = TreePicture(parts[0], rng.random(399))
    svg = picture.to_svg()
    assert 'transform="scale(1 1)' in svg  # a point is a point
    sizes = {float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)}
    assert min(sizes) >= 7
    box = boxes(svg)
    every = np.array(list(box.values()))
    assert len(every) == 399
    left, top, right, bottom = every.T
    over = (
        (left[:, None] < right) & (left < right[:, None]) & (top[:, None] < bottom) & (top < bottom[:, None])
    )
    assert over.sum() == 399  # each lies only over itself
    for name, node in svg_nodes(svg).items():
        assert math.isfinite(node["x"]), name
