r"""Nodes with many children as nested pairs, and back.

A pair that is not in the original is labelled ``@`` followed by the label of the node that it
belongs to, as parsers write it: ``(NP (D the) (J old) (N man))`` becomes
``(NP (@NP (D the) (J old)) (N man))``. To be reversible for any label, one that begins with ``@``,
or with backslashes and then ``@``, gets one more backslash in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from models.errors import one_of
from models.tree import Tree

MARK = "@"

_TO_ESCAPE = re.compile(rf"\\*{MARK}")
_ESCAPED = re.compile(rf"\\+{MARK}")


def binarise(tree: Tree, branching: Literal["left", "right", "balanced"] = "left") -> Tree:
    """Nest the children of every node with more than two of them in pairs; `debinarise` undoes it exactly.

    Nodes with a single child stay as they are; `collapse_unary` removes those.

    Parameters
    ----------
    tree : Tree
    branching : "left", "right" or "balanced"
        How ``(a b c d)`` is nested: as ``(((a b) c) d)``, ``(a (b (c d)))`` or ``((a b) (c d))``. An
        odd child goes to the left half.

    Examples
    --------
    >>> print(binarise(Tree.parse("(NP (D the) (J old) (N man))"), "right"))
    (NP (D the) (@NP (J old) (N man)))
    """
    nest = _NEST[one_of("branching", branching, _NEST)]

    def paired(node: Tree, children: list[Tree]) -> Tree:
        label = node.label
        if len(children) > 2:
            children = nest(children, MARK + (label or ""))
        if label is not None and _TO_ESCAPE.match(label):
            label = "\\" + label
        return Tree(label, node.word, children)

    return tree.bottom_up(paired)


def debinarise(tree: Tree) -> Tree:
    """Undo `binarise`, whichever way it branched.

    Raises
    ------
    ValueError
        If a node that cannot be an inserted pair is marked as one: the root, a leaf, or a node
        without exactly two children.
    """
    if is_inserted(tree.label):
        raise ValueError(_not_made(tree, "the root"))

    def undone(node: Tree, children: list[list[Tree]]) -> list[Tree]:
        """Return the node, or, for an inserted pair, the children that go to the node around it."""
        if not is_inserted(node.label):
            return [Tree(_restored(node.label), node.word, [child for part in children for child in part])]
        if len(children) != 2:
            raise ValueError(_not_made(node, f"a node with {len(children)} children"))
        first, second = children
        first += second
        return first

    return tree.bottom_up(undone)[0]


def is_inserted(label: str | None) -> bool:
    """Whether `binarise` writes this label at the pairs that it inserts."""
    return label is not None and label.startswith(MARK)


def _restored(label: str | None) -> str | None:
    return label[1:] if label is not None and _ESCAPED.match(label) else label


def _not_made(node: Tree, what: str) -> str:
    return (
        f"{what} has the label {node.label!r}, which marks a pair that binarise inserted, so binarise "
        "has not made this tree; where collapse_unary came first, debinarise comes before expand_unary"
    )


def _nest_left(children: list[Tree], mark: str) -> list[Tree]:
    left = children[0]
    for child in children[1:-1]:
        left = Tree(mark, children=[left, child])
    return [left, children[-1]]


def _nest_right(children: list[Tree], mark: str) -> list[Tree]:
    right = children[-1]
    for child in reversed(children[1:-1]):
        right = Tree(mark, children=[child, right])
    return [children[0], right]


def _nest_balanced(children: list[Tree], mark: str) -> list[Tree]:
    # Halves of halves: no deeper than the logarithm of the number of children.
    half = (len(children) + 1) // 2
    return [
        part[0] if len(part) == 1 else Tree(mark, children=_nest_balanced(part, mark))
        for part in (children[:half], children[half:])
    ]


_NEST: dict[str, Callable[[list[Tree], str], list[Tree]]] = {
    "left": _nest_left,
    "right": _nest_right,
    "balanced": _nest_balanced,
}
