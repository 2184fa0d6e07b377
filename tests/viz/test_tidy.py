"""The layout of trees: nothing crosses, parents are centred, subtrees are near, and time is linear."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viz.tidy as layout
from viz.tidy import LEVEL_GAP, tidy

some = settings(derandomize=True, deadline=None, max_examples=150)


@st.composite
def drawings(draw):
    """Parents in pre-order, widths, heights: any shape, also with chains and many children."""
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    near = draw(st.sampled_from([1, 3, 100]))  # how far up a parent is at most: 1 makes chains
    children = [[] for _ in range(n)]
    for node in range(1, n):
        children[max(0, node - int(rng.integers(1, near + 1)))].append(node)
    parents, waiting = [], [(0, -1)]
    while waiting:
        node, parent = waiting.pop()
        waiting += [(child, len(parents)) for child in reversed(children[node])]
        parents.append(parent)
    sizes = [4.0, 17.0, 21.6, 60.0, 200.0]
    return parents, rng.choice(sizes, n).tolist(), rng.choice([0.0, 17.0, 31.0, 90.0], n).tolist()


def families(parents):
    found = {}
    for node, parent in enumerate(parents):
        if parent >= 0:
            found.setdefault(parent, []).append(node)
    return found


@some
@given(drawings(), st.booleans())
def test_boxes_are_apart_and_parents_over_their_children(tree, align):
    parents, widths, heights = tree
    drawing = tidy(parents, widths, heights, align=align)
    left = [x - w / 2 for x, w in zip(drawing.x, widths, strict=True)]
    assert min(left) == pytest.approx(0)
    assert drawing.width == pytest.approx(max(x + w for x, w in zip(left, widths, strict=True)))
    assert drawing.height == pytest.approx(max(y + h for y, h in zip(drawing.y, heights, strict=True)))
    for a, b in itertools.combinations(range(len(parents)), 2):
        apart = abs(drawing.x[a] - drawing.x[b]) - (widths[a] + widths[b]) / 2
        beside = drawing.y[a] < drawing.y[b] + heights[b] and drawing.y[b] < drawing.y[a] + heights[a]
        assert apart >= 2 * layout._BOX_ROOM - 1e-6 or not beside
    for parent, children in families(parents).items():
        over = (drawing.x[children[0]] + drawing.x[children[-1]]) / 2
        assert drawing.x[parent] == pytest.approx(over, abs=1e-6)
        assert all(drawing.x[a] < drawing.x[b] for a, b in itertools.pairwise(children))
    leaves = set(range(len(parents))) - set(families(parents))
    if align:
        assert {drawing.y[leaf] for leaf in leaves} == {max(drawing.y)}


@some
@given(drawings(), st.booleans())
def test_branches_keep_clear_of_boxes_and_of_each_other(tree, align):
    parents, widths, heights = tree
    drawing = tidy(parents, widths, heights, align=align)
    parts = []
    for node, corners in enumerate(drawing.branches):
        assert len(corners) in ((0,) if node == 0 else (2, 3) if align and node not in parents else (2,))
        if corners:
            assert corners[0] == (drawing.x[parents[node]], drawing.y[parents[node]] + heights[parents[node]])
            assert corners[-1] == (drawing.x[node], drawing.y[node])
        parts += [(node, a, b) for a, b in itertools.pairwise(corners)]
    for node, start, end in parts:
        for box in set(range(len(parents))) - {node, parents[node]}:
            low, high = max(start[1], drawing.y[box]), min(end[1], drawing.y[box] + heights[box])
            if low < high:
                gap = [abs(_at(start, end, y) - drawing.x[box]) - widths[box] / 2 for y in (low, high)]
                side = [_at(start, end, y) < drawing.x[box] for y in (low, high)]
                assert min(gap) >= layout._LINE_ROOM
                assert side[0] == side[1]
    for (node, *one), (other, *two) in itertools.combinations(parts, 2):
        low, high = max(one[0][1], two[0][1]), min(one[1][1], two[1][1])
        if node != other and low < high:
            apart = [_at(*one, y) - _at(*two, y) for y in (low, high)]
            assert apart[0] * apart[1] >= 0
            assert parents[node] == parents[other] or min(map(abs, apart)) >= 2 * layout._LINE_ROOM - 1e-6


def _at(start, end, y):
    return start[0] + (end[0] - start[0]) * (y - start[1]) / (end[1] - start[1])


def test_subtrees_are_as_near_as_they_can_be():
    """Two cherries: the inner leaves are the width of a box and the room around it apart."""
    drawing = tidy([-1, 0, 1, 1, 0, 4, 4], [20.0] * 7, [10.0] * 7)
    step = 20 + 2 * layout._BOX_ROOM
    assert [x - drawing.x[2] for x in drawing.x] == pytest.approx(
        [1.5 * step, 0.5 * step, 0, step, 2.5 * step, 2 * step, 3 * step]
    )
    assert drawing.y == [0, *[10 + LEVEL_GAP, *[20 + 2 * LEVEL_GAP] * 2] * 2]


def test_a_small_subtree_between_large_ones_stands_in_the_middle_of_its_room():
    """The outer children of the root have 5 leaves each, on the level below; the three inner ones none."""
    parents = [-1, 0, *[1] * 5, 0, 0, 0, 0, *[10] * 5]
    x = tidy(parents, [20.0] * 16, [10.0] * 16).x
    gaps = [b - a for a, b in itertools.pairwise(x[k] for k in (1, 7, 8, 9, 10))]
    assert gaps == pytest.approx([gaps[0]] * 4)
    assert gaps[0] > 20 + 2 * layout._BOX_ROOM


def test_a_low_neighbour_lets_a_wide_one_stand_under_it():
    """Outlines are followed by height: beside a short box there is room for what a tall one would touch."""
    parents, widths = [-1, 0, 0, 2, 2], [20.0, 20, 20, 60, 60]
    short = tidy(parents, widths, [10.0, 10, 10, 10, 10])
    tall = tidy(parents, widths, [10.0, 10 + LEVEL_GAP, 10, 10, 10])
    assert short.x[2] - short.x[1] == pytest.approx(20 + 2 * layout._BOX_ROOM)
    assert tall.x[2] - tall.x[1] > short.x[2] - short.x[1]


CHAINS = {
    "left": lambda n: [*range(-1, n - 1), *range(n - 2, -1, -1)],
    "right": lambda n: [-1, *itertools.chain.from_iterable((2 * k, 2 * k) for k in range(n - 1))],
    "of one": lambda n: [*range(-1, n - 1)],
    "wide": lambda n: [-1, *[0] * (n - 1)],
}


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("shape", CHAINS)
def test_the_steps_are_linear_in_the_nodes_at_10000_levels_too(monkeypatch, shape, align):
    steps = itertools.count()
    end = layout._Drawing._end
    monkeypatch.setattr(layout._Drawing, "_end", lambda self, at: (next(steps), end(self, at))[1])
    parents = CHAINS[shape](10_000)
    drawing = tidy(parents, [30.0] * len(parents), [20.0] * len(parents), align=align)
    assert next(steps) <= 10 * len(parents)
    assert np.isfinite(drawing.x).all()
