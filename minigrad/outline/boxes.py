"""What an outline of a graph is made of: boxes, and what is printed in them.

A box stands for one value, or for all the values of a scope. An outline copies what is printed (names,
shapes, norms, kept values), so it keeps no graph alive and does not change with a later backward.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from minigrad.outline.quotient import Arrows, Home
from minigrad.record import Summary


@dataclass(frozen=True, eq=False)
class Item:
    """A value as it is printed. `formula` and `operands` are empty for a leaf."""

    id: int
    title: str
    shape: tuple[int, ...]
    norm: float | None
    value: np.ndarray | Summary | None
    formula: str = ""
    operands: tuple[int, ...] = ()
    freed: bool = False


@dataclass(frozen=True)
class Box:
    """What is drawn as one box.

    Attributes
    ----------
    kind : "op", "leaf", "scope", "leaves" or "hidden"
        One op's result; a leaf tensor; a collapsed scope; the leaf tensors that collapsed scopes read;
        what is beyond `max_nodes`.
    title : str
        The scope, or what the box is.
    scope : str
        The scope that the op belongs to; '' for none.
    ids : tuple of int
        The nodes that the box stands for.
    items : tuple of Item
        What is printed in it: the op or leaf itself; the results of a scope, which others read; the leaves.
    inside : tuple of Item
        Leaf tensors that an op reads, where they have no box of their own.
    sources : tuple of int
        The nodes outside that it reads.
    more : int
        How many items are not printed.
    """

    kind: str
    title: str
    scope: str
    ids: tuple[int, ...]
    items: tuple[Item, ...] = ()
    inside: tuple[Item, ...] = ()
    sources: tuple[int, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class Outline:
    """Boxes, sources before their readers; arrows (from box, to box) with how often they are used.

    `hidden` counts the nodes of the graph that no box shows.
    """

    boxes: tuple[Box, ...]
    arrows: Mapping[tuple[int, int], int]
    hidden: int


def renumbered(found: Outline) -> Outline:
    """Return the outline with ids that count from 1, in the same order."""
    known = {number for box in found.boxes for number in (*box.ids, *box.sources)}
    known |= {number for box in found.boxes for item in box.items for number in item.operands}
    new = {number: k for k, number in enumerate(sorted(known), 1)}

    def item(old: Item) -> Item:
        return replace(old, id=new[old.id], operands=tuple(new[number] for number in old.operands))

    boxes = (
        replace(
            box,
            ids=tuple(new[number] for number in box.ids),
            sources=tuple(new[number] for number in box.sources),
            items=tuple(map(item, box.items)),
            inside=tuple(map(item, box.inside)),
        )
        for box in found.boxes
    )
    return replace(found, boxes=tuple(boxes))


def shortened(boxes: Mapping[Home, Box], arrows: Arrows, nodes: int, most: int) -> Outline:
    """Return the outline of the newest boxes and the leaves that they read; one more counts the rest.

    Parameters
    ----------
    boxes : mapping from a group of nodes to its box
        Sources before their readers.
    arrows : mapping from (group, group) to how often it is used
    nodes : int
        How many nodes the graph has.
    most : int
        How many boxes to keep.
    """
    leaves: dict[Home, set[Home]] = defaultdict(set)
    for source, target in arrows:
        if boxes[source].kind in ("leaf", "leaves"):
            leaves[target].add(source)
    kept: set[Home] = set()
    for home in reversed([*boxes]):
        if kept and boxes[home].kind in ("leaf", "leaves"):
            continue
        wanted = {home, *leaves[home]}
        if len(kept) + len(wanted - kept) > most:
            kept |= set() if kept else {home}
            break
        kept |= wanted
    hidden = nodes - len({number for home in kept for number in boxes[home].ids})
    shared = {a for a, b in arrows if a in kept and b not in kept}  # leaves that hidden boxes read, too
    own = kept - shared
    rows = [home for home in boxes if home in shared], [home for home in boxes if home in own]
    drawn = [boxes[home] for home in rows[0]]
    if hidden:
        drawn.append(Box("hidden", f"+{hidden} hidden", "", ()))
    number = dict.fromkeys(boxes, len(rows[0])) if hidden else {}
    number |= {home: k for k, home in enumerate(rows[0])}
    number |= {home: k for k, home in enumerate(rows[1], len(drawn))}
    drawn += [boxes[home] for home in rows[1]]
    found: dict[tuple[int, int], int] = defaultdict(int)
    for (source, target), times in arrows.items():
        if source in number and target in number and number[source] != number[target]:
            found[number[source], number[target]] += times
    return Outline(tuple(drawn), dict(found), hidden)
