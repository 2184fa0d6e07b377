"""Trees of NLTK (nltk.tree.Tree and its subclasses), and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.notation import shorten
from models.toolkits.build import build_tree, text_or_none
from models.tree import Tree


def from_nltk(tree: Any) -> Tree:
    """Return a tree of NLTK as a `Tree`.

    Parameters
    ----------
    tree : nltk.tree.Tree
        Or any list of children with ``label()``. A child is such a tree, a word, or, in chunked sentences, a
        pair of a word and its tag. A node with one word is a leaf; words beside other children are leaves
        without a label. A label that is no str, as a Nonterminal, becomes one; an empty one is None.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If a node has no children, or an empty word.

    Examples
    --------
    ``from_nltk(nltk.Tree.fromstring("(NP (D the) (N cat))"))`` is ``Tree.parse("(NP (D the) (N cat))")``.
    """
    if isinstance(tree, str) or not callable(getattr(tree, "label", None)):
        raise TypeError(f"from_nltk takes an nltk.tree.Tree, not {type(tree).__name__}")
    return build_tree(tree, _opened)


def _opened(node: Any) -> Tree | tuple[str | None, list[Any]]:
    if isinstance(node, str):
        return _leaf(None, node)
    if isinstance(node, tuple) and len(node) == 2 and isinstance(node[0], str):
        return _leaf(node[1], node[0])
    if not callable(getattr(node, "label", None)):
        raise TypeError(f"a child in a tree of NLTK is a tree or a word, not {shorten(repr(node))}")
    label, children = node.label(), list(node)
    if not children:
        raise ValueError(f"a node of the tree, '{shorten(str(label))}', has no children and no word")
    if len(children) == 1 and isinstance(children[0], str):
        return _leaf(label, children[0])
    return text_or_none(label), children


def _leaf(label: Any, word: str) -> Tree:
    if not word:
        raise ValueError(f"a word of the tree, labelled '{shorten(str(label))}', is empty")
    return Tree(text_or_none(label), word)


def to_nltk(tree: Tree, kind: Callable[[str, list[Any]], Any] | None = None) -> Any:
    """Return a `Tree` as a tree of NLTK; `from_nltk` gives it back.

    Parameters
    ----------
    tree : Tree
    kind : class, optional
        Called as ``kind(label, children)`` for every node; by default ``nltk.tree.Tree``, for which NLTK has
        to be installed.

    Raises
    ------
    ModuleNotFoundError
        If NLTK is needed and not there.
    """
    if not isinstance(tree, Tree):
        raise TypeError(f"to_nltk takes a Tree, not {type(tree).__name__}")
    if kind is None:
        try:
            from nltk.tree import Tree as NltkTree
        except ModuleNotFoundError:
            raise ModuleNotFoundError("to_nltk needs NLTK: pip install nltk", name="nltk") from None
        kind = NltkTree

    def made(node: Tree, children: list[Any]) -> Any:
        if node.word is not None:
            return kind(node.label or "", [node.word])
        # A word without a label stands bare, but for an only child, which would be taken for the node's word.
        bare = len(children) > 1
        below = [
            child.word if bare and child.word is not None and child.label is None else done
            for child, done in zip(node.children, children, strict=True)
        ]
        return kind(node.label or "", below)

    return tree.bottom_up(made)
