"""Word vectors from a text file: GloVe's format, or word2vec's, which begins with a line of two numbers.

A line holds a word and its numbers, separated by blanks. The word itself may contain blanks (vectors trained
on Common Crawl have ``. . .`` and ``at name@domain.com``), so the numbers are counted from the right.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from minigrad.rng import require_generator
from models.notation import plain_word, shorten
from models.vocabulary import Vocabulary

Vector = npt.NDArray[np.float32]

_PACKED = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "packed with gzip"}
_TELL_EVERY = 10_000  # lines between two reports of progress


def forms(word: str) -> tuple[str, ...]:
    r"""Return the spellings that a treebank's word may have in a vector file, the most likely first.

    As it is, or with the Penn Treebank's notation decoded (``-LRB-``, ``and\/or``); each also in lower case.
    """
    plain = plain_word(word)
    return word, plain, word.lower(), plain.lower()


class VectorsError(ValueError):
    """A file that does not hold word vectors, or not those that are wanted."""


@dataclass(frozen=True)
class WordVectors:
    """The vectors of some words.

    Attributes
    ----------
    width : int
        Numbers per word.
    found : mapping of str to float32 arrays (width,)
        Of the words that were wanted and that the file has.
    """

    width: int
    found: Mapping[str, Vector]

    def of(self, word: str) -> Vector | None:
        """Return the vector of the first of the word's `forms` that has one, or None."""
        return next((self.found[form] for form in forms(word) if form in self.found), None)

    def table(self, vocabulary: Vocabulary, rng: np.random.Generator) -> Vector:
        """Return a row per word of the vocabulary, (words, width).

        Words without a vector get one drawn from U(±√3 σ), where σ is the standard deviation of all numbers
        found, so that they are as long as the others on average. A vector is drawn for every word, so that
        one word's draw does not depend on which others are missing.

        Raises
        ------
        TypeError
            If `rng` is not a Generator.
        """
        require_generator(rng, "the table of word vectors")
        spread = float(np.std(np.stack(list(self.found.values()))))
        bound = np.sqrt(3) * spread
        rows = rng.uniform(-bound, bound, (len(vocabulary), self.width)).astype(np.float32)
        for k, word in enumerate(vocabulary.words):
            if (vector := self.of(word)) is not None:
                rows[k] = vector
        return rows

    def sha256(self) -> str:
        """Return a checksum of the words found and their numbers."""
        digest = hashlib.sha256()
        for word in sorted(self.found):
            digest.update(f"{word}\n".encode() + self.found[word].astype("<f4").tobytes())
        return digest.hexdigest()


def read_vectors(
    path: str | os.PathLike[str], words: Iterable[str], progress: Callable[[int], object] | None = None
) -> WordVectors:
    """Read the vectors of some words, line by line; no others are kept.

    Parameters
    ----------
    path
        UTF-8 text. A file of gigabytes takes no more memory than the words wanted.
    words : iterable of str
        Those that are wanted, each in any of its `forms`. Of a word that is in the file twice, the first
        vector counts.
    progress : function, optional
        Called from time to time with the number of bytes read since the last call.

    Raises
    ------
    OSError
        If the file can't be read.
    VectorsError
        If a line has too few or too many numbers (or, for a word that is wanted, one that is not finite), if
        the file has fewer or more lines than its first one says, is empty, compressed or binary, or has none
        of the words; the text names file and line.
    """
    asked = set(words)
    wanted = {form.encode(): form for word in asked for form in forms(word)}
    with Path(path).open("rb") as file:
        reader = _Reader(path, file)
        found: dict[str, Vector] = {}
        told = 0
        for number, line in reader.lines():
            word, values = reader.split(number, line)
            name = wanted.get(word)
            if name is not None and name not in found:
                found[name] = reader.vector(number, line, values)
            if progress is not None and number % _TELL_EVERY == 0:
                progress(reader.bytes - told)
                told = reader.bytes
        if progress is not None:
            progress(reader.bytes - told)
    if not found:
        raise VectorsError(
            f"{path} has none of the {len(asked)} words that are wanted; is it in another language, or are "
            "its words written otherwise?"
        )
    return WordVectors(reader.width, found)


class _Reader:
    """Splits a file into words and their numbers, and checks how many there are."""

    def __init__(self, path: str | os.PathLike[str], file: BinaryIO) -> None:
        self._path, self._file = path, file
        self.width = 0
        self.bytes = 0
        self._promised: int | None = None

    def lines(self) -> Iterable[tuple[int, bytes]]:
        """Yield the number and the text of every line except the header and blank ones."""
        count = 0
        for number, raw in enumerate(self._file, 1):
            self.bytes += len(raw)
            line = raw.strip(b" \t\r\n").replace(b"\t", b" ")
            if not line or (not self.width and self._begin(number, line)):
                continue
            count += 1
            yield number, line
        if not count:
            raise VectorsError(f"{self._path} has no word vectors: it is empty")
        if self._promised is not None and count != self._promised:
            raise VectorsError(
                f"{self._path} has {count} vectors, but its first line says {self._promised}; "
                "has it been cut off?"
            )

    def _begin(self, number: int, line: bytes) -> bool:
        """Find out from the first line how many numbers a word has; return whether that line is a header."""
        for magic, what in _PACKED.items():
            if line.startswith(magic):
                raise VectorsError(f"{self._path} is {what}; unpack it first")
        fields = line.split()
        header = len(fields) == 2 and all(field.isdigit() for field in fields)
        if header:
            self._promised, self.width = int(fields[0]), int(fields[1])
        else:
            last_word = max((k for k, field in enumerate(fields) if not _is_number(field)), default=0)
            self.width = len(fields) - 1 - last_word
        if not self.width:
            raise self._fault(number, line, "expected a word and its numbers, as in: good 0.12 -0.5 0.3")
        return header

    def split(self, number: int, line: bytes) -> tuple[bytes, bytes]:
        """Return a line's word and its numbers, still as text."""
        if line.count(b" ") == self.width:  # nearly always, and fast
            word, _, values = line.partition(b" ")
            return word, values
        fields = line.split()
        word_fields, values_fields = fields[: -self.width], fields[-self.width :]
        more = len(word_fields) > 1 and _is_number(word_fields[-1])
        if not word_fields or more:
            raise self._ragged(number, line)
        return b" ".join(word_fields), b" ".join(values_fields)

    def vector(self, number: int, line: bytes, values: bytes) -> Vector:
        """Return the numbers."""
        fields = values.split()
        if len(fields) != self.width:
            raise self._ragged(number, line)
        try:
            vector = np.array([float(field) for field in fields], np.float64)
        except ValueError:
            raise self._ragged(number, line) from None
        if not (np.abs(vector) <= np.finfo(np.float32).max).all():
            raise self._fault(number, line, "the numbers of a word are finite")
        return vector.astype(np.float32)

    def _ragged(self, number: int, line: bytes) -> VectorsError:
        found = sum(map(_is_number, line.split()[1:]))
        return self._fault(number, line, f"expected a word and {self.width} numbers, found {found}")

    def _fault(self, number: int, line: bytes, what: str) -> VectorsError:
        text = line.decode(errors="replace")
        binary = "; is it in word2vec's binary format? Only its text format can be read" * (b"\0" in line)
        return VectorsError(f"{self._path}, line {number}: {what}, in '{shorten(text, 60)}'{binary}")


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
