"""Parses bracketed text, with messages that point at the fault."""

from __future__ import annotations

import re

from models.blocks import Block
from models.builder import OUTSIDE, Fault, Make, T, build
from models.byte_order import marked_encoding
from models.errors import DependencyError, TreebankError
from models.excerpt import excerpt, line_at, place
from models.notation import BLANKS, offset, other_space, shorten, spans, split
from models.other_formats import is_conllu, other_format
from models.packed import packing

# Bytes that could not be decoded, as Python's "surrogateescape" represents them.
_UNDECODED = re.compile("[\udc80-\udcff]")
_MAGIC = 6  # bytes by which compressed data and encodings are told
_COMMENTS = ";#%*"  # what comments of treebanks begin with
_BLANK_CLOSE = re.compile(rf"[^()\\{BLANKS}][{BLANKS}]+\)")


def parse_tree(text: str, source: str | None, make: Make[T]) -> T:
    """Read exactly one tree, made as `build` makes it; see `Tree.parse`."""
    if not isinstance(text, str):
        hint = "; decode it first" if isinstance(text, bytes | bytearray) else ""
        raise TypeError(f"a tree is parsed from a str, not {type(text).__name__}{hint}")
    tokens = split(text)
    try:
        size = _size_of_first(tokens)
        _check_names(text, tokens)
        trees = build(tokens[:size], make)
        if not trees:
            raise Fault(size, "'(' to open a tree")
        if size < len(tokens):
            raise Fault(size, "the end of the text after one tree", hint=_AFTER.get(tokens[size], OUTSIDE))
    except Fault as fault:
        raise _error(fault, tokens, Block(text), source) from None
    return trees[0]


_AFTER = {")": ", which closes no bracket", "(": ": a second tree begins; parse one at a time"}


def parse_block(block: Block, source: str | None, decoded: bool, make: Make[T]) -> list[T]:
    """Read the trees of a block.

    Parameters
    ----------
    block : Block
    source : str or None
        The name of the treebank, for messages.
    decoded : bool
        Whether bytes were decoded with ``errors="surrogateescape"``.
    make : function
        As in `build`.

    Raises
    ------
    TreebankError
        If it holds anything but trees and blanks.
    """
    text = block.text
    if decoded and not text.isascii():
        undecoded(text, block.line, source)
    tokens = split(text)
    try:
        _check_names(text, tokens)
        return build(tokens, make)
    except Fault as fault:
        if decoded and "\0" in text:
            raise _zero_byte(text, block.line, source) from None
        raise _error(fault, tokens, block, source) from None


def tree_lines(block: Block, trees: int) -> list[int]:
    """Return the line in which each of a block's trees begins; there are so many."""
    if trees <= 1 or "\n" not in block.text.rstrip():
        return [block.line] * trees
    depth, lines = 0, []
    for token, start in spans(block.text):
        if token == "(":
            if not depth:
                lines.append(block.line + block.text.count("\n", 0, start))
            depth += 1
        elif token == ")":
            depth -= 1
    return lines


def _check_names(text: str, tokens: list[str]) -> None:
    """Refuse what reads as a label or as a word without one, but was probably meant otherwise.

    A bracket with one name and a blank behind it, as ``(NP )``, has probably lost its word. A name behind a
    bracket that contains a space other than the six blanks, as a no-break space, is probably two.

    Raises
    ------
    Fault
        At the first such name.
    """
    if _BLANK_CLOSE.search(text):
        end = 0
        for at, (token, start) in enumerate(spans(text)):
            if (
                token == ")"
                and start > end
                and at > 1
                and tokens[at - 2] == "("
                and tokens[at - 1] not in "()"
            ):
                label = shorten(tokens[at - 1])
                hint = f" behind the label '{label}' and a blank; a word without a label is ({label})"
                raise Fault(at, "a word or a child in {bracket}", at - 2, hint)
            end = start + len(token)
    if text.isascii() or other_space(text) is None:
        return
    for at, token in enumerate(tokens):
        if at and tokens[at - 1] == "(" and token not in "()" and (name := other_space(token)):
            hint = f", which contains {name}: write a blank if it is meant as one; if it is part of the "
            raise Fault(at, "a label, or a word without one", hint=hint + "name, put a backslash before it")


def _size_of_first(tokens: list[str]) -> int:
    """How many tokens the first tree has, whether it is well-formed or not."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0 and token == ")":
            return i + 1
    return len(tokens)


def _error(fault: Fault, tokens: list[str], block: Block, source: str | None) -> TreebankError:
    start = offset(block.text, fault.at)
    where = source, *place(block.text, start, block.line)
    shown = excerpt(block.text, start)
    if fault.at == len(tokens):
        found = block.end
    elif tokens[fault.at] in "()":
        found = f"'{tokens[fault.at]}'"
    elif fault.opened < 0 and (other := other_format(line_at(block.text, start)[0])) is not None:
        kind = DependencyError if is_conllu(line_at(block.text, start)[0]) else TreebankError
        return kind(*where, fault.expected, other, shown)
    else:
        found = f"the word '{shorten(tokens[fault.at])}'"
        if fault.hint == OUTSIDE and tokens[fault.at][0] in _COMMENTS:
            mark = tokens[fault.at][0]
            found += f" (comments='{mark}' passes over lines that begin with {mark})"
    expected = fault.expected
    if fault.opened >= 0:
        line, column = place(block.text, offset(block.text, fault.opened), block.line)
        expected = expected.format(bracket=f"the bracket opened at line {line}, column {column}")
    return TreebankError(*where, expected, found + fault.hint, shown)


def undecoded(text: str, first_line: int, source: str | None) -> None:
    """Raise TreebankError if a byte of the text could not be decoded; lines count from `first_line` on."""
    match = _UNDECODED.search(text)
    if match is None:
        return
    start = match.start()
    first = text[:_MAGIC].encode(errors="surrogateescape") if first_line == 1 else b""
    if (packed := packing(first)) is not None:
        found = f"data compressed by {packed}; unpack them, or give their path"
    elif (encoding := marked_encoding(first)) is not None:
        found = f"the first bytes of a text in {encoding.upper()}; pass encoding='{encoding}'"
    else:
        byte = ord(text[start]) - 0xDC00
        found = f"the byte {byte:#04x}; if the text has another encoding, name it with encoding="
    raise _not_text(found, start, text, first_line, source)


def _zero_byte(text: str, first_line: int, source: str | None) -> TreebankError:
    found = (
        "a zero byte, as in a text in UTF-16 without a byte-order mark; name the encoding, as utf-16-le, "
        "with encoding="
    )
    return _not_text(found, text.index("\0"), text, first_line, source)


def _not_text(found: str, start: int, text: str, first_line: int, source: str | None) -> TreebankError:
    where = source, *place(text, start, first_line)
    return TreebankError(*where, "text in the encoding of the treebank", found, excerpt(text, start))
