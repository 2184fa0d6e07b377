r"""The bracket notation of treebanks below the level of trees: tokens, and how words are escaped.

A text is made of ``(``, ``)``, words and blanks. Blanks are the six ASCII ones only: the Stanford
Sentiment Treebank has words such as ``2\xa01\/2`` with a no-break space inside. In the first name
behind a bracket such a space was probably meant as a blank, and is refused. A backslash before
a bracket, a blank, another space or a backslash makes that character part of the word; before
anything else (the Penn Treebank writes ``\/`` and ``\*``) it is an ordinary character. ``-LRB-`` and
the like are ordinary words too, so that a treebank is written back as it was read; `plain_word`
decodes them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

BLANKS = " \t\n\r\f\v"

# What Unicode calls white space, but this notation does not; all of it but U+001C to U+001F.
OTHER_SPACES = "\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_OTHER_SPACE = re.compile(rf"(?<!\\)[{OTHER_SPACES}]")
_TOKEN = re.compile(rf"[()]|(?:[^()\\{BLANKS}]++|\\.?)++", re.DOTALL)
_ESCAPE = re.compile(rf"\\([()\\{BLANKS}{OTHER_SPACES}])")
_BACKSLASH = rf"\\(?=[()\\{BLANKS}{OTHER_SPACES}]|\Z)"
_TO_ESCAPE = re.compile(rf"[(){BLANKS}]|{_BACKSLASH}")
_TO_ESCAPE_FIRST = re.compile(rf"[(){BLANKS}{OTHER_SPACES}]|{_BACKSLASH}")

_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}
_PENN = {**_BRACKETS, r"\/": "/", r"\*": "*"}
_TO_PENN = {plain: penn for penn, plain in _PENN.items()}
_PENN_PART = re.compile("|".join(map(re.escape, _PENN)))
_PLAIN_PART = re.compile("|".join(map(re.escape, _TO_PENN)))


def split(text: str) -> list[str]:
    """Cut `text` into tokens: brackets, and words as written (still escaped)."""
    return _TOKEN.findall(text)


def other_space(text: str) -> str | None:
    """The name of the first character of `text` that looks like a blank, is none, and is not escaped."""
    match = _OTHER_SPACE.search(text)
    return match and f"U+{ord(match[0]):04X}, {unicodedata.name(match[0], 'NEXT LINE')}"  # it has no name


def spans(text: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of `text`, and where each begins."""
    return ((match[0], match.start()) for match in _TOKEN.finditer(text))


def offset(text: str, number: int) -> int:
    """Where token `number` of `text` begins; if there are only so many, where the last one ends."""
    end = 0
    for i, match in enumerate(_TOKEN.finditer(text)):
        if i == number:
            return match.start()
        end = match.end()
    return end


def escape(word: str, *, first: bool = False) -> str:
    """Write a word so that `unescape` gives it back; backslashes are doubled only where needed.

    `first`: whether a bracket stands before it, where spaces other than the six blanks are escaped too.
    """
    return (_TO_ESCAPE_FIRST if first else _TO_ESCAPE).sub(r"\\\g<0>", word)


def unescape(text: str) -> str:
    """The word that `text` stands for."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def plain_word(word: str) -> str:
    r"""The word that a treebank's notation stands for: ``-LRB-`` for ``(``, ``and\/or`` for ``and/or``.

    It decodes the Penn Treebank's names of brackets, anywhere in the word, and removes its backslash
    before ``/`` and ``*``. Use it to compare words with other text, such as a file of word vectors;
    for all words of a tree, ``tree.map(word=plain_word)``.
    """
    return _PENN_PART.sub(lambda match: _PENN[match[0]], word)


def treebank_word(word: str) -> str:
    """A word as the Penn Treebank writes it, the inverse of `plain_word`.

    ``plain_word(treebank_word(word)) == word`` for every word that does not itself contain the name
    of a bracket, such as ``-LRB-``.
    """
    return _PLAIN_PART.sub(lambda match: _TO_PENN[match[0]], word)


def shorten(text: str, width: int = 30) -> str:
    """`text`, cut to `width` characters, with unprintable ones replaced, for one-line messages."""
    text = "".join(c if c.isprintable() else "·" for c in text[: width + 1])
    return text if len(text) <= width else text[: width - 1] + "…"
