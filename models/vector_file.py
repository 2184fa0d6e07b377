"""The entries of a file of word vectors: its words, each with its numbers, in three formats.

A line of GloVe's format holds a word and its numbers, separated by blanks; word2vec's text format begins with
a line of two numbers, those of the words and of the numbers per word; in its binary format that line is
followed by a word, a blank and its numbers as float32, little-endian, word after word.

A word may contain blanks (vectors trained on Common Crawl have ``. . .`` and ``at name@domain.com``), so the
numbers are counted from the right. In a file with a first line of two numbers their count is known, so a
phrase may also end in a number, as in ``world war 2``.
"""

from __future__ import annotations

import codecs
import math
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.byte_order import marked_encoding
from models.decimals import read_decimals
from models.notation import shorten

Vector = npt.NDArray[np.float32]

_ZIP = b"PK\x03\x04"
_BLANKS = b" \t\r\n"
_FEW = 1000  # vectors, for which the loop need not be compiled
_LOOK = 512  # bytes behind the first line, by which text is told from numbers in binary


class VectorsError(ValueError):
    """A file that does not hold word vectors, or not those that are wanted."""


class VectorFile:
    """The entries of a file that is open for reading bytes, at its beginning, with ``peek``.

    Attributes
    ----------
    width : int
        Numbers per word; 0 before the first entry.
    bytes : int
        How many have been read.
    blank : list of int
        The numbers of the entries whose word is missing, or made of blanks. They are passed over.
    promised : int or None
        How many entries the first line says there are.
    count : int
        How many there were, those passed over among them.
    unit : "line" or "word"
        What the numbers of entries count.
    """

    def __init__(self, path: str | os.PathLike[str], file: Any) -> None:
        self._path, self._file = path, file
        self.width = self.bytes = self.count = 0
        self.blank: list[int] = []
        self.promised: int | None = None
        self.unit = "line"
        self._parses = 0

    def entries(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield the number of every line (of every word, in binary), the word, and its numbers as they stand.

        Raises
        ------
        VectorsError
            If a line has too few or too many numbers, or the file is something else; the text names the line.
        """
        first = self._file.readline()
        number, line = 1, first.removeprefix(codecs.BOM_UTF8)
        self._refuse(line)
        while line and not line.strip(_BLANKS):
            self.bytes, number, line = self.bytes + len(line), number + 1, self._file.readline()
        if self._header(line):
            self.bytes += len(line)
            start = self._file.peek(_LOOK)[:_LOOK]
            if self._is_binary(start):
                yield from self._binary()
            else:
                yield from self._text(number + 1, self._file.readline())
        elif line:
            self._find_width(number, line)
            yield from self._text(number, line)
        if not self.count:
            raise VectorsError(f"{self._path} has no word vectors: it is empty")

    def vector(self, number: int, word: bytes, values: bytes) -> Vector:
        """Return the numbers of an entry, float32 (width,).

        Raises
        ------
        VectorsError
            If they are no numbers, or not finite.
        """
        if self.unit == "word":
            vector: Vector | None = np.frombuffer(values, "<f4").astype(np.float32)
        else:
            vector = self._parsed(values)
        if vector is None:
            raise self._ragged(number, word + b" " + values)
        # The sum of squares is faster to look at than all numbers, and is finite unless one is huge.
        if not math.isfinite(vector.dot(vector)) and not np.isfinite(vector).all():
            shown = word if self.unit == "word" else word + b" " + values
            raise self._fault(number, shown, "the numbers of a word are finite")
        return vector

    def check(self, number: int, word: bytes, values: bytes) -> None:
        """Raise the error of `vector` if fields are missing, without reading the numbers."""
        if self.unit == "line" and (b"  " in values or values[:1] == b" "):
            raise self._ragged(number, word + b" " + values)

    def _parsed(self, values: bytes) -> Vector | None:
        """Return the numbers of a line of text; None if there are others than `width` of them.

        `values` has a blank between any two fields. NumPy's parser, for what the loop leaves to it, reads
        ``1-2`` as two numbers, so they are counted. Some NumPys stop silently at what is no number: then the
        last field is tried alone.
        """
        self._parses += 1
        if self._parses > _FEW:
            row = np.empty(self.width)
            if read_decimals(np.frombuffer(values, np.uint8), row) == self.width:
                return row.astype(np.float32)
        try:
            if _SILENT:
                float(values[values.rfind(b" ") + 1 :])
            vector = np.fromstring(values, np.float32, sep=" ")
        except (ValueError, DeprecationWarning):
            vector = np.zeros(0, np.float32)
        if len(vector) != self.width:  # a fault, or a way to write a number that only Python reads, as 1_000
            try:
                with np.errstate(over="ignore"):
                    vector = np.array([float(field) for field in values.split()]).astype(np.float32)
            except ValueError:
                return None
        return vector if len(vector) == self.width else None

    def _refuse(self, line: bytes) -> None:
        if line.startswith(_ZIP):
            raise VectorsError(f"{self._path} is a zip archive; unpack it first")
        if (encoding := marked_encoding(line)) is not None:
            raise VectorsError(f"{self._path} is a text in {encoding.upper()}; write it in UTF-8")
        if b"\0" in line:
            raise VectorsError(
                f"{self._path}, line 1: a zero byte, in '{shorten(line.decode(errors='replace'), 60)}'; word "
                "vectors are text in UTF-8, or in word2vec's binary format, which begins with a line of two "
                "numbers"
            )

    def _header(self, line: bytes) -> bool:
        fields = line.split()
        if line[:1] in _BLANKS or len(fields) != 2 or not all(field.isdigit() for field in fields):
            return False
        self.promised, self.width = int(fields[0]), int(fields[1])
        if not self.width:
            raise self._fault(1, line, "expected a word and its numbers, as in: good 0.12 -0.5 0.3")
        return True

    def _find_width(self, number: int, line: bytes) -> None:
        fields = line.split()
        last_word = max((k for k, field in enumerate(fields) if not _is_number(field)), default=-1)
        # A line of numbers alone begins with a word that is a number, or, behind a blank, with no word.
        self.width = len(fields) - 1 - max(last_word, -1 if line[:1] in _BLANKS else 0)
        if not self.width:
            raise self._fault(number, line, "expected a word and its numbers, as in: good 0.12 -0.5 0.3")

    def _is_binary(self, start: bytes) -> bool:
        """Whether what follows the first line is binary: no line of text, but with bytes that no text has."""
        fields = start.split(b"\n", 1)[0].split()
        text = len(fields) > self.width and all(map(_is_number, fields[-self.width :]))
        strange = any(byte < 32 and byte not in b"\t\r\n\v\f" for byte in start)
        return not text and (strange or not start.isascii())

    def _text(self, number: int, line: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        width, only, readline = self.width, True, self._file.readline
        while line:
            self.bytes += len(line)
            stripped = line.strip(_BLANKS)
            if stripped:
                self.count += 1
                if b"\t" in stripped:
                    stripped = stripped.replace(b"\t", b" ")
                if stripped.count(b" ") == width and line[:1] not in _BLANKS:
                    # Nearly always, and fast. Two blanks side by side are found by `vector` or `check`.
                    word, _, values = stripped.partition(b" ")
                    only = False
                    yield number, word, values
                elif (entry := self._spread(number, line, stripped)) is not None:
                    only = only and b" " in entry[0] and _is_number(entry[0].rpartition(b" ")[2])
                    yield number, *entry
            line, number = readline(), number + 1
        if only and self.promised is not None and self.count > len(self.blank):
            raise VectorsError(
                f"{self._path}, line 1: expected {width} numbers per word, as it says, "
                "but every line has more"
            )

    def _spread(self, number: int, line: bytes, stripped: bytes) -> tuple[bytes, bytes] | None:
        """Return the word and the numbers of a line with other blanks; None if its word is missing."""
        fields = stripped.split()
        word, values = fields[: -self.width], fields[-self.width :]
        if not word and len(values) == self.width and line[:1] in _BLANKS and all(map(_is_number, values)):
            self.blank.append(number)
            return None
        certain = self.promised is not None and all(map(_is_number, values))
        if not word or (len(word) > 1 and _is_number(word[-1]) and not certain):
            raise self._ragged(number, stripped)
        return b" ".join(word), b" ".join(values)

    def _binary(self) -> Iterator[tuple[int, bytes, bytes]]:
        self.unit, size = "word", 4 * self.width
        while True:
            word = bytearray()
            while (byte := self._file.read(1)) and byte != b" ":
                word += byte
                if len(word) > 10_000:
                    raise self._fault(self.count + 1, bytes(word[:60]), "expected a blank behind the word")
            self.bytes += len(word) + len(byte)
            if not byte and not word.strip(_BLANKS):
                return
            values = self._file.read(size)
            self.bytes += len(values)
            self.count += 1
            if len(values) < size:
                what = f"the file ends inside its {self.width} numbers; has it been cut off?"
                raise self._fault(self.count, bytes(word), what)
            name = bytes(word).removeprefix(b"\n")
            if name.strip(_BLANKS):
                yield self.count, name, values
            else:
                self.blank.append(self.count)

    def _ragged(self, number: int, line: bytes) -> VectorsError:
        found = sum(map(_is_number, line.split()[1:]))
        return self._fault(number, line, f"expected a word and {self.width} numbers, found {found}")

    def _fault(self, number: int, line: bytes, what: str) -> VectorsError:
        text = shorten(line.decode(errors="replace").strip(), 60)
        return VectorsError(f"{self._path}, {self.unit} {number}: {what}, in '{text}'")


def _stops_silently() -> bool:
    """Whether NumPy's parser of numbers only warns where it meets something else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            np.fromstring("1 x", sep=" ")
        except ValueError:
            return False
    return True


_SILENT = _stops_silently()


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
