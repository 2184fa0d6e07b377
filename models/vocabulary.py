"""Words and their numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from models.errors import VocabularyError

_SUGGEST_UP_TO = 10_000  # words; difflib looks at every one of them


class Vocabulary:
    """Distinct words, numbered from 0 in the order in which they first come.

    Parameters
    ----------
    words : iterable of str
        The words; repeated ones count once.
    unknown : str, optional
        The entry that stands for every word the vocabulary does not have; added at the end unless
        it is one of `words`. Without it a missing word is an error.

    Raises
    ------
    TypeError
        If `words` is a single string or has anything but strings in it.

    Examples
    --------
    >>> vocabulary = Vocabulary(["not", "bad"], unknown="<unk>")
    >>> vocabulary["bad"], vocabulary["good"], vocabulary.word(2)
    (1, 2, '<unk>')
    """

    __slots__ = ("_ids", "unknown", "words")

    def __init__(self, words: Iterable[str], unknown: str | None = None) -> None:
        if isinstance(words, str):
            raise TypeError(f"a Vocabulary is made of a list of words, not of one str {words!r}")
        entries = dict.fromkeys(words)
        if unknown is not None:
            entries[unknown] = None
        for word in entries:
            if not isinstance(word, str):
                raise TypeError(f"a word is a str, not {type(word).__name__} ({word!r})")
        self.words: tuple[str, ...] = tuple(entries)
        self.unknown = unknown
        self._ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and self.unknown == other.unknown

    def __hash__(self) -> int:
        return hash((self.words, self.unknown))

    def __repr__(self) -> str:
        unknown = "" if self.unknown is None else f", unknown={self.unknown!r}"
        return f"<Vocabulary of {len(self)} words{unknown}>"

    def __getitem__(self, word: str) -> int:
        """The number of a word, or that of `unknown`; `VocabularyError` if there is neither."""
        found = self._ids.get(word)
        if found is None:
            if self.unknown is None or not isinstance(word, str):
                raise self._missing(word)
            found = self._ids[self.unknown]
        return found

    def word(self, number: int) -> str:
        """The word with this number, the inverse of ``vocabulary[word]``."""
        if not 0 <= number < len(self):
            raise IndexError(f"no word has number {number}: they go from 0 to {len(self) - 1}")
        return self.words[number]

    def lookup(self, words: Iterable[str]) -> npt.NDArray[np.intp]:
        """The numbers of many words, as an intp array of one dimension; errors as in ``[]``."""
        return np.array([self[word] for word in words], dtype=np.intp)

    def _missing(self, word: object) -> VocabularyError | TypeError:
        if not isinstance(word, str):
            return TypeError(
                f"a vocabulary is indexed by words, not by {type(word).__name__} ({word!r}); "
                "the word with a given number is vocabulary.word(number)"
            )
        message = f"the word {word!r} is not among the {len(self)} words of the vocabulary"
        near = difflib.get_close_matches(word, self.words, 1) if len(self) <= _SUGGEST_UP_TO else []
        if near:
            message += f" (the nearest is {near[0]!r})"
        advice = "build the vocabulary with unknown='<unk>' to map missing words to one entry"
        return VocabularyError(f"{message}; {advice}")
