"""Reads treebanks of any size as a stream of trees, and skips faulty places if asked."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from models.blocks import LAYOUTS
from models.errors import DependencyError, TreebankError, TreebankWarning, one_of
from models.lines import Source, is_bytes, read_lines, source_name
from models.notation import BLANKS, escape
from models.strip import strip_functions as functions_stripped
from models.strip import strip_traces as traces_stripped
from models.tree import Tree, trusted_tree
from models.treebank import parse_block, tree_lines
from models.treebank_files import treebank_files

ERRORS = ("raise", "skip", "collect")

Change = Callable[[Tree], Tree | None]


def read_trees(
    source: Source,
    errors: Literal["raise", "skip", "collect"] = "raise",
    *,
    layout: Literal["indented", "paragraphs"] = "indented",
    encoding: str = "utf-8",
    comments: str | None = None,
    strip_traces: bool = False,
    strip_functions: bool = False,
) -> TreeReader:
    """Read a treebank, tree by tree: Penn-style brackets or the Stanford Sentiment Treebank's lines.

    A tree may stretch over several lines, and a line may hold several trees. The Penn Treebank's empty
    bracket around a tree, ``( (S …) )``, is removed. See `Tree.parse` for the notation, `plain_word`
    for words such as ``-LRB-``.

    Parameters
    ----------
    source : path, file object, or iterable of str
        A path or an open file of bytes (gzip, bz2 and xz data are recognised), one of text, or lines: for
        trees in a string, ``read_trees([text])``. The path of a folder stands for the ``.mrg`` files in it
        and in its folders, a pattern such as ``"wsj/*/*.mrg"`` for the files that it matches; all by name.
    errors : "raise", "skip" or "collect"
        What happens at a fault: it is raised; or the reader skips it (see Notes) and counts it in
        ``n_bad``; or it does so and also keeps the fault in the list ``errors``.
    layout : "indented" or "paragraphs"
        How trees are told apart; see Notes.
    encoding : str
        Of a path or a file of bytes. A byte-order mark is removed.
    comments : str, optional
        Lines that begin with this, as ";", are read as if they were blank.
    strip_traces, strip_functions : bool
        Whether traces, as ``(-NONE- *T*-1)``, and function tags, as those of ``NP-SBJ-1``, are removed:
        `models.strip_traces`, `models.strip_functions`. A tree of traces alone is left out and counted.

    Returns
    -------
    TreeReader
        An iterator of `Tree` that counts trees and faults.

    Raises
    ------
    ValueError, TypeError
        If an argument is none of the above.
    FileNotFoundError
        If a folder has no such files, or a pattern matches none. The following are raised while iterating:
    OSError
        If the file can't be read.
    TreebankError
        With ``errors="raise"``, at the first fault: it names file, line, column, what was expected.
    DependencyError
        If the file is CoNLL-U, with any `errors`: it contains no trees.

    Warns
    -----
    TreebankWarning
        At the end, if some leaves have labels and others have none: how many, and where the first is.

    Notes
    -----
    Text is read in blocks. If a block has a fault, none of its trees are returned, since a missing or
    extra bracket may have damaged any of them, and reading continues with the next block. With
    ``layout="indented"`` a line that is not indented further than the first one of its block begins
    another block, unless it starts with ``)``. So a block is one line of the Stanford Sentiment
    Treebank, or one tree of the Penn Treebank, whose inner lines are indented; a missing ``)`` is
    noticed before the next tree, and a line that belongs to no tree is a fault of its own. For trees
    whose inner lines are not indented, use ``layout="paragraphs"``: blocks are separated by blank
    lines. Only one block is held in memory.

    Examples
    --------
    >>> reader = read_trees(["(3 (2 not) (1 bad))", "(2 (2 very)", "( (S (A good)) )"], errors="collect")
    >>> [str(tree) for tree in reader]
    ['(3 (2 not) (1 bad))', '(S (A good))']
    >>> reader.errors[0].line, reader.errors[0].column
    (2, 12)
    >>> reader.summary()
    '2 trees; 1 faulty place, where the trees were left out'
    """
    for name, value, choices in (("errors", errors, ERRORS), ("layout", layout, LAYOUTS)):
        one_of(name, value, choices)
    sources = check_source(source, encoding, "read_trees")
    if comments is not None and (not isinstance(comments, str) or not comments.strip(BLANKS + "()")):
        raise ValueError(f"comments is what a line of comment begins with, as ';', not {comments!r}")
    changes: list[Change] = [traces_stripped] if strip_traces else []
    changes += [functions_stripped] if strip_functions else []
    return TreeReader(sources, errors, layout, encoding, comments, changes)


class TreeReader(Iterator[Tree]):
    """The trees of a treebank, read lazily; `read_trees` makes one.

    Attributes
    ----------
    n_trees, n_bad : int
        How many trees were returned, and how many faults skipped, so far.
    n_empty : int
        How many trees were left out because nothing but traces was in them.
    line : int
        Where the tree that was returned last begins, counted from 1; 0 before the first.
    source : str or None
        The name of the file that it comes from; None if that has no name.
    errors : list of TreebankError
        What was wrong there, if ``errors="collect"``; otherwise empty.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        errors: str,
        layout: str,
        encoding: str,
        comments: str | None,
        changes: Sequence[Change] = (),
    ) -> None:
        self.n_trees = self.n_bad = self.n_empty = 0
        self.line = 0
        self.source: str | None = None
        self.errors: list[TreebankError] = []
        self._mode = errors
        self._labelled = self._unlabelled = 0  # leaves
        self._example = self._first = ""
        self._changes, self._several = changes, len(sources) > 1
        self._trees = self._read(sources, layout, encoding, comments)

    def __next__(self) -> Tree:
        return next(self._trees)

    def summary(self) -> str:
        """How many trees were read and how many faulty places left out, in words."""
        text = plural(self.n_trees, "tree")
        if self.n_bad:
            text += f"; {plural(self.n_bad, 'faulty place')}, where the trees were left out"
        if self.n_empty:
            text += f"; {self.n_empty} of traces alone left out"
        return text

    @property
    def where(self) -> str | None:
        """The place of the tree that was returned last, in words; None before the first."""
        if not self.line:
            return None
        return f"line {self.line}" if self.source is None else f"{self.source}, line {self.line}"

    def __repr__(self) -> str:
        return f"<TreeReader: {self.summary()}>"

    def _read(
        self, sources: Sequence[Source], layout: str, encoding: str, comments: str | None
    ) -> Iterator[Tree]:
        for source in sources:
            yield from self._read_one(source, layout, encoding, comments)
        if self._labelled and self._unlabelled:
            leaves = plural(self._unlabelled, "leaf has", "leaves have")
            name = None if self._several else source_name(sources[0])
            warnings.warn(
                f"{name or 'the treebank'}: {leaves} no label, as {self._first}, but {self._labelled} have "
                "one; is it a label that has lost its word?",
                TreebankWarning,
                stacklevel=3,
            )

    def _read_one(self, source: Source, layout: str, encoding: str, comments: str | None) -> Iterator[Tree]:
        name, decoded = source_name(source), is_bytes(source)
        lines = read_lines(source, encoding)
        if comments is not None:
            mark = comments
            lines = ("\n" if line.lstrip(BLANKS).startswith(mark) else line for line in lines)
        for block in LAYOUTS[layout](lines):
            try:
                before = self._labelled, self._unlabelled
                trees = parse_block(block, name, decoded, self._make)
            except DependencyError:
                raise
            except TreebankError as error:
                if self._mode == "raise":
                    raise
                self._labelled, self._unlabelled = before
                self._example = self._example if self._unlabelled else ""
                self.n_bad += 1
                if self._mode == "collect":
                    self.errors.append(error)
                continue
            if self._unlabelled and not self._first:
                place = f"line {block.line}" + (f" of {name}" if self._several else "")
                self._first = f"({escape(self._example, first=True)}) in the tree that begins in {place}"
            for tree, line in zip(trees, tree_lines(block, len(trees)), strict=True):
                found = self._changed(
                    tree.children[0] if tree.label is None and len(tree.children) == 1 else tree
                )
                if found is None:
                    self.n_empty += 1
                    continue
                self.n_trees += 1
                self.line, self.source = line, name
                yield found

    def _changed(self, tree: Tree) -> Tree | None:
        found: Tree | None = tree
        for change in self._changes:
            found = None if found is None else change(found)
        return found

    def _make(self, label: str | None, word: str | None, children: tuple[Tree, ...]) -> Tree:
        if word is not None:
            if label is None:
                self._unlabelled += 1
                self._example = self._example or word
            else:
                self._labelled += 1
        return trusted_tree(label, word, children)


def check_source(source: Source, encoding: str, reader: str, suffix: str = ".mrg") -> list[Any]:
    """Return the sources that `source` stands for; a folder, for its files whose names end in `suffix`.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If it is none, or there is no such encoding; `reader` is the function that reads it.
    """
    if isinstance(source, bytes | bytearray):
        raise TypeError(f"a treebank in bytes is read as a file: {reader}(io.BytesIO(content))")
    if isinstance(source, Tree) or not (isinstance(source, os.PathLike) or hasattr(source, "__iter__")):
        raise TypeError(f"a treebank is a path, a file, or lines of text, not {type(source).__name__}")
    is_text = isinstance(source, str) and (source.lstrip(BLANKS).startswith("(") or "\n" in source)
    if is_text and not os.path.exists(str(source)):
        raise ValueError(f"a str is the path of a treebank; for trees in a string, {reader}([text])")
    try:
        "".encode(encoding)
    except LookupError:
        raise ValueError(f"there is no text encoding {encoding!r}; most treebanks are in utf-8") from None
    return treebank_files(source, suffix)


def plural(count: int, one: str, several: str = "") -> str:
    """Say how many there are: "1 tree", "2 trees"."""
    return f"{count} {one if count == 1 else several or one + 's'}"
