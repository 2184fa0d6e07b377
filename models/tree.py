"""A single parse tree; for computing with many of them see `models.forest`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

from models.display import Displayed
from models.notation import escape, shorten
from models.treebank import parse_tree

R = TypeVar("R")


class Tree(Displayed):
    """A labelled tree: a leaf with a word, or an inner node with one or more children.

    A tree cannot be changed, so subtrees can be shared and trees can be put into sets. Nothing here
    recurses: trees may be deeper than Python's stack.

    Parameters
    ----------
    label : str or None
        The label as written in the treebank, for example "3" or "NP"; None for a node without one.
    word : str, optional
        The word of a leaf.
    children : iterable of Tree, optional
        The children of an inner node, left to right.

    Raises
    ------
    TypeError
        If an argument is not of the type named above.
    ValueError
        If there are both a word and children, or neither, or an empty label or word.

    Examples
    --------
    >>> tree = Tree("3", children=[Tree("2", "not"), Tree("1", "bad")])
    >>> print(tree)
    (3 (2 not) (1 bad))
    >>> tree == Tree.parse("(3 (2 not) (1 bad))")
    True
    """

    __slots__ = ("children", "label", "word")

    label: str | None
    word: str | None
    children: tuple[Tree, ...]

    def __init__(self, label: str | None, word: str | None = None, children: Iterable[Tree] = ()) -> None:
        if label is not None and not isinstance(label, str):
            raise TypeError(f"the label of a Tree is a str or None, not {_kind(label)}")
        if word is not None and not isinstance(word, str):
            raise TypeError(f"the word of a Tree is a str, not {_kind(word)}; subtrees go into children=...")
        if isinstance(children, Tree):
            raise TypeError("the children of a Tree come in a list or tuple: children=[tree]")
        children = tuple(children)
        for child in children:
            if not isinstance(child, Tree):
                raise TypeError(f"the children of a Tree are Trees, not {_kind(child)}")
        if (word is None) == (not children):
            both = "both a word and children" if children else "neither a word nor children"
            raise ValueError(f"a Tree has a word (a leaf) or children (an inner node), got {both}")
        if label == "" or word == "":
            raise ValueError("a label or word of a Tree is not empty; a missing label is None")
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "word", word)
        object.__setattr__(self, "children", children)

    @staticmethod
    def parse(text: str, source: str | None = None) -> Tree:
        r"""Read one tree in bracket notation.

        ``(3 good)`` is a leaf, ``(good)`` a leaf without a label, ``(3 (2 not) (1 bad))`` an inner
        node and ``((2 not) (1 bad))`` one without a label. So ``(the cat)`` is the word *cat* with the
        label *the*, and the two words without labels are ``((the) (cat))``. A tree may stretch over
        several lines.

        Parameters
        ----------
        text : str
            Brackets, labels and words; ``\(``, ``\)``, ``\\`` and a backslash before a blank put
            that character into a word.
        source : str, optional
            The name of the text, for messages.

        Raises
        ------
        TreebankError
            If `text` is not exactly one tree; it names line, column and what was expected there.
        """
        return parse_tree(text, source, trusted_tree)

    @property
    def is_leaf(self) -> bool:
        """Whether this is a leaf, which has a word and no children."""
        return not self.children

    def preorder(self) -> Iterator[Tree]:
        """All nodes, each before its children, left to right."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def postorder(self) -> Iterator[Tree]:
        """All nodes, each after its children, left to right: the order of rows in a `Forest`."""
        backwards, stack = [], [self]
        while stack:
            node = stack.pop()
            backwards.append(node)
            stack.extend(node.children)
        return reversed(backwards)

    def bottom_up(self, function: Callable[[Tree, list[R]], R]) -> R:
        """Compute a value of the whole tree from the values of each node's children.

        Parameters
        ----------
        function : callable
            Called as ``function(node, results)`` on every node, children first, with the results of
            the node's children from left to right; those of a leaf are an empty list.
        """
        done: list[R] = []
        for node in self.postorder():
            first = len(done) - len(node.children)
            results = done[first:]
            del done[first:]
            done.append(function(node, results))
        return done[0]

    def map(
        self,
        label: Callable[[str | None], str | None] | None = None,
        word: Callable[[str], str] | None = None,
    ) -> Tree:
        """A tree of the same shape with other labels, or other words, or both.

        Examples
        --------
        >>> print(Tree.parse("(3 (2 Not) (1 bad))").map(word=str.lower, label=lambda label: None))
        ((not) (bad))
        """

        def mapped(node: Tree, children: list[Tree]) -> Tree:
            new_label = node.label if label is None else label(node.label)
            new_word = node.word if node.word is None or word is None else word(node.word)
            return Tree(new_label, new_word, children)

        return self.bottom_up(mapped)

    def leaves(self) -> list[Tree]:
        """The leaves, left to right."""
        return [node for node in self.preorder() if not node.children]

    def words(self) -> list[str]:
        """The words, left to right."""
        return [node.word for node in self.preorder() if node.word is not None]

    @property
    def n_nodes(self) -> int:
        """The number of nodes, leaves included."""
        return sum(1 for _ in self.preorder())

    @property
    def height(self) -> int:
        """The number of steps from here down to the deepest leaf; 0 for a leaf."""
        height, level = -1, [self]
        while level:
            height, level = height + 1, [child for node in level for child in node.children]
        return height

    def _shape(self) -> Iterator[tuple[str | None, str | None, int]]:
        """What distinguishes two trees; no tree's sequence is a prefix of another's."""
        return ((node.label, node.word, len(node.children)) for node in self.preorder())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        if self is other:
            return True
        return all(a == b for a, b in zip(self._shape(), other._shape(), strict=False))

    def __hash__(self) -> int:
        return hash(tuple(self._shape()))

    def __str__(self) -> str:
        parts: list[str] = []
        stack: list[Tree | str] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                parts.append(item)
                continue
            given = [name for name in (item.label, item.word) if name is not None]
            names = [escape(name, first=not k) for k, name in enumerate(given)]
            parts.append("(" + " ".join(names))
            stack.append(")")
            for i in range(len(item.children) - 1, -1, -1):
                stack.append(item.children[i])
                if i > 0 or names:
                    stack.append(" ")
        return "".join(parts)

    def __repr__(self) -> str:
        text = str(self)
        if len(text) <= 70:
            return f"Tree.parse({text!r})"
        words = self.words()
        return f"<Tree of {len(words)} words, height {self.height}: '{shorten(' '.join(words[:9]))}'>"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a Tree cannot be changed (attribute {name!r}); build a new one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Tree cannot be changed (attribute {name!r}); build a new one")

    def __reduce__(self) -> tuple[Any, ...]:  # pickle and deepcopy would recurse into the children
        return Tree.parse, (str(self),)


def _kind(value: object) -> str:
    return f"{type(value).__name__} ({shorten(repr(value))})"


def trusted_tree(label: str | None, word: str | None, children: tuple[Tree, ...]) -> Tree:
    """A `Tree` made without checks, for the reader, whose arguments are known to be right."""
    tree = _new(Tree)
    _set_label(tree, label)
    _set_word(tree, word)
    _set_children(tree, children)
    return tree


_new = object.__new__
_set_label, _set_word, _set_children = (vars(Tree)[name].__set__ for name in ("label", "word", "children"))
