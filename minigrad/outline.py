"""The graph behind a tensor as boxes and arrows: what text and pictures of a graph have in common.

A box stands for one value, or for all the values of a scope. An outline copies what is printed (names, shapes,
norms, kept values), so it keeps no graph alive and does not change with a later backward.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.errors import GraphError
from minigrad.flow import Flow, place_text
from minigrad.graph import Node, reachable
from minigrad.quotient import arrows_between, order, split_cycles
from minigrad.record import Summary
from minigrad.tensor import Tensor

MOST_ITEMS = 40  # printed in one box


@dataclass(frozen=True)
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
    """What is drawn as one.

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
        What is printed in it: the op or leaf itself, the results of a scope (which others read), the leaves.
    inside : tuple of Item
        Leaf tensors that an op reads, where they have no box of their own.
    sources : tuple of int
        The nodes outside that it reads.
    more : int
        Items that are not printed, for lack of room.
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


def outline(
    tensor: Tensor,
    expand: Any = "all",
    max_nodes: int | None = None,
    names: Mapping[str, Tensor] | None = None,
    carry: bool = False,
) -> Outline:
    """Return the graph behind a tensor as boxes and arrows.

    Parameters
    ----------
    tensor : Tensor
    expand : "all", or a scope, or several
        The scopes whose ops have boxes of their own; the others are one box each. A scope is named by its
        text or whole words of it, which may fit several.
    max_nodes : int, optional
        The most boxes there may be. The ones furthest from the tensor are replaced by one that counts what
        it hides.
    names : mapping from a name to a tensor, optional
        What tensors are called, besides the names that they have, for instance
        ``dict(model.named_parameters())``.
    carry : bool
        Leaf tensors that only ops of scopes read are printed inside those ops' boxes, or, all in one box,
        beside collapsed scopes: parameters that every tree node reads would tie a picture up.

    Raises
    ------
    GraphError
        The tensor has no graph.
    ValueError
        `expand` names no scope of the graph, or `max_nodes` is not a whole number from 1 on.
    """
    if tensor.node is None:
        raise GraphError(
            "this tensor has no graph: it depends on nothing that requires a gradient, or was computed under "
            "no_grad(); make an input with requires_grad=True and compute it again"
        )
    if max_nodes is not None and (isinstance(max_nodes, bool) or max_nodes != int(max_nodes) or max_nodes < 1):
        raise ValueError(f"max_nodes is a whole number from 1 on, not {max_nodes!r}")
    return _Outliner(tensor.node, expand, names or {}, carry).outline(max_nodes)


class _Outliner:
    def __init__(self, root: Node, expand: Any, names: Mapping[str, Tensor], carry: bool) -> None:
        self.nodes = reachable(root)[::-1]
        self.by_id = {node.id: node for node in self.nodes}
        self.flow = Flow(self.nodes)
        self.names = {t.node.id: name for name, t in names.items() if t.node is not None}
        self.readers: dict[int, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for source in self.flow.sources[node.id]:
                self.readers[source.id].append(node)
        self.scopes = {_key(node.scope): str(node.scope) for node in self.nodes if node.scope is not None}
        self.open = _chosen(expand, self.scopes)
        self.carried = self._carried() if carry else {}
        self.carry = carry

    def outline(self, max_nodes: int | None) -> Outline:
        """Return the boxes in order, with their arrows, no more than asked for."""
        homes = {node.id: self._home(node) for node in self.nodes if node.id not in self.carried}
        sources = {node.id: [s.id for s in self.flow.sources[node.id]] for node in self.nodes}
        for node in self.nodes:  # a collapsed scope reads carried leaves from their common box
            for source in sources[node.id]:
                if source in self.carried and homes.get(node.id, ("node",))[0] == "scope":
                    homes[self.carried[source].id] = homes[source] = ("leaves",)
        homes = split_cycles(homes, sources)
        arrows = arrows_between(homes, sources)
        members: dict[Any, list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.id in homes:
                members[homes[node.id]].append(node)
        for source, target in [*arrows]:
            if source == ("leaves",) and target[0] == "node":  # these print them inside
                del arrows[source, target]
        by_age = sorted(members, key=lambda home: members[home][-1].id)
        boxes = {home: self._box(home, members[home]) for home in order(by_age, arrows)}
        return _cut(boxes, arrows, len(self.nodes), max_nodes or len(boxes))

    def _carried(self) -> dict[int, Node]:
        """Return, by id, the leaves that only scopes read, and their transposes, as those leaves."""
        found: dict[int, Node] = {}
        for leaf in self.nodes:
            if leaf.op is not None or leaf.scope is not None:
                continue
            views = [r for r in self.readers[leaf.id] if _is_view(r) and self.readers[r.id]]
            read = [r for view in (leaf, *views) for r in self.readers[view.id] if r not in views]
            if read and all(reader.scope is not None for reader in read):
                found |= dict.fromkeys([leaf.id, *(view.id for view in views)], leaf)
        return found

    def _home(self, node: Node) -> tuple[Any, ...]:
        if node.scope is None or _key(node.scope) in self.open:
            return ("node", node.id)
        return ("scope", _key(node.scope))

    def _box(self, home: tuple[Any, ...], members: Sequence[Node]) -> Box:
        kind, first = home[0], members[0]
        ids = {node.id for node in members}
        if kind == "leaves":
            return _box("leaves", "leaf tensors", "", ids, [self._item(n) for n in members if n.op is None])
        scope = "" if first.scope is None else self.scopes[_key(first.scope)]
        sources = {s.id: s for node in members for s in self.flow.sources[node.id] if s.id not in ids}
        if kind == "scope":
            results = [n for n in members if not ids.issuperset(r.id for r in self.readers[n.id])]
            results = results or [n for n in members if not self.readers[n.id]]
            items = [self._item(node, written=True) for node in results]
            return _box("scope", scope, scope, ids, items, sources=sources)
        inside = {self.carried[s].id: self._inside(node) for s, node in sources.items() if s in self.carried}
        for source in sources:
            if source in self.carried:
                ids |= {source, self.carried[source].id}
        item = self._item(first, written=self.carry)
        kind = "leaf" if first.op is None else "op"
        return _box(kind, item.title, scope, ids, [item], inside.values(), sources)

    def _item(self, node: Node, written: bool = False) -> Item:
        """Return what is printed of a node; of a write, if asked for, that of the rows that were written."""
        name = self.names.get(node.id)
        if node.op is None:
            return Item(node.id, name or node.name or "leaf", node.shape, node.norm, node.value)
        array = self.flow.array.get(node.id)
        place = (array.name or "" if array is not None else "") + place_text(node.place)
        title = " ".join(filter(None, [f"{name} =" if name else "", node.op.name, place]))
        shape, norm, value = node.shape, node.norm, node.value
        if written and node.op.writes and node.parents:
            values = node.parents[1] if len(node.parents) > 1 else None
            shape = (len(node.place), *shape[1:])
            norm, value = (None, None) if values is None else (values.norm, values.value)
        operands = tuple(parent.id for parent in node.parents)
        return Item(node.id, title, shape, norm, value, node.op.formula, operands, node.vjps is None)

    def _inside(self, node: Node) -> Item:
        leaf = self.carried[node.id]
        item = self._item(leaf)
        turned = item.title + ("" if node is leaf else "ᵀ")
        return Item(leaf.id, turned, node.shape, item.norm, item.value)


def _key(scope: Any) -> Any:
    """Return what equal scopes have in common."""
    try:
        hash(scope)
    except TypeError:
        return id(scope)
    return scope


def _is_view(node: Node) -> bool:
    return node.op is not None and node.op.name == "transpose" and node.scope is None


def _chosen(expand: Any, scopes: Mapping[Any, str]) -> set[Any]:
    if isinstance(expand, str) and expand == "all":
        return set(scopes)
    several = isinstance(expand, Iterable) and not isinstance(expand, str)
    chosen = set()
    for wanted in expand if several else [expand]:
        words = re.compile(rf"(?<!\w){re.escape(str(wanted))}(?!\w)")
        fitting = {key for key, text in scopes.items() if words.search(text)}
        if not fitting:
            there = "; ".join([*scopes.values()][-5:])
            hint = f"it has {len(scopes)}, the last ones being: {there}" if scopes else "it has none"
            raise ValueError(f"the graph has no scope {str(wanted)!r} to expand; {hint}")
        chosen |= fitting
    return chosen


def _box(
    kind: str,
    title: str,
    scope: str,
    ids: Iterable[int],
    items: Sequence[Item],
    inside: Iterable[Item] = (),
    sources: Iterable[int] = (),
) -> Box:
    inside = tuple(inside)
    more = max(0, len(items) - MOST_ITEMS) + max(0, len(inside) - MOST_ITEMS)
    kept, within = tuple(items[:MOST_ITEMS]), inside[:MOST_ITEMS]
    return Box(kind, title, scope, tuple(sorted(ids)), kept, within, tuple(sorted(sources)), more)


def _cut(
    boxes: Mapping[Any, Box], arrows: Mapping[tuple[Any, Any], int], nodes: int, most: int
) -> Outline:
    """Keep the newest boxes, and the leaves that they read; one box stands for the rest."""
    leaves: dict[Any, set[Any]] = defaultdict(set)
    for source, target in arrows:
        if boxes[source].kind in ("leaf", "leaves"):
            leaves[target].add(source)
    kept: set[Any] = set()
    for home in reversed(boxes):
        if kept and boxes[home].kind in ("leaf", "leaves"):
            continue
        wanted = {home, *leaves[home]}
        if len(kept | wanted) > most:
            kept |= set() if kept else {home}
            break
        kept |= wanted
    shown = {number for home in kept for number in boxes[home].ids}
    hidden = nodes - len(shown)
    drawn = [box for home, box in boxes.items() if home in kept]
    place = {home: k for k, home in enumerate(home for home in boxes if home in kept)}
    if hidden:
        drawn.insert(0, Box("hidden", f"+{hidden} hidden", "", ()))
        place = {home: place[home] + 1 if home in place else 0 for home in boxes}
    found: dict[tuple[int, int], int] = defaultdict(int)
    for (source, target), times in arrows.items():
        if source in place and target in place and place[source] != place[target]:
            found[place[source], place[target]] += times
    return Outline(tuple(drawn), dict(found), hidden)
