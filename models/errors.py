"""What can be wrong with a treebank, a vocabulary, a forest or an argument; messages say what to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(eq=False)
class TreebankError(ValueError):
    """A text that is not a treebank in the format that is read.

    Attributes
    ----------
    source : str or None
        The name of the text, for example a file; None for a plain string.
    line, column : int
        Where the fault was noticed, both counted from 1, columns in characters.
    expected : str
        What would have been right at that place.
    found : str
        What is there instead, with advice if there is any.
    excerpt : str
        The line at fault with a caret below it, or "" if the line is blank.
    """

    source: str | None
    line: int
    column: int
    expected: str
    found: str
    excerpt: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        if self.source is not None:
            where = f"{self.source}, {where}"
        message = f"{where}: expected {self.expected}, found {self.found}"
        return f"{message}\n{self.excerpt}" if self.excerpt else message


class TreebankWarning(UserWarning):
    """Something about a treebank that is probably not as it was meant."""


class DependencyError(TreebankError):
    """A text of dependencies (CoNLL-U), which are not constituency trees."""


class VocabularyError(KeyError):
    """A word that the vocabulary does not have."""

    def __str__(self) -> str:  # KeyError would print the repr of its message, with \' and \n in it
        return str(self.args[0])


class ForestError(ValueError):
    """Trees or arrays that a `Forest` cannot hold."""


class CellError(ValueError):
    """A name of no cell, or a class that is not a cell."""


class CellCheckError(AssertionError):
    """A cell that `models.check_cell` found something wrong with; the text is the report."""


def one_of(name: str, value: str, choices: Collection[str]) -> str:
    """Return the value of an argument that is one of some names; ValueError, with the names, if it is not."""
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
    return value
