"""Sentences that Stanza has parsed: their constituents, or their dependencies."""

from __future__ import annotations

from typing import Any, Literal, overload

from models.dependencies import DependencyTree
from models.errors import one_of
from models.toolkits.build import build_tree, text_or_none
from models.toolkits.spacy import KINDS
from models.tree import Tree


@overload
def from_stanza(document: Any, kind: Literal["constituents"] = "constituents") -> list[Tree]: ...
@overload
def from_stanza(document: Any, kind: Literal["dependencies"]) -> list[DependencyTree]: ...
def from_stanza(
    document: Any, kind: Literal["constituents", "dependencies"] = "constituents"
) -> list[Tree] | list[DependencyTree]:
    """Return the trees of a document, one for each of its sentences.

    Parameters
    ----------
    document : stanza Document or Sentence
    kind : "constituents" or "dependencies"
        ``sentence.constituency``, without the node ROOT on top, or the ``head`` and ``deprel`` of
        ``sentence.words``.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If a sentence has no such parse; the text says which processor adds it.
    """
    one_of("kind", kind, KINDS)
    sentences = getattr(document, "sentences", None)
    if sentences is None:
        if not hasattr(document, "words"):
            raise TypeError(
                f"from_stanza takes a Document or Sentence of Stanza, not {type(document).__name__}"
            )
        sentences = [document]
    if kind == "constituents":
        return [_constituents(sentence) for sentence in sentences]
    return [_dependencies(sentence) for sentence in sentences]


def _constituents(sentence: Any) -> Tree:
    top = getattr(sentence, "constituency", None)
    if top is None:
        raise ValueError("a sentence has no constituents: Stanza's processor 'constituency' adds them")
    if top.label == "ROOT" and len(top.children) == 1:
        top = top.children[0]
    return build_tree(top, _opened)


def _opened(node: Any) -> Tree | tuple[str | None, list[Any]]:
    children = list(node.children)
    if not children:  # a word that stands beside phrases
        return Tree(None, node.label)
    if len(children) == 1 and not children[0].children:
        return Tree(text_or_none(node.label), children[0].label)
    return text_or_none(node.label), children


def _dependencies(sentence: Any) -> DependencyTree:
    words = sentence.words
    if any(word.head is None for word in words):
        raise ValueError("a sentence has no dependencies: Stanza's processor 'depparse' adds them")
    return DependencyTree(
        [word.text for word in words],
        [word.head - 1 for word in words],
        [text_or_none(word.deprel) for word in words],
    )
