"""CoNLL-U (universaldependencies.org/format.html): sentences with a head for every word."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from models.dependencies import DependencyTree, first_fault
from models.errors import TreebankError, TreebankWarning, one_of
from models.excerpt import excerpt
from models.lines import Source, is_bytes, read_lines, source_name
from models.notation import shorten
from models.reader import ERRORS, check_source, plural
from models.treebank import undecoded

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
_ID, _FORM, _HEAD, _DEPREL, _MISC = (COLUMNS.index(name) for name in ("ID", "FORM", "HEAD", "DEPREL", "MISC"))
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_MULTIWORD = re.compile(r"[1-9][0-9]{0,8}-[1-9][0-9]{0,8}")
_EMPTY = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")

Line = tuple[int, str]


def read_conllu(
    source: Source,
    errors: Literal["raise", "skip", "collect"] = "raise",
    *,
    encoding: str = "utf-8",
    label: str = "label",
) -> ConlluReader:
    r"""Read the dependency trees of a file in CoNLL-U, sentence by sentence.

    A multiword token (the line ``3-4``) is passed over, since its words follow; so is an empty node
    (``5.1``), which only enhanced dependencies have. Of several roots the later ones hang from the first. All
    three are counted, and told at the end.

    Parameters
    ----------
    source : path, file object, or iterable of str
        As in `read_trees`; a folder stands for the ``.conllu`` files in it and in its folders.
    errors : "raise", "skip" or "collect"
        What happens at a sentence with a fault: it is raised; or the sentence is skipped and counted; or the
        fault is also kept in the list ``errors``.
    encoding : str
    label : str
        The name of labels: a comment ``# label = 3`` is the sentence's, ``label=3`` in a word's last column
        (MISC) the word's.

    Returns
    -------
    ConlluReader
        An iterator of `DependencyTree` that counts.

    Raises
    ------
    ValueError, TypeError
        If an argument is none of the above. While iterating:
    OSError
        If the file can't be read.
    TreebankError
        With ``errors="raise"``, at the first fault: it names file, line, what was expected.

    Warns
    -----
    TreebankWarning
        At the end, if there were multiword tokens, empty nodes or several roots: how many.

    Examples
    --------
    >>> rows = ["1\tCats\t_\t_\t_\t_\t2\tnsubj\t_\t_", "2\tsleep\t_\t_\t_\t_\t0\troot\t_\t_"]
    >>> [sentence] = read_conllu(["# label = good", *rows])
    >>> sentence.words(), sentence.heads, sentence.label
    (['Cats', 'sleep'], (1, -1), 'good')
    """
    one_of("errors", errors, ERRORS)
    sources = check_source(source, encoding, "read_conllu", ".conllu")
    if not isinstance(label, str) or not label or re.search(r"[\s=|]", label):
        raise ValueError(f"label is the name of labels, without blanks, = and |, as 'label', not {label!r}")
    return ConlluReader(sources, errors, encoding, label)


class ConlluReader(Iterator[DependencyTree]):
    """The sentences of a file in CoNLL-U, read lazily; `read_conllu` makes one.

    Attributes
    ----------
    n_trees, n_bad : int
        How many sentences were returned, and how many skipped for a fault, so far.
    n_multiword, n_empty : int
        How many multiword tokens and empty nodes were passed over.
    n_roots : int
        How many sentences had several roots.
    line : int
        Where the sentence that was returned last begins, counted from 1; 0 before the first.
    source : str or None
        The name of the file that it comes from.
    errors : list of TreebankError
        What was wrong, if ``errors="collect"``; otherwise empty.
    """

    def __init__(self, sources: list[Any], errors: str, encoding: str, label: str) -> None:
        self.n_trees = self.n_bad = self.n_multiword = self.n_empty = self.n_roots = self.line = 0
        self.source: str | None = None
        self.errors: list[TreebankError] = []
        self._mode, self._label = errors, label
        self._trees = self._read(sources, encoding)

    def __next__(self) -> DependencyTree:
        return next(self._trees)

    @property
    def where(self) -> str | None:
        """The place of the sentence that was returned last, in words; None before the first."""
        if not self.line:
            return None
        return f"line {self.line}" if self.source is None else f"{self.source}, line {self.line}"

    def summary(self) -> str:
        """How many sentences were read, and what was passed over, in words."""
        parts = [plural(self.n_trees, "sentence")]
        if self.n_bad:
            parts.append(f"{plural(self.n_bad, 'faulty one')} left out")
        return "; ".join([*parts, *self._remarks()])

    def __repr__(self) -> str:
        return f"<ConlluReader: {self.summary()}>"

    def _remarks(self) -> list[str]:
        remarks = []
        if self.n_multiword:
            remarks.append(f"{plural(self.n_multiword, 'multiword token')} passed over, whose words follow")
        if self.n_empty:
            remarks.append(f"{plural(self.n_empty, 'empty node')} passed over")
        if self.n_roots:
            text = f"{plural(self.n_roots, 'sentence')} with several roots, of which the later ones hang from"
            remarks.append(f"{text} the first")
        return remarks

    def _read(self, sources: list[Any], encoding: str) -> Iterator[DependencyTree]:
        for source in sources:
            name, decoded = source_name(source), is_bytes(source)
            for lines in _sentences(read_lines(source, encoding)):
                before = self.n_multiword, self.n_empty, self.n_roots
                try:
                    sentence = self._sentence(lines, name, decoded)
                except TreebankError as error:
                    if self._mode == "raise":
                        raise
                    self.n_multiword, self.n_empty, self.n_roots = before
                    self.n_bad += 1
                    if self._mode == "collect":
                        self.errors.append(error)
                    continue
                if sentence is not None:
                    self.n_trees += 1
                    self.line, self.source = lines[0][0], name
                    yield sentence
        if remarks := self._remarks():
            name = source_name(sources[0]) if len(sources) == 1 else None
            text = f"{name or 'the treebank'}: {'; '.join(remarks)}"
            warnings.warn(text, TreebankWarning, stacklevel=3)

    def _sentence(self, lines: list[Line], name: str | None, decoded: bool) -> DependencyTree | None:
        """Return the tree of a sentence's lines; None if there are only comments."""
        rows: list[tuple[Line, list[str]]] = []
        ranges: list[Line] = []
        label: str | None = None
        for line in lines:
            number, text = line
            if decoded and not text.isascii():
                undecoded(text, number, name)
            if text.startswith("#"):
                key, equals, value = text[1:].partition("=")
                if equals and key.strip() == self._label and value.strip():
                    label = value.strip()
                continue
            columns = text.split("\t")
            if len(columns) != len(COLUMNS):
                raise _no_columns(columns, line, name)
            if _MULTIWORD.fullmatch(columns[_ID]):
                self.n_multiword += 1
                ranges.append(line)
            elif _EMPTY.fullmatch(columns[_ID]):
                self.n_empty += 1
            else:
                rows.append((line, columns))
        for number, text in ranges:
            first, last = map(int, text.split("\t", 1)[0].split("-"))
            if not first <= last <= len(rows):
                expected = f"a range of words, of which the sentence has {len(rows)}"
                raise _fault((number, text), _ID, expected, f"'{first}-{last}'", name)
        return self._tree(rows, label, name) if rows else None

    def _tree(
        self, rows: list[tuple[Line, list[str]]], label: str | None, name: str | None
    ) -> DependencyTree:
        heads, roots = [], []
        for k, (line, columns) in enumerate(rows):
            if columns[_ID] != str(k + 1):
                expected = f"the ID {k + 1}, a range such as {k + 1}-{k + 2}, or an empty node such as {k}.1"
                raise _fault(line, _ID, expected, f"'{shorten(columns[_ID])}'", name)
            if not columns[_FORM].strip():
                raise _fault(line, _FORM, "a word", "nothing", name)
            head = columns[_HEAD]
            if not _NUMBER.fullmatch(head) or int(head) > len(rows):
                hint = "; the sentence has not been parsed" if head == "_" else ""
                expected = f"the head's ID, from 1 to {len(rows)}, or 0 at the root"
                raise _fault(line, _HEAD, expected, f"'{shorten(head)}'{hint}", name)
            heads.append(int(head) - 1)
            if head == "0":
                roots.append(k)
        for k in roots[1:]:
            heads[k] = roots[0]
        self.n_roots += len(roots) > 1
        words = [columns[_FORM] for _, columns in rows]
        wrong = first_fault(words, heads)
        if wrong is not None:
            place, _ = wrong
            raise _fault(rows[place][0], _HEAD, "a head that leads to a root", "a circle of heads", name)
        relations = [None if columns[_DEPREL] == "_" else columns[_DEPREL] for _, columns in rows]
        labels = [_labelled(columns[_MISC], self._label) for _, columns in rows]
        if label is not None:
            labels[heads.index(-1)] = label
        return DependencyTree(words, heads, relations, labels)


def _sentences(lines: Iterator[str]) -> Iterator[list[Line]]:
    """Yield the lines between blank ones, with their numbers."""
    sentence: list[Line] = []
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text.strip():
            sentence.append((number, text))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _labelled(misc: str, name: str) -> str | None:
    """Return the value of a name in the last column, as ``SpaceAfter=No|label=3``."""
    for part in misc.split("|") if name in misc else ():
        key, equals, value = part.partition("=")
        if equals and key == name and value:
            return value
    return None


def _no_columns(columns: list[str], line: Line, name: str | None) -> TreebankError:
    found = f"{plural(len(columns), 'column')}"
    if line[1].lstrip().startswith("("):
        found += "; trees in brackets are read by read_trees"
    elif len(columns) == 1 and len(line[1].split()) == len(COLUMNS):
        found += ": there are blanks where tabs should be"
    return _fault(line, _ID, f"ten columns between tabs ({' '.join(COLUMNS)})", found, name)


def _fault(line: Line, column: int, expected: str, found: str, name: str | None) -> TreebankError:
    number, text = line
    start = sum(len(part) + 1 for part in text.split("\t")[:column])
    expected = f"{expected}" if column == _ID else f"{expected}, in the column {COLUMNS[column]}"
    return TreebankError(name, number, start + 1, expected, found, excerpt(text, start))
