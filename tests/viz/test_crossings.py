"""What is drawn of whole treebanks and of many random trees, counted in the SVG files."""

import os
from collections import Counter

import numpy as np
import pytest

from models.tree import Tree
from tests.viz import crossings
from viz.tree_picture import TreePicture

NONE = dict.fromkeys(["crossings", "through boxes", "boxes over boxes", "not centred"], 0)


@pytest.mark.parametrize("align", [False, True], ids=["default", "aligned"])
def test_random_trees_are_drawn_without_a_fault(align):
    rng = np.random.default_rng(1)
    trees = [crossings.random_tree(rng, 30) for _ in range(12)]
    assert crossings.total(trees, align) == {**NONE, "bends": int(align)}


@pytest.mark.slow
@pytest.mark.parametrize("align", [False, True], ids=["default", "aligned"])
def test_a_thousand_random_trees_are_drawn_without_a_fault(align):
    rng = np.random.default_rng(0)
    trees = [crossings.random_tree(rng) for _ in range(1000)]
    assert crossings.total(trees, align) == {**NONE, "bends": int(align)}


@pytest.mark.slow
@pytest.mark.skipif("MINIGRAD_SST" not in os.environ, reason="MINIGRAD_SST names no folder")
@pytest.mark.parametrize("align", [False, True], ids=["default", "aligned"])
def test_the_sentences_of_a_treebank_are_drawn_without_a_fault(align):
    trees = crossings.sentences(os.environ["MINIGRAD_SST"])
    assert len(trees) > 1000
    assert crossings.total(trees, align) == {**NONE, "bends": int(align)}


def svg(nodes, edges):
    """An SVG file of boxes (left, top, right, bottom) and of lines."""
    groups = [
        f'<g class="node"><title>{name}</title><polygon points="{a},{b} {c},{d}"/></g>'
        for name, (a, b, c, d) in nodes.items()
    ]
    for (start, end), corners in edges.items():
        first, *others = (f"{x},{y}" for x, y in corners)
        path = f"M{first}C" + " ".join(f"{first} {other} {other}" for other in others)
        groups.append(f'<g class="edge"><title>{start}-&gt;{end}</title><path d="{path}"/></g>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(groups)}</svg>'


def test_the_count_sees_every_kind_of_fault():
    nodes = {"a": (0, 0, 20, 10), "b": (0, 40, 20, 50), "c": (40, 40, 60, 50), "d": (12, 42, 32, 52)}
    lines = {("a", "b"): [(10, 10), (10, 40)], ("a", "c"): [(10, 10), (50, 40)]}
    found = crossings.count(svg(nodes, lines))
    assert found == {**NONE, "boxes over boxes": 1, "not centred": 1, "bends": 0}
    nodes = {"a": (0, 0, 20, 10), "b": (0, 40, 20, 50), "e": (0, 20, 20, 30), "f": (40, 20, 60, 30)}
    lines = {("a", "b"): [(10, 10), (10, 40)], ("e", "f"): [(5, 35), (30, 35)]}
    found = crossings.count(svg(nodes, lines))
    assert (found["crossings"], found["through boxes"]) == (1, 1)


def test_the_count_finds_the_branches_of_a_picture():
    picture = TreePicture(Tree.parse("((a) ((b) (c)))"), np.ones(5), align_leaves=True)
    boxes, branches = crossings.drawn(picture.to_svg())
    assert len(boxes) == 5
    assert {ends: len(corners) for ends, corners in branches.items()} == {
        ("n0", "n1"): 3,
        ("n0", "n2"): 2,
        ("n2", "n3"): 2,
        ("n2", "n4"): 2,
    }
    assert Counter(crossings.count(picture.to_svg())) == {**NONE, "bends": 1}
