"""Trees of NLTK and documents of spaCy as they are installed; run where they are, as in .ci/slow."""

from __future__ import annotations

import pytest

from models import DependencyTree, Tree, from_nltk, from_spacy, to_nltk

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEXT = "(S (NP-SBJ (DT The) (NN cat)) (VP (VBZ sleeps) (-LRB- -LRB-)) (. .))"


def test_trees_of_nltk_go_both_ways():
    nltk = pytest.importorskip("nltk")
    for kind in (nltk.Tree, nltk.ParentedTree, nltk.ImmutableTree):
        assert from_nltk(kind.fromstring(TEXT)) == Tree.parse(TEXT)
    made = to_nltk(Tree.parse(TEXT))
    assert type(made) is nltk.Tree
    assert made == nltk.Tree.fromstring(TEXT)
    assert to_nltk(Tree.parse(TEXT), nltk.ParentedTree)[0].parent().label() == "S"
    chunks = nltk.RegexpParser("NP: {<DT><NN>}").parse([("The", "DT"), ("cat", "NN"), ("sleeps", "VBZ")])
    assert str(from_nltk(chunks)) == "(S (NP (DT The) (NN cat)) (VBZ sleeps))"
    rules = nltk.CFG.fromstring("S -> N V\nN -> 'cats'\nV -> 'sleep'")
    [tree] = nltk.ChartParser(rules).parse(["cats", "sleep"])
    assert from_nltk(tree) == Tree.parse("(S (N cats) (V sleep))")


def test_documents_of_spacy_have_dependencies():
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import Doc

    doc = Doc(
        spacy.blank("en").vocab,
        words=["The", "cat", "sleeps", "\n", "Go"],
        heads=[1, 2, 2, 2, 4],
        deps=["det", "nsubj", "ROOT", "", "ROOT"],
        tags=["DT", "NN", "VBZ", "_SP", "VB"],
    )
    assert from_spacy(doc, "dependencies") == [
        DependencyTree(["The", "cat", "sleeps"], [1, 2, -1], ["det", "nsubj", "ROOT"]),
        DependencyTree(["Go"], [-1], ["ROOT"]),
    ]
    with pytest.raises(ValueError, match="add benepar"):
        from_spacy(doc)
    with pytest.raises(ValueError, match="not divided in sentences"):
        from_spacy(Doc(doc.vocab, words=["a", "b"]), "dependencies")


def test_constituents_are_read_from_extensions_of_spacys_spans():
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import Doc, Span

    tree = {(0, 3): ("S",), (0, 2): ("NP",), (2, 3): ("VP",), (0, 1): (), (1, 2): ()}
    below = {(0, 3): [(0, 2), (2, 3)], (0, 2): [(0, 1), (1, 2)]}
    Span.set_extension("labels", getter=lambda span: tree[span.start, span.end])
    Span.set_extension(
        "children", getter=lambda span: (span.doc[a:b] for a, b in below.get((span.start, span.end), []))
    )
    try:
        words, tags = ["The", "cat", "sleeps"], ["DT", "NN", "VBZ"]
        doc = Doc(spacy.blank("en").vocab, words=words, tags=tags, sent_starts=[True, False, False])
        assert from_spacy(doc) == [Tree.parse("(S (NP (DT The) (NN cat)) (VP (VBZ sleeps)))")]
    finally:
        Span.remove_extension("labels")
        Span.remove_extension("children")
