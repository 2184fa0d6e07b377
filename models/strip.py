"""Penn trees without what parsers leave out: traces, and what phrases are for.

Both are annotations of the Penn Treebank's editors (Bies et al. 1995). A trace is a leaf labelled ``-NONE-``
where no word is written, as ``(-NONE- *T*-1)``. A label such as ``NP-SBJ-1`` or ``NP=2`` says behind its
category what the phrase does in the sentence, and which other phrase it goes with.
"""

from __future__ import annotations

import re

from models.tree import Tree

TRACE = "-NONE-"
# The category ends before - or =, but for a label that begins with one, as -LRB- and -NONE-.
_CATEGORY = re.compile(r"[^-=][^-=]*")


def strip_traces(tree: Tree) -> Tree | None:
    """The tree without its traces, and without the nodes that have nothing else below them.

    Returns
    -------
    Tree or None
        None if nothing is left.

    Examples
    --------
    >>> print(strip_traces(Tree.parse("(S (NP-SBJ (-NONE- *)) (VP (TO to) (VP (VB go))))")))
    (S (VP (TO to) (VP (VB go))))
    """

    def kept(node: Tree, children: list[Tree | None]) -> Tree | None:
        if node.word is not None:
            return None if node.label == TRACE else node
        words = [child for child in children if child is not None]
        return Tree(node.label, children=words) if words else None

    return tree.bottom_up(kept)


def strip_functions(tree: Tree) -> Tree:
    """The tree with labels cut to their categories, as ``NP`` for ``NP-SBJ-1``; ``-LRB-`` and the like stay.

    Examples
    --------
    >>> print(strip_functions(Tree.parse("(S (NP-SBJ=2 (-LRB- -LRB-) (PRP$ his)) (ADVP|PRT-TMP (RB up)))")))
    (S (NP (-LRB- -LRB-) (PRP$ his)) (ADVP|PRT (RB up)))
    """
    return tree.map(label=_category)


def _category(label: str | None) -> str | None:
    found = None if label is None else _CATEGORY.match(label)
    return label if found is None else found[0]
