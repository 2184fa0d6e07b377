"""Builds trees from tokens: the grammar of bracketed trees, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from sys import intern
from typing import Any, TypeVar

from models.notation import shorten, unescape

T = TypeVar("T")
Make = Callable[[str | None, str | None, tuple[T, ...]], T]  # a tree from its label, word and children

OUTSIDE = "; words stand inside brackets, as in (3 good)"


@dataclass(eq=False)
class Fault(Exception):  # noqa: N818 - never leaves the reader
    """A token in the wrong place; the caller, who knows the text, turns it into a `TreebankError`.

    Attributes
    ----------
    at : int
        The index of the token; the number of tokens means the end of the text.
    expected : str
        What would be right there; ``{bracket}`` in it stands for the bracket `opened`.
    opened : int
        The index of the token that opened that bracket.
    hint : str
        What to do; printed after the token that was found.
    """

    at: int
    expected: str
    opened: int = -1
    hint: str = ""


def build(tokens: list[str], make: Make[T]) -> list[T]:
    """Build trees from the tokens of a text.

    Parameters
    ----------
    tokens : list of str
    make : function
        Called as ``make(label, word, children)`` for every node, children first; a missing label or word is
        None. A leaf has a word and no children, an inner node children and no word.

    Raises
    ------
    Fault
        At the first token that cannot stand where it does.
    """
    trees: list[T] = []
    # An open bracket: the index of its token, then either one or two words (a word, or label and
    # word), or an optional label and subtrees.
    bracket: list[Any] | None = None
    around: list[Any] = []  # the brackets around it, outermost first; the first entry is None
    for at, token in enumerate(tokens):
        if token == "(":
            if bracket is not None and len(bracket) == 3 and type(bracket[2]) is str:
                raise _child_after_word(at, bracket)
            around.append(bracket)
            bracket = [at]
        elif token == ")":
            if bracket is None:
                raise Fault(at, "'(' to open a tree", hint=", which closes no bracket")
            tree = _close(at, bracket, make)
            bracket = around.pop()
            (trees if bracket is None else bracket).append(tree)
        elif bracket is None:
            raise Fault(at, "'(' to open a tree", hint=OUTSIDE)
        elif len(bracket) == 1 or (len(bracket) == 2 and type(bracket[1]) is str):
            bracket.append(intern(unescape(token)))
        else:
            raise _word_too_many(at, token, bracket)
    if bracket is not None:
        raise Fault(len(tokens), "')' to close {bracket}", bracket[0])
    return trees


def _close(at: int, bracket: list[Any], make: Make[T]) -> T:
    if type(bracket[-1]) is str:
        return make(bracket[1] if len(bracket) == 3 else None, bracket[-1], ())
    if len(bracket) == 1:
        raise Fault(at, "a word or a child in {bracket}", bracket[0])
    if type(bracket[1]) is str:
        return make(bracket[1], None, tuple(bracket[2:]))
    return make(None, None, tuple(bracket[1:]))


def _child_after_word(at: int, bracket: list[Any]) -> Fault:
    return _after_word(at, bracket, "(…)", "(…)", "a node has either a word or children")


def _word_too_many(at: int, token: str, bracket: list[Any]) -> Fault:
    word = shorten(token)
    if type(bracket[-1]) is str:
        return _after_word(at, bracket, f"({word})", f"(x {word})", "a leaf has one word")
    return Fault(
        at,
        "'(' or ')' after a child in {bracket}",
        bracket[0],
        f"; a node has either a word or children: write ({word}), or (x {word}) for a leaf with the label x",
    )


def _after_word(at: int, bracket: list[Any], plain: str, labelled: str, rule: str) -> Fault:
    """The fault of something after a label and a word; the label may have been meant as a word."""
    label, word = map(shorten, bracket[1:])
    hint = f"; {rule}: write ({label} (x {word}) {labelled})"
    if not label.isdigit():
        hint += (
            f", or, if '{label}' is a word too, (({label}) ({word}) {plain}), since ({label} {word}) is the "
            f"word '{word}' labelled '{label}'"
        )
    return Fault(at, "')' to close {bracket}, which has a word already", bracket[0], hint)
