"""Formats of treebanks that are not bracketed trees, recognised by a line, for messages."""

from __future__ import annotations

import re

# A line of CoNLL-U (universaldependencies.org/format.html): ten columns between tabs, the first a
# number such as 3, 3-4 or 3.1; or one of the comments that begin a file or a sentence.
_CONLLU = re.compile(r"\d+([-.]\d+)?(\t[^\t]*){9}\s*\Z|# *(sent_id|text|newdoc|newpar|global\.columns)\b")
_DEPENDENCIES = (
    "a line of CoNLL-U, which says what a word depends on, but not which words make up a phrase; trees are "
    "made of phrases in brackets, as in (3 (2 not) (1 bad)): models.read_conllu reads dependencies; for "
    "phrases, parse the sentences with a constituency parser"
)

_OTHERS = [
    (
        re.compile(r"\d+(\t[^\t]*){3,}\Z|\d+( +[^\s()]\S*){3,} *\Z"),
        "a row of a table, as in CoNLL's formats; models.read_conllu reads the one of them that is called "
        "CoNLL-U, with ten columns between tabs",
    ),
    (
        re.compile(r"#(BOS|EOS|FORMAT|BOT|EOT)\b|%% |\S+(\t+\S+){3,}\t+\d+\Z"),
        "a line of NEGRA's export format; convert it to brackets",
    ),
    (
        re.compile(r"#?\d+:\d+\.\[\d+\]"),
        "a line of the Sinica Treebank, whose brackets stand behind their labels; convert it",
    ),
]


def is_conllu(line: str) -> bool:
    """Whether a line can only be one of CoNLL-U."""
    return _CONLLU.match(line) is not None


def other_format(line: str) -> str | None:
    """What a line is, in words, if it is of another format that is known; None if not."""
    if is_conllu(line):
        return _DEPENDENCIES
    return next((text for pattern, text in _OTHERS if pattern.match(line.rstrip())), None)
