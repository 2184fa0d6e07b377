"""Word vectors from a file: those of the words that are wanted, whatever their case there."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from unicodedata import normalize

import numpy as np

from minigrad.rng import require_generator
from models.notation import plain_word, shorten
from models.packed import damage_named, unpacked
from models.reader import plural
from models.vector_file import Vector, VectorFile, VectorsError
from models.vocabulary import Vocabulary

_BRACKET = re.compile("-[lr][rsc]b-")  # the Penn Treebank's names of brackets, in lower case

_TELL_EVERY = 10_000  # lines between two reports of progress
_EXAMPLES = 5  # words that a message names


class VectorsWarning(UserWarning):
    """Something about word vectors that is probably not as it was meant."""


def forms(word: str) -> tuple[str, ...]:
    r"""Return the spellings that a treebank's word may have in a vector file, the most likely first.

    As it is, or with the Penn Treebank's notation decoded (``-LRB-``, ``and\/or``), then with its accents
    composed (NFC) and decomposed (NFD); each also in lower case, behind all of these.
    """
    if word.isascii() and "-" not in word and "\\" not in word:  # nearly always
        lower = word.lower()
        return (word,) if lower == word else (word, lower)
    plain = plain_word(_BRACKET.sub(lambda match: match[0].upper(), word))
    exact = [
        form for text in (word, plain) for form in (text, *(normalize(to, text) for to in ("NFC", "NFD")))
    ]
    return tuple(dict.fromkeys([*exact, *(form.lower() for form in exact)]))


def folded(word: str) -> str:
    """Return what all spellings of a word have in common that differ in case or in how accents are coded."""
    return word.lower() if word.isascii() else normalize("NFC", word).lower()


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
        """Return the word's vector, or None if the file has none.

        It is that of the first of its `forms` that has one, otherwise of the first word in the file's order
        that differs from one of these in case alone, as *Haus* from *haus*.
        """
        spellings = forms(word)
        for form in spellings:
            if form in self.found:
                return self.found[form]
        name = next((self._cased[key] for form in spellings if (key := folded(form)) in self._cased), None)
        return None if name is None else self.found[name]

    @cached_property
    def _cased(self) -> Mapping[str, str]:
        """The first word found, by what it has in common with others."""
        first: dict[str, str] = {}
        for name in self.found:
            first.setdefault(folded(name), name)
        return first

    def missing(self, vocabulary: Vocabulary) -> list[str]:
        """Return the words of a vocabulary that have no vector, but for its unknown word."""
        return [word for word in vocabulary.words if word != vocabulary.unknown and self.of(word) is None]

    def table(self, vocabulary: Vocabulary, rng: np.random.Generator) -> Vector:
        """Return a row per word of the vocabulary, (words, width).

        Words without a vector, which `missing` names, get one drawn from U(±√3 σ), where σ is the standard
        deviation of all numbers found, so that they are as long as the others on average. Such a row stays
        random where no training text has the word. A vector is drawn for every word, so that one word's draw
        does not depend on which others are missing.

        Warns
        -----
        VectorsWarning
            If words are missing: how many there are, and which come first.

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
        if missing := self.missing(vocabulary):
            warnings.warn(
                f"{len(missing)} of {len(vocabulary)} words of the vocabulary have no vector "
                f"({_some(missing)}); their rows are random, and stay so if training has none of them",
                VectorsWarning,
                stacklevel=2,
            )
        return rows

    def sha256(self) -> str:
        """Return a checksum of the words found and their numbers."""
        digest = hashlib.sha256()
        for word in sorted(self.found):
            digest.update(f"{word}\n".encode() + self.found[word].astype("<f4").tobytes())
        return digest.hexdigest()


def read_vectors(
    path: str | os.PathLike[str],
    words: Iterable[str],
    progress: Callable[[int], object] | None = None,
    *,
    encoding: str = "utf-8",
) -> WordVectors:
    """Read the vectors of some words, line by line; no others are kept.

    Parameters
    ----------
    path
        Text in GloVe's or word2vec's format, or word2vec's binary format; gzip, bz2 and xz data are
        recognised. A file of gigabytes takes no more memory than the words wanted.
    words : iterable of str
        Those that are wanted, such as a `Vocabulary`, each in any of its `forms` or in any case. Of a word
        that is in the file twice, the first vector counts.
    progress : function, optional
        Called from time to time with the number of bytes of the file read since the last call.
    encoding : str
        Of the words. A byte-order mark is removed.

    Raises
    ------
    TypeError
        If `words` is a single string.
    OSError
        If the file can't be read, or is damaged compressed data.
    ValueError
        If there is no such encoding.
    VectorsError
        If a line has too few or too many numbers (or, for a word that is wanted, one that is not finite), if
        the file is empty, or is something else, or has none of the words; the text names file and line.

    Warns
    -----
    VectorsWarning
        If a line has no word, or a word of blanks: it is passed over; if the file has fewer or more entries
        than its first line says; if words can't be decoded.
    """
    if isinstance(words, str):
        raise TypeError(f"the words that are wanted are a list, not one str {words!r}")
    asked = set(words)
    wanted = {form for word in asked for form in forms(word)}
    wanted_folded = {folded(form) for form in wanted}
    found: dict[str, Vector] = {}
    seen: set[str] = set()  # what the words found have in common with others, by `folded`
    undecoded: list[int] = []
    with (
        Path(path).open("rb") as raw,
        damage_named(os.fspath(path)),
        warnings.catch_warnings(),
        np.errstate(over="ignore", invalid="ignore"),
    ):
        # Of the parser of some NumPys, at fields that are no numbers.
        warnings.simplefilter("ignore", DeprecationWarning)
        file, packing = unpacked(raw)
        vectors = VectorFile(path, file)
        told = 0
        try:
            "".encode(encoding)
            for number, text, values in vectors.entries():
                try:
                    name = text.decode(encoding)
                except UnicodeDecodeError:
                    undecoded.append(number)
                    continue
                key = folded(name)
                if name not in found and (name in wanted or (key in wanted_folded and key not in seen)):
                    found[name] = vectors.vector(number, text, values)
                    seen.add(key)
                else:
                    vectors.check(number, text, values)
                if progress is not None and number % _TELL_EVERY == 0:
                    now = raw.tell() if packing else vectors.bytes
                    progress(now - told)
                    told = now
        except LookupError:
            raise ValueError(
                f"there is no text encoding {encoding!r}; most word vectors are in utf-8"
            ) from None
        if progress is not None:
            progress((raw.tell() if packing else vectors.bytes) - told)
    remarks = _remarks(vectors, undecoded, encoding)
    if not found:
        why = "".join(f"; {remark}" for remark in remarks)
        raise VectorsError(
            f"{path} has none of the {len(asked)} words that are wanted; is it in another language, or are "
            f"its words written otherwise?{why}"
        )
    for remark in remarks:
        warnings.warn(f"{path}: {remark}", VectorsWarning, stacklevel=2)
    return WordVectors(vectors.width, found)


def _remarks(vectors: VectorFile, undecoded: Sequence[int], encoding: str) -> list[str]:
    """Return what is strange about a file that can be read."""
    remarks = []
    if blank := vectors.blank:
        what = "line" if vectors.unit == "line" else "vector"
        remarks.append(
            f"{plural(len(blank), what)} without a word, or with one of blanks, passed over; the first is "
            f"number {blank[0]}"
        )
    if vectors.promised not in (None, vectors.count):
        cut = "; has it been cut off?" if (vectors.promised or 0) > vectors.count else ""
        remarks.append(f"{plural(vectors.count, 'vector')}, but the first line says {vectors.promised}{cut}")
    if undecoded:
        first = f"{'in line' if vectors.unit == 'line' else 'being word'} {undecoded[0]}"
        remarks.append(
            f"{plural(len(undecoded), 'word')} not in {encoding}, the first {first}; if the file has another "
            "encoding, write it in UTF-8, or name it with encoding="
        )
    return remarks


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(repr(shorten(word)) for word in words[:_EXAMPLES])
    return shown + ", …" * (len(words) > _EXAMPLES)
