"""Trees from nodes of any kind, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from models.tree import Tree


def build_tree(top: Any, opened: Callable[[Any], Tree | tuple[str | None, Sequence[Any]]]) -> Tree:
    """Return the tree of a node.

    Parameters
    ----------
    top
        Any object.
    opened : function
        Returns a leaf, or the label and the children of an inner node, at least one.
    """
    done: list[Tree] = []
    stack: list[Any] = [(None, top)]
    while stack:
        close, node = stack.pop()
        if close is not None:
            label, count = close
            done[-count:] = [Tree(label, children=done[-count:])]
            continue
        found = opened(node)
        if isinstance(found, Tree):
            done.append(found)
            continue
        label, children = found
        stack.append(((label, len(children)), None))
        stack.extend((None, child) for child in reversed(children))
    return done[0]


def text_or_none(value: Any) -> str | None:
    """Return a label as text; None for None and for an empty one."""
    return None if value is None or value == "" else str(value)
