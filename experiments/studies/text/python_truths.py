"""What is true of every character of a Python module, exactly: by `tokenize` and `ast`."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

import numpy as np
import numpy.typing as npt

OPEN, CLOSE = frozenset("([{"), frozenset(")]}")


def python_truths(
    source: str, name: str = "the source"
) -> dict[str, npt.NDArray[np.bool_] | npt.NDArray[np.intp]]:
    """Return what is true after each of n characters.

    Parameters
    ----------
    source : str
        Every line ends with a line feed, as `tokenize.open` reads them.
    name : str
        What an error calls it.

    Returns
    -------
    dict of str to (n,) array
        string : bool
            In a literal, prefix and quotes included. What is replaced in an f-string belongs to it.
        comment : bool
            From ``#`` to the last character of the line.
        if : bool
            In an ``if`` statement, from its first to its last character, ``elif`` and ``else`` included.
        brackets : int
            How many of ``([{`` are open; those in literals and comments do not count.
        indentation : int
            How many blocks are open at the line's beginning. Lines without a token (blank ones, comments,
            those that continue another) have that of the line before.

    Raises
    ------
    ValueError
        If this version of Python cannot parse it; the text names the line.
    """
    lines = _Lines(source)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of invalid escapes, for instance, which are the author's business
            tree = ast.parse(source)
    except (SyntaxError, tokenize.TokenError, ValueError) as error:
        raise ValueError(f"{name} is no module that this version of Python can parse: {error}") from None
    string, comment, statement = (_Spans(len(source)) for _ in range(3))
    brackets = np.zeros(len(source), np.intp)
    levels = np.zeros(len(lines.starts) + 1, np.intp)  # INDENT and DEDENT by line; one behind the last
    open_strings: list[int] = []  # f-strings have tokens of their own from Python 3.12 on, and may be nested
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        if kind in ("INDENT", "DEDENT"):
            levels[min(token.start[0] - 1, len(lines.starts))] += 1 if kind == "INDENT" else -1
        elif kind.endswith("STRING_START"):
            open_strings.append(lines.place(*token.start))
        elif kind.endswith("STRING_END"):
            string.add(open_strings.pop(), lines.place(*token.end))
        elif open_strings:
            continue
        elif kind == "STRING":
            string.add(lines.place(*token.start), lines.place(*token.end))
        elif kind == "COMMENT":
            comment.add(lines.place(*token.start), lines.place(*token.end))
        elif token.string in OPEN:
            brackets[lines.place(*token.start)] += 1
        elif token.string in CLOSE:
            brackets[lines.place(*token.start)] -= 1
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            begin = lines.byte_place(node.lineno, node.col_offset)
            statement.add(begin, lines.byte_place(node.end_lineno, node.end_col_offset))
    return {
        "string": string.inside(),
        "comment": comment.inside(),
        "if": statement.inside(),
        "brackets": np.cumsum(brackets),
        "indentation": np.cumsum(levels[:-1])[lines.of_characters()] if source else np.zeros(0, np.intp),
    }


class _Lines:
    """The lines of a source; places in it by line, from 1, and column, from 0."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._size = len(source)
        self._lengths = np.array([len(line) + 1 for line in self._lines])
        self.starts = np.cumsum(self._lengths) - self._lengths

    def place(self, line: int, column: int) -> int:
        """Return the place of a column that counts characters."""
        return int(self.starts[line - 1]) + column if line <= len(self.starts) else self._size

    def byte_place(self, line: int, column: int) -> int:
        """Return the place of a column that counts bytes of UTF-8, as those of `ast` do."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self.place(line, column)

    def of_characters(self) -> npt.NDArray[np.intp]:
        """Return the number of each character's line, from 0; the line's end belongs to it."""
        return np.repeat(np.arange(len(self.starts)), self._lengths)[: self._size]


class _Spans:
    """Ranges of characters, which may be nested."""

    def __init__(self, size: int) -> None:
        self._change = np.zeros(size + 1, np.intp)

    def add(self, begin: int, end: int) -> None:
        self._change[begin] += 1
        self._change[end] -= 1

    def inside(self) -> npt.NDArray[np.bool_]:
        return np.cumsum(self._change)[:-1] > 0
