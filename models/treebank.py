"""Bracketed text to `Tree`: a builder fed one token at a time, and messages with a caret."""

from __future__ import annotations

import unicodedata

from models.errors import TreebankError
from models.notation import Token, shorten, tokens, unescape
from models.tree import Tree


def parse_tree(text: str, source: str | None = None) -> Tree:
    """Read exactly one tree; this is `Tree.parse`, which see."""
    if not isinstance(text, str):
        hint = "; decode it first" if isinstance(text, bytes | bytearray) else ""
        raise TypeError(f"a tree is parsed from a str, not {type(text).__name__}{hint}")
    builder = TreeBuilder()
    tree: Tree | None = None
    try:
        for token in tokens(text):
            if tree is None:
                tree = builder.feed(token)
            elif token.text:
                raise Fault(token, "the end of the text after one tree", _AFTER.get(token.text, ""))
    except Fault as fault:
        line, column = fault.token.line, fault.token.column
        excerpt = _excerpt(text.split("\n")[line - 1], column)
        raise TreebankError(source, line, column, fault.expected, fault.found, excerpt) from None
    assert tree is not None  # the end of the text is a fault as long as there is no tree
    return tree


class Fault(Exception):  # noqa: N818 - never leaves the reader
    """A token out of place; whoever knows the text turns it into a `TreebankError`."""

    def __init__(self, token: Token, expected: str, hint: str = "") -> None:
        super().__init__(token, expected, hint)
        self.token = token
        self.expected = expected
        self.found = f"{token}{hint}"


class _Bracket:
    """An open bracket: up to two words (label and word, or just one of them) or subtrees."""

    __slots__ = ("children", "start", "words")

    def __init__(self, start: Token) -> None:
        self.start = start
        self.words: list[str] = []
        self.children: list[Tree] = []

    def __str__(self) -> str:
        return f"the bracket opened at line {self.start.line}, column {self.start.column}"


class TreeBuilder:
    """Puts trees together from tokens; after a complete tree it is ready for the next one."""

    def __init__(self) -> None:
        self._open: list[_Bracket] = []

    def feed(self, token: Token) -> Tree | None:
        """Take the next token; return the tree that it completes, if any.

        Raises
        ------
        Fault
            If `token` cannot stand here. The builder is of no use afterwards.
        """
        if token.text == "(":
            self._start(token)
        elif token.text == ")":
            return self._finish(token)
        else:
            self._word(token)
        return None

    def _start(self, token: Token) -> None:
        if self._open and len(self._open[-1].words) == 2:
            label, word = map(shorten, self._open[-1].words)
            raise Fault(
                token,
                f"')' to close {self._open[-1]}, which has a word already",
                f"; a node has either a word or children: write ({label} (x {word}) (…))",
            )
        self._open.append(_Bracket(token))

    def _word(self, token: Token) -> None:
        if not self._open:
            hint = "; words stand inside brackets, as in (3 good)" if token.text else ""
            raise Fault(token, "'(' to open a tree", hint)
        bracket = self._open[-1]
        if not token.text:
            raise Fault(token, f"')' to close {bracket}")
        if bracket.children:
            raise Fault(
                token,
                f"'(' or ')' after a child in {bracket}",
                f"; a node has either a word or children: write (x {shorten(token.text)})",
            )
        if len(bracket.words) == 2:
            label, first, second = map(shorten, [*bracket.words, token.text])
            raise Fault(
                token,
                f"')' to close {bracket}, which has a word already",
                f"; a leaf has one word: write ({label} (x {first}) (x {second}))",
            )
        bracket.words.append(token.text)

    def _finish(self, token: Token) -> Tree | None:
        if not self._open:
            raise Fault(token, "'(' to open a tree", ", which closes no bracket")
        bracket = self._open.pop()
        names = [unescape(word) for word in bracket.words]
        if bracket.children:
            tree = Tree(names[0] if names else None, children=bracket.children)
        elif names:
            tree = Tree(names[0] if len(names) == 2 else None, names[-1])
        else:
            raise Fault(token, f"a word or a child in {bracket}")
        if not self._open:
            return tree
        self._open[-1].children.append(tree)
        return None


_AFTER = {")": ", which closes no bracket", "(": ": a second tree begins; parse one at a time"}


def _excerpt(line: str, column: int, width: int = 70) -> str:
    """`line` cut to about `width` characters around `column`, and a caret below that column."""
    if not line.strip():
        return ""
    line = line.rstrip("\r") + " "  # a fault may be just behind the end
    at = column - 1
    start = max(0, min(at - width // 2, len(line) - width))
    cut = line[start : start + width].replace("\t", " ")
    cut = "".join(c if c.isprintable() else "·" for c in cut)
    head, tail = "…" * (start > 0), "…" * (start + width < len(line))
    before = head + cut[: at - start]
    return f"  {head}{cut.rstrip()}{tail}\n  {' ' * sum(map(_columns, before))}^"


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
