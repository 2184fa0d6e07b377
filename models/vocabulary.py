"""Words and their numbers."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from models.errors import VocabularyError

_SUGGEST_UP_TO = 10_000  # words; difflib looks at every one of them


class Vocabulary:
    """Distinct words, numbered from 0 in the order of their first occurrence, and their counts.

    Parameters
    ----------
    words : iterable of str
        The words of some text; repeated ones are counted and have one number.
    unknown : str, optional
        The entry for all words that are not in the vocabulary; added at the end unless it is one of
        `words`. Without it a missing word is an error.
    lower : bool
        Whether words are converted to lower case, here and when one is looked up (`unknown` is not).
    min_count : int
        Words that occur less often are dropped; their counts are added to that of `unknown`.

    Attributes
    ----------
    words : tuple of str
    counts : tuple of int
        How often each of them occurred; that of `unknown` includes the words that were dropped.
    unknown : str or None
    lower : bool

    Raises
    ------
    TypeError
        If `words` is a single string or contains anything but strings.
    ValueError
        If `min_count` drops words and there is no `unknown` to replace them.

    Notes
    -----
    Two vocabularies are equal if they give every word the same number, whatever their counts.

    Examples
    --------
    >>> vocabulary = Vocabulary(["not", "bad", "Not"], unknown="<unk>", lower=True)
    >>> vocabulary["bad"], vocabulary["NOT"], vocabulary["good"], vocabulary.word(2)
    (1, 0, 2, '<unk>')
    >>> vocabulary.counts
    (2, 1, 0)
    """

    __slots__ = ("_ids", "counts", "lower", "unknown", "words")

    def __init__(
        self, words: Iterable[str], unknown: str | None = None, *, lower: bool = False, min_count: int = 1
    ) -> None:
        if isinstance(words, str):
            raise TypeError(f"a Vocabulary is made of a list of words, not of one str {words!r}")
        self._adopt(_counted(words, lower, unknown), unknown, lower, min_count)

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], unknown: str | None = None, *, lower: bool = False, min_count: int = 1
    ) -> Vocabulary:
        """A vocabulary of words that have already been counted; otherwise as the class.

        Raises
        ------
        ValueError
            If a count is negative, or with `lower` a word is not in lower case.
        """
        for word, count in counts.items():
            if not isinstance(word, str):
                raise TypeError(f"a word is a str, not {type(word).__name__} ({word!r})")
            if count < 0:
                raise ValueError(f"the word {word!r} has the count {count}; a count is 0 or more")
            if lower and word not in (word.lower(), unknown):
                raise ValueError(
                    f"the word {word!r} can never be found, because lower=True; count in lower case"
                )
        return cls.__new__(cls)._adopt(dict(counts), unknown, lower, min_count)

    def _adopt(self, counts: dict[str, int], unknown: str | None, lower: bool, min_count: int) -> Vocabulary:
        if unknown is not None and not isinstance(unknown, str):
            raise TypeError(f"unknown is a word, a str, not {type(unknown).__name__} ({unknown!r})")
        rare = [word for word, count in counts.items() if count < min_count and word != unknown]
        if rare and unknown is None:
            raise ValueError(
                f"min_count={min_count} leaves out {len(rare)} words, which then have no number; "
                "give them one: unknown='<unk>'"
            )
        if unknown is not None:
            counts.setdefault(unknown, 0)
            counts[unknown] += sum(map(counts.pop, rare))
        self.words = tuple(counts)
        self.counts = tuple(counts.values())
        self.unknown = unknown
        self.lower = lower
        self._ids = {word: i for i, word in enumerate(counts)}
        return self

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._form(word) in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self.words, self.unknown, self.lower

    def _form(self, word: str) -> str:
        """The form in which a word is stored."""
        return word.lower() if self.lower and word != self.unknown else word

    def __repr__(self) -> str:
        unknown = "" if self.unknown is None else f", unknown={self.unknown!r}"
        lower = ", lower=True" if self.lower else ""
        return f"<Vocabulary of {len(self)} words{unknown}{lower}>"

    def __getitem__(self, word: str) -> int:
        """The number of a word, or that of `unknown`; `VocabularyError` if there is neither."""
        if not isinstance(word, str):
            raise TypeError(
                f"a vocabulary is indexed by words, not by {type(word).__name__} ({word!r}); "
                "the word with a given number is vocabulary.word(number)"
            )
        found = self._ids.get(self._form(word))
        if found is None:
            if self.unknown is None:
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

    def _missing(self, word: str) -> VocabularyError:
        message = f"the word {word!r} is not among the {len(self)} words of the vocabulary"
        near = (
            difflib.get_close_matches(self._form(word), self.words, 1) if len(self) <= _SUGGEST_UP_TO else []
        )
        if near:
            message += f" (the nearest is {near[0]!r})"
        advice = "build the vocabulary with unknown='<unk>' to map missing words to one entry"
        return VocabularyError(f"{message}; {advice}")


def _counted(words: Iterable[str], lower: bool, unknown: str | None) -> dict[str, int]:
    counts: dict[str, int] = Counter(words)
    for word in counts:
        if not isinstance(word, str):
            raise TypeError(f"a word is a str, not {type(word).__name__} ({word!r})")
    if not lower:
        return counts
    lowered: dict[str, int] = Counter()
    for word, count in counts.items():
        lowered[word if word == unknown else word.lower()] += count
    return lowered
