"""Trees of NLTK, spaCy, benepar and Stanza, by objects of the shapes that they document."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given

from models import DependencyTree, Tree, from_nltk, from_spacy, from_stanza, to_nltk
from tests.models.strategies import modest, trees
from tests.models.toolkits.shapes import Doc, NltkTree, Span, StanzaTree, stanza_sentence


@modest
@given(trees())
def test_a_tree_goes_to_nltk_and_comes_back(tree):
    assert from_nltk(to_nltk(tree, NltkTree)) == tree


def test_nltk_has_bare_words_chunks_of_pairs_and_labels_of_any_kind():
    chunked = NltkTree("S", [("Ada", "NNP"), NltkTree("NP", [("a", "DT"), "cat"]), "sleeps"])
    assert str(from_nltk(chunked)) == "(S (NNP Ada) (NP (DT a) (cat)) (sleeps))"
    assert from_nltk(NltkTree(3, ["good"])) == Tree("3", "good")
    assert from_nltk(NltkTree("", [NltkTree("S", [NltkTree("N", ["I"])])])) == Tree.parse("((S (N I)))")
    assert from_nltk(NltkTree("-LRB-", ["("])) == Tree("-LRB-", "(")


def test_a_bare_word_stays_bare_in_nltk():
    made = to_nltk(Tree.parse("(NP (the) (N cat))"), NltkTree)
    assert made == ["the", ["cat"]]
    assert (made.label(), made[1].label()) == ("NP", "N")


def test_deep_trees_take_no_recursion():
    tree = Tree("A", "b")
    for _ in range(20_000):
        tree = Tree("X", children=[tree])
    made = to_nltk(tree, NltkTree)
    assert from_nltk(made) == tree
    while made:  # or the lists would be freed one inside the other
        made = made.pop() if isinstance(made, NltkTree) else None


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        (NltkTree("NP", []), ValueError, "'NP', has no children"),
        (NltkTree("S", [NltkTree("A", ["a"]), NltkTree("NP", [])]), ValueError, "'NP', has no children"),
        (NltkTree("NP", [""]), ValueError, "labelled 'NP', is empty"),
        (NltkTree("NP", [3]), TypeError, "a tree or a word, not 3"),
        ("(NP cat)", TypeError, "takes an nltk.tree.Tree, not str"),
        (Tree("NP", "cat"), TypeError, "takes an nltk.tree.Tree, not Tree"),
    ],
)
def test_what_is_no_tree_of_nltk_is_refused(wrong, error, told):
    with pytest.raises(error, match=told):
        from_nltk(wrong)


def test_to_nltk_says_what_it_needs_and_takes_the_class_of_an_installed_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk", None)
    monkeypatch.setitem(sys.modules, "nltk.tree", None)
    with pytest.raises(ModuleNotFoundError, match="pip install nltk"):
        to_nltk(Tree("N", "cat"))
    module = ModuleType("nltk.tree")
    module.Tree = NltkTree
    monkeypatch.setitem(sys.modules, "nltk", ModuleType("nltk"))
    monkeypatch.setitem(sys.modules, "nltk.tree", module)
    assert isinstance(to_nltk(Tree("N", "cat")), NltkTree)
    with pytest.raises(TypeError, match="takes a Tree, not str"):
        to_nltk("(N cat)")


def parsed():
    """A document of two sentences with white space between them, parsed in both ways."""
    doc = Doc(
        [
            ("It", "PRP", 1, "nsubj"),
            ("rains", "VBZ", 1, "ROOT"),
            ("\n", "_SP", 1, ""),
            ("(", "-LRB-", 4, "punct"),
            ("Go", "VB", 4, "ROOT"),
        ]
    )
    leaf = [Span(doc, k, k + 1, (("NP",) if k == 0 else ("VP",) if k == 4 else ())) for k in range(5)]
    doc.sents = [
        Span(doc, 0, 3, ("S",), [leaf[0], Span(doc, 1, 3, ("VP",), leaf[1:3])]),
        Span(doc, 3, 5, ("TOP", "S"), [leaf[3], leaf[4]]),
    ]
    return doc


def test_spacy_has_dependencies_of_every_sentence():
    assert from_spacy(parsed(), "dependencies") == [
        DependencyTree(["It", "rains"], [1, -1], ["nsubj", "ROOT"]),
        DependencyTree(["(", "Go"], [1, -1], ["punct", "ROOT"]),
    ]
    assert from_spacy(parsed().sents[1], "dependencies")[0].words() == ["(", "Go"]


def test_benepar_adds_constituents_to_spacy():
    assert list(map(str, from_spacy(parsed()))) == [
        "(S (NP (PRP It)) (VP (VBZ rains) (_SP \\\n)))",
        "(TOP (S (-LRB- \\() (VP (VB Go))))",
    ]
    [second] = from_spacy(parsed().sents[1])
    assert second.words() == ["(", "Go"]


def test_white_space_that_a_word_depends_on_stays():
    doc = Doc([("a", "X", 1, "dep"), (" ", "_SP", 1, "ROOT"), ("\n", "_SP", 1, "")])
    assert from_spacy(Span(doc, 0, 3), "dependencies") == [
        DependencyTree(["a", " "], [1, -1], ["dep", "ROOT"])
    ]
    assert from_spacy(Span(doc, 2, 3), "dependencies") == []


def test_spacy_without_a_parse_is_told_what_adds_it():
    doc = Doc([("a", "", 0, ""), ("b", "", 1, "")])
    doc.sents = [Span(doc, 0, 2)]
    with pytest.raises(ValueError, match="add benepar"):
        from_spacy(doc)
    with pytest.raises(ValueError, match="add a parser"):
        from_spacy(doc, "dependencies")
    with pytest.raises(ValueError, match="one of constituents, dependencies, not 'tree'"):
        from_spacy(doc, "tree")
    with pytest.raises(TypeError, match="not str"):
        from_spacy("a b")
    with pytest.raises(ValueError, match="head outside"):
        from_spacy(Span(parsed(), 0, 1), "dependencies")

    class Undivided(Doc):
        @property
        def sents(self):
            raise ValueError("[E030] Sentence boundaries unset.")

        @sents.setter
        def sents(self, value):
            pass

    with pytest.raises(ValueError, match=r"not divided in sentences; .*E030"):
        from_spacy(Undivided([("a", "", 0, "")]))


def stanza_document():
    tree = StanzaTree(
        "ROOT",
        StanzaTree(
            "S", StanzaTree("NP", StanzaTree("PRP", StanzaTree("It"))), StanzaTree("VBZ", StanzaTree("rains"))
        ),
    )
    return SimpleNamespace(sentences=[stanza_sentence([("It", 2, "nsubj"), ("rains", 0, "root")], tree)])


def test_stanza_has_constituents_and_dependencies():
    document = stanza_document()
    assert from_stanza(document) == [Tree.parse("(S (NP (PRP It)) (VBZ rains))")]
    assert from_stanza(document.sentences[0]) == from_stanza(document)
    expected = DependencyTree(["It", "rains"], [1, -1], ["nsubj", "root"])
    assert from_stanza(document, "dependencies") == [expected]


def test_stanza_without_a_parse_is_told_what_adds_it():
    document = stanza_document()
    document.sentences[0].constituency = None
    document.sentences[0].words[0].head = None
    with pytest.raises(ValueError, match="processor 'constituency'"):
        from_stanza(document)
    with pytest.raises(ValueError, match="processor 'depparse'"):
        from_stanza(document, "dependencies")
    with pytest.raises(TypeError, match="Document or Sentence of Stanza, not str"):
        from_stanza("It rains")
