"""The lines of a treebank, wherever it is: a file, compressed or not, a stream, or lines in memory."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import IO, Any

from models.errors import TreebankError
from models.packed import damage_named, unpacked

Source = str | os.PathLike[str] | IO[str] | IO[bytes] | Iterable[str]


def source_name(source: Source) -> str | None:
    """The name of a source in messages; None if it has none."""
    name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    return os.fspath(name) if isinstance(name, str | os.PathLike) else None


def is_bytes(source: Source) -> bool:
    """Whether the source is bytes that have to be decoded."""
    if isinstance(source, str | os.PathLike):
        return True
    return hasattr(source, "read") and isinstance(source.read(0), bytes)


def read_lines(source: Source, encoding: str) -> Iterator[str]:
    r"""The lines of a source, each with its ``\n``, without a byte-order mark.

    Only ``\n`` ends a line: a ``\r`` before it is a blank, and an escaped one is part of a word. A byte
    that cannot be decoded becomes a lone surrogate, by Python's "surrogateescape".

    Raises
    ------
    OSError
        If a file can't be read, or is damaged compressed data.
    TreebankError
        If the text can't be decoded and the encoding does not say where the next character begins.
    """
    number = 0
    try:
        with damage_named(source_name(source)):
            for line in _raw_lines(source, encoding):
                number += 1
                yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:
        # A stream is decoded some lines ahead, so the place is not known more exactly.
        expected, found = f"text in {getattr(source, 'encoding', encoding)}", f"here or soon after: {error}"
        raise TreebankError(source_name(source), number + 1, 1, expected, found) from None


def _raw_lines(source: Any, encoding: str) -> Iterator[str]:
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            yield from _decoded(unpacked(file)[0], encoding)
    elif is_bytes(source):
        # A file or pipe that is open can be looked into; what is in memory as bytes can't.
        yield from _decoded(unpacked(source)[0] if hasattr(source, "peek") else source, encoding)
    elif hasattr(source, "read"):
        yield from source
    else:
        for text in source:
            if not isinstance(text, str):
                raise TypeError(f"the lines of a treebank are str, not {type(text).__name__}")
            yield from (line + "\n" for line in text.removesuffix("\n").split("\n"))


def _decoded(file: Any, encoding: str) -> Iterator[str]:
    wrapper = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="\n")
    try:
        yield from wrapper
    finally:
        if not file.closed:  # an open one is closed by whoever opened it
            wrapper.detach()
