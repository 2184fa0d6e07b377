"""Sentences that spaCy has parsed: their dependencies, or their constituents by benepar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, overload

from models.dependencies import DependencyTree
from models.errors import one_of
from models.notation import shorten
from models.toolkits.build import build_tree, text_or_none
from models.tree import Tree

KINDS = ("constituents", "dependencies")


@overload
def from_spacy(document: Any, kind: Literal["constituents"] = "constituents") -> list[Tree]: ...
@overload
def from_spacy(document: Any, kind: Literal["dependencies"]) -> list[DependencyTree]: ...
def from_spacy(
    document: Any, kind: Literal["constituents", "dependencies"] = "constituents"
) -> list[Tree] | list[DependencyTree]:
    """Return the trees of a document, one for each of its sentences.

    Parameters
    ----------
    document : spacy.tokens.Doc or Span
        A Span is taken as it is, as one sentence.
    kind : "constituents" or "dependencies"
        Constituents are those that benepar's component adds, read from ``sentence._.labels`` and
        ``sentence._.children``; the label of a leaf is the token's ``tag_``. Dependencies are read from
        ``token.head`` and ``token.dep_``, without tokens of white space that nothing depends on.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If the document has no such parse; the text says what adds it.
    """
    one_of("kind", kind, KINDS)
    if kind == "constituents":
        return [_constituents(sentence) for sentence in _sentences(document)]
    found = map(_dependencies, _sentences(document))
    return [sentence for sentence in found if sentence is not None]


def _sentences(document: Any) -> Iterator[Any]:
    if hasattr(document, "start") and hasattr(document, "doc"):  # a span
        yield document
        return
    try:
        if not hasattr(document, "sents"):
            raise TypeError(f"from_spacy takes a Doc or Span of spaCy, not {type(document).__name__}")
        yield from document.sents
    except ValueError as error:  # spaCy's E030
        raise ValueError(
            "the document is not divided in sentences; a pipeline with a parser or a sentencizer does it "
            f"({error})"
        ) from None


def _constituents(sentence: Any) -> Tree:
    if not hasattr(sentence._, "labels") or not hasattr(sentence._, "children"):
        raise ValueError(
            "the document has no constituents: add benepar to the pipeline, "
            "nlp.add_pipe('benepar', config={'model': 'benepar_en3'}), or take kind='dependencies'"
        )

    def opened(node: Any) -> Tree | tuple[str | None, list[Any]]:
        if isinstance(node, Tree):
            return node
        labels, span = node if isinstance(node, tuple) else (tuple(map(text_or_none, node._.labels)), node)
        if len(labels) > 1:  # nodes with a single child, one above the other
            return labels[0], [(labels[1:], span)]
        below = list(span._.children) or [Tree(text_or_none(token.tag_), token.text) for token in span]
        return below[0] if not labels and len(below) == 1 else (next(iter(labels), None), below)

    return build_tree(sentence, opened)


def _dependencies(sentence: Any) -> DependencyTree | None:
    tokens = list(sentence)
    heads = {token.i: token.head.i for token in tokens}
    needed = {head for place, head in heads.items() if head != place}
    kept = [token for token in tokens if token.i in needed or not token.is_space]
    if not kept:
        return None
    place = {token.i: k for k, token in enumerate(kept)}
    if len(kept) > 1 and all(heads[token.i] == token.i for token in kept):
        raise ValueError(
            "the document has no dependencies: add a parser to the pipeline, as the one of "
            "spacy.load('en_core_web_sm')"
        )
    if any(heads[token.i] not in place for token in kept):
        raise ValueError(
            f"a word of the span '{shorten(str(sentence))}' has its head outside; take a sentence"
        )
    return DependencyTree(
        [token.text for token in kept],
        [-1 if heads[token.i] == token.i else place[heads[token.i]] for token in kept],
        [text_or_none(token.dep_) for token in kept],
    )
