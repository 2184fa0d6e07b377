"""What is true of every character of a text: what a unit of a network might know.

All truths are those after the character was read, which is when the network's state is compared with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from experiments.studies.text.corpus import Document
from experiments.studies.text.python_truths import python_truths

Truths: TypeAlias = Mapping[str, npt.NDArray[np.bool_] | npt.NDArray[np.intp]]

# By corpus: what each truth is, in words. Booleans are judged by AUC, numbers by correlation.
NAMES = {
    "python": {
        "string": "inside a string, its quotes included",
        "comment": "inside a comment",
        "if": "inside an if-statement, its branches included",
        "brackets": "open brackets",
        "indentation": "blocks that are open",
        "position": "characters since the line began",
        "letters": "letters since the word began",
    },
    "prose": {
        "quotes": "inside double quotes, themselves included",
        "position": "characters since the line began",
        "letters": "letters since the word began",
    },
}


def truths(corpus: str, document: Document) -> Truths:
    """Return the truths of a document by their names, an array (n,) with a number or boolean per character.

    Parameters
    ----------
    corpus : "python" or "prose"
    document : Document

    Raises
    ------
    ValueError
        If it is to be Python and cannot be parsed.
    """
    text = document.text
    own = python_truths(text, document.name) if corpus == "python" else {"quotes": quotes(text)}
    return {**own, "position": position(text), "letters": letters(text)}


def codes(text: str) -> npt.NDArray[np.uint32]:
    """Return the code point of every character, (n,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)


def position(text: str) -> npt.NDArray[np.intp]:
    """Return how many characters of its line stand before each character."""
    at = np.arange(len(text))
    ended = np.flatnonzero(codes(text) == ord("\n"))
    starts = np.concatenate([[0], ended + 1])
    return at - starts[np.searchsorted(ended, at)]


def letters(text: str) -> npt.NDArray[np.intp]:
    """Return the length of the run of letters that ends with each character, 0 if it is no letter."""
    kinds, place = np.unique(codes(text), return_inverse=True)
    is_letter = np.array([chr(code).isalpha() for code in kinds], bool)
    at = np.arange(len(text))
    other = np.where(is_letter[place], -1, at) if len(text) else at
    return at - np.maximum.accumulate(other)


def quotes(text: str) -> npt.NDArray[np.bool_]:
    """Return whether each character stands inside double quotes, or is one.

    Straight quotes open and close by turns; of a text that has “ and ”, these count instead. A paragraph
    begins outside: speech that goes on is quoted anew in each.
    """
    all_codes = codes(text)
    curly = "“" in text and "”" in text
    opens = (all_codes == ord("“" if curly else '"')).astype(np.intp)
    closes = (all_codes == ord("”")).astype(np.intp) if curly else np.zeros_like(opens)
    count = np.cumsum(opens - closes)
    newline = all_codes == ord("\n")
    begins = np.flatnonzero(newline[1:] & newline[:-1]) + 1 if len(text) else np.zeros(0, np.intp)
    base = np.concatenate([[0], count])[np.concatenate([[0], begins])]
    count -= base[np.searchsorted(begins, np.arange(len(text)), side="right")]
    inside = count > 0 if curly else count % 2 == 1
    return inside | (closes > 0 if curly else opens > 0)
