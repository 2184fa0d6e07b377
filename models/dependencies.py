"""A sentence whose words depend on each other: a tree of words, with any number of children."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from models.display import Displayed
from models.notation import shorten


class DependencyTree(Displayed):
    """The words of a sentence, each with the word that it depends on, its head.

    It cannot be changed. Nothing here recurses: a sentence may be a chain of any length.

    Parameters
    ----------
    words : iterable of str
        In the order of the sentence; at least one.
    heads : iterable of int
        For every word the place of its head, counted from 0; −1 for the root, of which there is one.
    relations : iterable of str or None, optional
        For every word how it depends on its head, as "nsubj"; by default None for all.
    labels : iterable of str or None, optional
        For every word the label of the phrase that it is the head of; by default None for all. That of the
        root is the sentence's.

    Attributes
    ----------
    heads : tuple of int
    relations, labels : tuple of str or None
    root : int
        The place of the root.

    Raises
    ------
    TypeError
        If a word is not a str, or a head not an int.
    ValueError
        If the sequences differ in length, a word is empty, a head is none of the words, there is not exactly
        one root, or words depend on each other in a circle; the text names the word, counted from 1.

    Examples
    --------
    >>> sentence = DependencyTree(["the", "cat", "sleeps"], [1, 2, -1], ["det", "nsubj", "root"])
    >>> sentence
    <DependencyTree of 3 words: 'the cat sleeps'>
    >>> [sentence.words()[k] for k in sentence.postorder()]
    ['the', 'cat', 'sleeps']
    """

    __slots__ = ("_words", "heads", "labels", "relations", "root")

    _words: tuple[str, ...]
    heads: tuple[int, ...]
    labels: tuple[str | None, ...]
    relations: tuple[str | None, ...]
    root: int

    def __init__(
        self,
        words: Iterable[str],
        heads: Iterable[int],
        relations: Iterable[str | None] | None = None,
        labels: Iterable[str | None] | None = None,
    ) -> None:
        if isinstance(words, str):
            raise TypeError(f"the words of a sentence are a list of str, not one str {shorten(repr(words))}")
        own, of = tuple(words), tuple(heads)
        none = (None,) * len(own)
        told = none if relations is None else tuple(relations)
        classes = none if labels is None else tuple(labels)
        if not own:
            raise ValueError("a sentence has at least one word")
        for what, given in {"heads": of, "relations": told, "labels": classes}.items():
            if len(given) != len(own):
                raise ValueError(f"{len(own)} words, but {len(given)} {what}; one for each word")
        fault = first_fault(own, of)
        if fault is not None:
            raise ValueError(fault[1])
        for name, value in {"_words": own, "heads": of, "relations": told, "labels": classes}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "root", of.index(-1))

    def words(self) -> list[str]:
        """The words, in the order of the sentence."""
        return list(self._words)

    @property
    def label(self) -> str | None:
        """The sentence's label, that of its root."""
        return self.labels[self.root]

    def children(self) -> list[list[int]]:
        """For every word the places of the words that depend on it, ascending."""
        below: list[list[int]] = [[] for _ in self.heads]
        for place, head in enumerate(self.heads):
            if head >= 0:
                below[head].append(place)
        return below

    def postorder(self) -> list[int]:
        """All places, each after those that depend on it, from left to right: the rows of a `TreeForest`."""
        below, order, stack = self.children(), [], [self.root]
        while stack:
            place = stack.pop()
            order.append(place)
            stack.extend(below[place])
        return order[::-1]

    def map(
        self,
        label: Callable[[str | None], str | None] | None = None,
        word: Callable[[str], str] | None = None,
    ) -> DependencyTree:
        """A sentence with the same dependencies and other labels, or other words, or both."""
        return DependencyTree(
            self._words if word is None else map(word, self._words),
            self.heads,
            self.relations,
            self.labels if label is None else map(label, self.labels),
        )

    def with_label(self, label: str | None) -> DependencyTree:
        """The sentence with this label, and with none at its other words."""
        labels = [label if place == self.root else None for place in range(len(self))]
        return DependencyTree(self._words, self.heads, self.relations, labels)

    @property
    def top(self) -> DependencyNode:
        """The root as a node with children, for pictures."""
        nodes = [
            DependencyNode(word, relation, label)
            for word, relation, label in zip(self._words, self.relations, self.labels, strict=True)
        ]
        for node, below in zip(nodes, self.children(), strict=True):
            node.children = tuple(nodes[place] for place in below)
        return nodes[self.root]

    def __len__(self) -> int:
        return len(self._words)

    def _content(self) -> tuple[Any, ...]:
        return self._words, self.heads, self.relations, self.labels

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DependencyTree):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __repr__(self) -> str:
        words = f"{len(self)} word{'s' * (len(self) != 1)}"
        return f"<DependencyTree of {words}: '{shorten(' '.join(self._words))}'>"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a DependencyTree cannot be changed (attribute {name!r}); build a new one")

    def __reduce__(self) -> tuple[Any, ...]:
        return DependencyTree, self._content()


class DependencyNode:
    """A word of a `DependencyTree` with the words that depend on it, in the order of the sentence."""

    __slots__ = ("children", "label", "relation", "word")

    def __init__(self, word: str, relation: str | None, label: str | None) -> None:
        self.word, self.relation, self.label = word, relation, label
        self.children: tuple[DependencyNode, ...] = ()

    def preorder(self) -> Iterator[DependencyNode]:
        """The node and all below it, each before its children."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def words(self) -> list[str]:
        """The words from here on, heads first."""
        return [node.word for node in self.preorder()]


def first_fault(words: Sequence[Any], heads: Sequence[Any]) -> tuple[int, str] | None:
    """The first place where words and heads make no tree, and what is wrong there; None if they do.

    Raises
    ------
    TypeError
        If a word is not a str, or a head not an int.
    """
    roots = []
    for place, (word, head) in enumerate(zip(words, heads, strict=True)):
        if not isinstance(word, str):
            raise TypeError(f"word {place + 1} is a str, not {type(word).__name__} ({shorten(repr(word))})")
        if not isinstance(head, int) or isinstance(head, bool):
            raise TypeError(f"the head of {_name(words, place)} is an int, not {type(head).__name__}")
        if not word:
            return place, f"word {place + 1} is empty"
        if not -1 <= head < len(words):
            return place, (
                f"{_name(words, place)}, has the head {head}; counted from 0, a head is one of the "
                f"{len(words)} words, and −1 at the root"
            )
        if head == -1:
            roots.append(place)
    if len(roots) > 1:
        return roots[1], (
            f"{_name(words, roots[0])}, and {_name(words, roots[1])}, are both a root; a sentence has one"
        )
    # Down from the root; what is not reached hangs from a circle.
    below: list[list[int]] = [[] for _ in heads]
    for place, head in enumerate(heads):
        if head >= 0:
            below[head].append(place)
    reached, stack = [False] * len(heads), list(roots)
    while stack:
        place = stack.pop()
        reached[place] = True
        stack.extend(below[place])
    if all(reached):
        return None
    place = reached.index(False)
    seen: set[int] = set()
    while place not in seen:  # up to the circle
        seen.add(place)
        place = heads[place]
    return place, f"{_name(words, place)}, depends on itself, through its head, that one's head, and so on"


def _name(words: Sequence[str], place: int) -> str:
    return f"word {place + 1}, {shorten(words[place])!r}"
