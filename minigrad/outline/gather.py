"""Gathering the graph behind a tensor into boxes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minigrad.errors import GraphError
from minigrad.graph import Node, reachable
from minigrad.outline.boxes import Box, Item, Outline, shortened
from minigrad.outline.flow import Flow, index_text
from minigrad.outline.quotient import Home, arrows_between, order, split_cycles
from minigrad.tensor import Tensor

MOST_ITEMS = 40  # printed in one box
LEAVES: Home = ("leaves",)
NONE: Home = ("none",)


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
        text, or by whole words of it, which may match several.
    max_nodes : int, optional
        The most boxes there may be. The ones furthest from the tensor are replaced by one that counts what
        it hides.
    names : mapping from a name to a tensor, optional
        What tensors are called, besides the names that they have, for instance
        ``dict(model.named_parameters())``.
    carry : bool
        For pictures. Leaf tensors that only ops of scopes read are printed inside those ops' boxes, or, for
        collapsed scopes, in one common box: arrows from parameters to every tree node would cover a picture.
        Inside a scope, sums of sums, and of products with such a leaf, are one box: a sum passes its
        cotangent on unchanged, so they share their norm. A write into a fold's states is shown as what was
        written.

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
    if max_nodes is not None and (type(max_nodes) is not int or max_nodes < 1):
        raise ValueError(f"max_nodes is a whole number from 1 on, not {max_nodes!r}")
    return _Outliner(tensor.node, expand, names or {}, carry).outline(max_nodes)


class _Outliner:
    def __init__(self, root: Node, expand: Any, names: Mapping[str, Tensor], carry: bool) -> None:
        self.nodes = reachable(root)[::-1]
        self.flow = Flow(self.nodes)
        self.names = {t.node.id: name for name, t in names.items() if t.node is not None}
        self.readers: dict[int, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for source in self.flow.sources[node.id]:
                self.readers[source.id].append(node)
        scopes = (node.meta.scope for node in self.nodes)
        self.scopes = {_key(scope): str(scope) for scope in scopes if scope is not None}
        self.open = _chosen(expand, self.scopes)
        self.carried = self._carried() if carry else {}
        self.carry = carry

    def outline(self, max_nodes: int | None) -> Outline:
        """Return the boxes in order, with their arrows, at most `max_nodes`."""
        homes: dict[int, Home] = {}
        for node in reversed(self.nodes):  # a reader has its home before what it reads
            if node.id not in self.carried:
                term_of = self._sum(node) if self.carry else None
                homes[node.id] = self._home(node) if term_of is None else homes[term_of.id]
        homes = dict(sorted(homes.items()))
        sources = {node.id: [s.id for s in self.flow.sources[node.id]] for node in self.nodes}
        for node in self.nodes:  # a collapsed scope reads carried leaves from their common box
            for source in sources[node.id]:
                if source in self.carried and homes.get(node.id, NONE)[0] == "scope":
                    homes[self.carried[source].id] = homes[source] = LEAVES
        homes = split_cycles(homes, sources)
        arrows = arrows_between(homes, sources)
        members: dict[Home, list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.id in homes:
                members[homes[node.id]].append(node)
        for pair in [*arrows]:
            if pair[0] == LEAVES and pair[1][0] == "node":  # these print them inside
                del arrows[pair]
        by_age = sorted(members, key=lambda home: members[home][-1].id)
        boxes = {home: self._box(home, members[home]) for home in order(by_age, arrows)}
        return shortened(boxes, arrows, len(self.nodes), max_nodes or len(boxes))

    def _carried(self) -> dict[int, Node]:
        """Return, by id, the leaves that only scopes read, and their transposes, as those leaves."""
        found: dict[int, Node] = {}
        for leaf in self.nodes:
            if leaf.op is not None or leaf.meta.scope is not None:
                continue
            views = [r for r in self.readers[leaf.id] if _is_view(r) and self.readers[r.id]]
            read = [r for view in (leaf, *views) for r in self.readers[view.id] if r not in views]
            if read and all(reader.meta.scope is not None for reader in read):
                found |= dict.fromkeys([leaf.id, *(view.id for view in views)], leaf)
        return found

    def _sum(self, node: Node) -> Node | None:
        """Return the sum that a node is drawn in, as a term that nothing else reads; None for no such."""
        readers = self.readers[node.id]
        if len(readers) != 1 or not _is_sum(readers[0]) or node.shape != readers[0].shape:
            return None
        scope, outer = node.meta.scope, readers[0].meta.scope
        if scope is None or _key(scope) != _key(outer) or not self._is_open(node):
            return None
        return readers[0] if _is_sum(node) or self._factor(node) is not None else None

    def _factor(self, node: Node) -> Node | None:
        """Return the leaf, or its transpose, that a product multiplies something else by."""
        carried = [source for source in self.flow.sources[node.id] if source.id in self.carried]
        is_product = node.op is not None and node.op.name == "matmul" and len(node.parents) == 2
        return carried[0] if is_product and len(carried) == 1 else None

    def _is_open(self, node: Node) -> bool:
        return node.meta.scope is None or _key(node.meta.scope) in self.open

    def _home(self, node: Node) -> Home:
        if self._is_open(node):
            return ("node", node.id)
        return ("scope", _key(node.meta.scope))

    def _box(self, home: Home, members: Sequence[Node]) -> Box:
        kind, node = home[0], members[-1]
        ids = {node.id for node in members}
        if kind == "leaves":
            return _box("leaves", "leaf tensors", "", ids, [self._item(n) for n in members if n.op is None])
        scope = "" if node.meta.scope is None else self.scopes[_key(node.meta.scope)]
        sources = {s.id: s for member in members for s in self.flow.sources[member.id] if s.id not in ids}
        if kind == "scope":
            results = [n for n in members if not ids.issuperset(r.id for r in self.readers[n.id])]
            results = results or [n for n in members if not self.readers[n.id]]
            items = [self._item(result, written=True) for result in results]
            return _box("scope", scope, scope, ids, items, sources=sources)
        inside = [term for member in members for term in self._inside(member)]
        ids |= {number for s in sources if s in self.carried for number in (s, self.carried[s].id)}
        item = self._item(node, written=self.carry)
        sums = sum(map(_is_sum, members))
        if sums > 1:
            item = replace(item, title=f"{item.title} ×{sums}")
        return _box("leaf" if node.op is None else "op", item.title, scope, ids, [item], inside, sources)

    def _item(self, node: Node, written: bool = False) -> Item:
        """Return what is printed of a node; of a write, if asked for, that of the rows that were written."""
        name = self.names.get(node.id)
        if node.op is None:
            return Item(node.id, name or node.title, node.shape, node.meta.norm, node.meta.value)
        array = self.flow.array.get(node.id)
        part = (array.meta.name or "" if array is not None else "") + index_text(node.meta.index)
        title = " ".join(filter(None, [f"{name} =" if name else "", node.op.name, part]))
        shape, norm, value = node.shape, node.meta.norm, node.meta.value
        if written and node.op.writes and node.parents:
            title = part if self.carry and not self._is_open(node) else title
            values = node.parents[1] if len(node.parents) > 1 else None
            shape = (len(node.meta.index), *shape[1:])
            norm, value = (None, None) if values is None else (values.meta.norm, values.meta.value)
        operands = tuple(parent.id for parent in node.parents)
        return Item(node.id, title, shape, norm, value, node.op.formula, operands, node.vjps is None)

    def _inside(self, node: Node) -> list[Item]:
        """Return the leaves that a node reads and that are printed in its box."""
        found = []
        factor = self._factor(node) if self._sum(node) is not None else None
        for source in dict.fromkeys(self.flow.sources[node.id]):
            if source.id not in self.carried:
                continue
            leaf = self._item(self.carried[source.id])
            turned = leaf.title + ("" if source.op is None else "ᵀ")
            if source is factor:
                turned = " @ ".join(turned if s is source else self._name(s) for s in node.parents)
            found.append(replace(leaf, title=turned, shape=source.shape))
        return found

    def _name(self, node: Node) -> str:
        """Return what a factor is called: its name, or the rows that it read."""
        array = self.flow.array.get(node.id)
        rows = "" if array is None else (array.meta.name or "") + index_text(node.meta.index)
        return self.names.get(node.id) or rows or "…"


def _key(scope: Any) -> Any:
    """Return what equal scopes have in common."""
    try:
        hash(scope)
    except TypeError:
        return id(scope)
    return scope


def _is_sum(node: Node) -> bool:
    return node.op is not None and node.op.name == "add"


def _is_view(node: Node) -> bool:
    return node.op is not None and node.op.name == "transpose" and node.meta.scope is None


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
