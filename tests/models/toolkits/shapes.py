"""Objects of the shape that NLTK, spaCy with benepar, and Stanza document, for tests without them."""

from __future__ import annotations

from types import SimpleNamespace


class NltkTree(list):
    """What `nltk.tree.Tree` is: a list of children with a label."""

    def __init__(self, label, children):
        super().__init__(children)
        self._label = label

    def label(self):
        return self._label


class Token(SimpleNamespace):
    """A token of spaCy: i, text, tag_, dep_, head, is_space."""


class Span:
    """A span of spaCy, with benepar's ``_.labels`` and ``_.children`` if it has a bracketing."""

    def __init__(self, doc, start, end, labels=None, children=()):
        self.doc, self.start, self.end = doc, start, end
        self._ = (
            SimpleNamespace() if labels is None else SimpleNamespace(labels=labels, children=iter(children))
        )

    def __iter__(self):
        return iter(self.doc.tokens[self.start : self.end])

    def __str__(self):
        return " ".join(token.text for token in self)


class Doc:
    """A document of spaCy with its sentences."""

    def __init__(self, rows):
        """Of (text, tag, head, relation) for every token; a head is counted from 0."""
        self.tokens = [
            Token(i=i, text=text, tag_=tag, dep_=relation, is_space=text.isspace(), head=None)
            for i, (text, tag, _, relation) in enumerate(rows)
        ]
        for token, (_, _, head, _) in zip(self.tokens, rows, strict=True):
            token.head = self.tokens[head]
        self.sents = []


class StanzaTree(SimpleNamespace):
    """A node of Stanza's constituency tree: a word is a node without children."""

    def __init__(self, label, *children):
        super().__init__(label=label, children=children)


def stanza_sentence(rows, constituency=None):
    """A sentence of (text, head, relation); a head is counted from 1, 0 at the root."""
    words = [
        SimpleNamespace(id=i, text=text, head=head, deprel=relation)
        for i, (text, head, relation) in enumerate(rows, 1)
    ]
    return SimpleNamespace(words=words, constituency=constituency)
