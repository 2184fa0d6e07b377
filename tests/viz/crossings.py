"""How many branches cross in pictures of trees, how many run through boxes, and who is not centred.

    python -m tests.viz.crossings --treebank FOLDER

draws every sentence of the treebank's ``test.txt`` and 1,000 random trees with any number of children, with
leaves where they are and aligned, and counts in the SVG files what was drawn. Without ``--treebank`` the
folder is that of the environment's MINIGRAD_SST, or there are random trees only.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from models import read_trees
from models.tree import Tree
from tests.viz.pictures import SVG
from viz.tidy import tidy
from viz.tree_box import tree_boxes
from viz.tree_picture import TreePicture

ROUNDING = 0.02  # points: an SVG has two decimals
WORDS = ["a", "I", "bad", "considerable", "not", "unbelievably", "1,000", "."]


def random_tree(rng, most=60):
    """A tree of up to so many leaves with 1 to 5 children per node, labels and words of different lengths."""
    parts = [Tree(None, str(rng.choice(WORDS))) for _ in range(int(rng.integers(1, most + 1)))]
    while len(parts) > 1 or rng.random() < 0.2:
        k = int(rng.integers(len(parts)))
        children = parts[k : k + int(rng.integers(1, 6))]
        label = str(rng.choice(["S", "NP", "unfinished", "3"])) if rng.random() < 0.7 else None
        parts[k : k + len(children)] = [Tree(label, children=children)]
    return parts[0]


def drawn(svg):
    """The nodes of an SVG file by name: left, top, right, bottom; its branches by their ends: the corners."""
    boxes, branches = {}, {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        kind, name = group.get("class"), group.findtext(f"{SVG}title")
        shapes = [*group.iter(f"{SVG}polygon"), *group.iter(f"{SVG}path"), *group.iter(f"{SVG}polyline")]
        points = [_points(shape.get("points") or shape.get("d")) for shape in shapes]
        if kind == "node" and points:
            every = np.concatenate(points)
            boxes[name] = (*every.min(axis=0), *every.max(axis=0))
        if kind == "edge":
            (curve,) = points
            # The control points of a straight Bézier curve are its ends.
            branches[tuple(name.split("->"))] = curve[::3]
    return boxes, branches


def _points(text):
    return np.array([[float(x), float(y)] for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", text)])


def count(svg):
    """Count the faults of a drawing of one tree."""
    boxes, branches = drawn(svg)
    faults = Counter(
        {"crossings": 0, "through boxes": 0, "boxes over boxes": 0, "not centred": 0, "bends": 0}
    )
    ends = [names for names, corners in branches.items() for _ in pairwise(corners)]
    lines = np.array([[*a, *b] for corners in branches.values() for a, b in pairwise(corners)])
    rooms = np.array(list(boxes.values()))
    number = {name: k for k, name in enumerate(boxes)}
    for k, line in enumerate(lines):
        inside = _through(line, rooms)
        inside[[number[name] for name in ends[k]]] = False
        faults["through boxes"] += int(inside.sum())
        # Branches of one node meet where they start.
        others = np.array([names != ends[k] for names in ends[:k]], bool)
        faults["crossings"] += int((_cross(line, lines[:k]) & others).sum())
    left, top, right, bottom = (rooms + np.multiply(ROUNDING, [1, 1, -1, -1])).T
    over = (left[:, None] < right) & (top[:, None] < bottom)
    faults["boxes over boxes"] = int((over & over.T).sum() - len(rooms)) // 2
    families = {}
    for parent, child in branches:
        families.setdefault(parent, []).append(number[child])
    middle = (rooms[:, 0] + rooms[:, 2]) / 2
    for parent, children in families.items():
        over = (middle[min(children)] + middle[max(children)]) / 2
        faults["not centred"] += bool(abs(middle[number[parent]] - over) > 0.5)
    faults["bends"] = max((len(corners) - 2 for corners in branches.values()), default=0)
    return faults


def _through(line, rooms):
    """Which boxes a line has points inside of: the part of it in a box, by Liang and Barsky."""
    start, way = line[:2], line[2:] - line[:2]
    low, high = np.zeros(len(rooms)), np.ones(len(rooms))
    outside = np.zeros(len(rooms), bool)
    for axis in (0, 1):
        near, far = rooms[:, axis] + ROUNDING - start[axis], rooms[:, axis + 2] - ROUNDING - start[axis]
        if abs(way[axis]) < 1e-9:
            outside |= (near > 0) | (far < 0)
            continue
        a, b = near / way[axis], far / way[axis]
        low, high = np.maximum(low, np.minimum(a, b)), np.minimum(high, np.maximum(a, b))
    return ~outside & (low < high)


def _cross(line, others):
    """Which lines cross one, or touch it other than at its ends."""
    if not len(others):
        return np.zeros(0, bool)
    a, b, c, d = line[:2], line[2:], others[:, :2], others[:, 2:]

    def side(p, q, r):
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )

    return (side(a, b, c) * side(a, b, d) < -1e-6) & (side(c, d, a) * side(c, d, b) < -1e-6)


def faults_of(tree, align):
    """Draw a tree with numbers, a keyword and labels, and count."""
    rng = np.random.default_rng(tree.n_nodes)
    keyword = next(row for row, node in enumerate(tree.postorder()) if node.word is not None)
    norms = rng.random(tree.n_nodes) * 10.0 ** -rng.integers(0, 6, tree.n_nodes)
    return count(TreePicture(tree, norms, keyword=keyword, align_leaves=align).to_svg())


def sentences(folder):
    """The test sentences of a treebank."""
    return list(read_trees(Path(folder) / "test.txt"))


def total(trees, align):
    """The faults of many pictures; of the bends, the most that a branch has."""
    found = Counter()
    for tree in trees:
        faults = faults_of(tree, align)
        faults["bends"], most = 0, max(found["bends"], faults["bends"])
        found.update(faults)
        found["bends"] = most
    return found


def main():
    """Print the counts; 1 if there is a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--treebank", default=os.environ.get("MINIGRAD_SST"), metavar="FOLDER")
    parser.add_argument("--random", type=int, default=1000, metavar="N", help="how many random trees")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    sets = {"random trees": [random_tree(rng) for _ in range(args.random)]}
    if args.treebank:
        sets = {"sentences": sentences(args.treebank), **sets}
    faulty = 0
    for name, trees in sets.items():
        for align in (False, True):
            found = total(trees, align)
            wrong = {kind: n for kind, n in found.items() if kind != "bends"}
            faulty += sum(wrong.values()) + (found["bends"] > align)
            told = ", ".join(f"{n} {kind}" for kind, n in wrong.items())
            told = f"{'aligned' if align else 'default'}: {told}; bends of a branch: at most {found['bends']}"
            print(f"{len(trees):,} {name}, {told}")  # noqa: T201
        panels = [TreePicture(tree, None).panels[0] for tree in trees]
        boxes = [tree_boxes(panel) for panel in panels]
        start = time.process_time()
        for of in boxes:
            tidy([box.parent for box in of], [box.width for box in of], [box.height for box in of])
        spent = time.process_time() - start
        print(f"layout: {1e6 * spent / sum(map(len, boxes)):.1f} µs of CPU per node")  # noqa: T201
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
