r"""Nodes with a single child folded into that child, and back.

A chain of such nodes becomes one node with all their labels, from the top down, between plus signs:
``(S (VP (V go)))`` becomes ``(S+VP+V go)``. For a node without a label nothing is written: ``+V``.
To be reversible for any label, a plus sign or backslash in a label is preceded by a backslash.
"""

from __future__ import annotations

import re

from models.tree import Tree

_SPECIAL = re.compile(r"[\\+]")
_ESCAPED = re.compile(r"\\([\\+])")
_PART = re.compile(r"(?:\\[\\+]|[^\\+])*")


def collapse_unary(tree: Tree) -> Tree:
    """Fold every node with a single child into that child; `expand_unary` undoes it exactly.

    Examples
    --------
    >>> print(collapse_unary(Tree.parse("(S (VP (V go) (NP (N home))))")))
    (S+VP (V go) (NP+N home))
    """
    # A chain is gathered upwards as (labels from the bottom up, word, children) and made into a
    # node only once, at its end, so that a long one takes linear time.
    labels, word, children = tree.bottom_up(_gathered)
    return Tree(_joined(labels), word, children)


_Chain = tuple[list[str | None], str | None, list[Tree]]


def _gathered(node: Tree, below: list[_Chain]) -> _Chain:
    if len(below) == 1:
        below[0][0].append(node.label)
        return below[0]
    return [node.label], node.word, [Tree(_joined(labels), word, rest) for labels, word, rest in below]


def _joined(labels: list[str | None]) -> str | None:
    if labels == [None]:
        return None
    return "+".join("" if label is None else _SPECIAL.sub(r"\\\g<0>", label) for label in reversed(labels))


def labels_of(label: str | None) -> list[str | None]:
    """The labels, from the top down, that `collapse_unary` has put into one.

    Raises
    ------
    ValueError
        If it never writes such a label.
    """
    if label is None:
        return [None]
    parts: list[str | None] = []
    end = -1
    while end < len(label):
        match = _PART.match(label, end + 1)
        assert match is not None  # the pattern matches the empty string
        parts.append(_ESCAPED.sub(r"\1", match[0]) or None)
        end = match.end()
        if end < len(label) and label[end] != "+":
            raise ValueError(f"collapse_unary has not made the label {label!r}: it writes a backslash as two")
    return parts


def expand_unary(tree: Tree) -> Tree:
    """Undo `collapse_unary`.

    Raises
    ------
    ValueError
        If the tree has a label that `collapse_unary` never writes.
    """
    return tree.bottom_up(_expanded)


def _expanded(node: Tree, children: list[Tree]) -> Tree:
    *above, last = labels_of(node.label)
    made = Tree(last, node.word, children)
    for label in reversed(above):
        made = Tree(label, children=[made])
    return made
