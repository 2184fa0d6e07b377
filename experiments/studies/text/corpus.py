"""Corpora: the standard library's own source, or prose from a file; and their three parts.

Nothing is shipped: the source is that of the Python which runs, so that version and checksum belong to the
settings of a run.
"""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from experiments.sweep import SweepError

PARTS = ("train", "dev", "test")
SHARE = 0.1  # of all characters, for dev and for test
SHORTEST = 10_000  # characters that prose has to have


@dataclass(frozen=True)
class Document:
    """A text with a name. A network reads it from its first character on, with nothing before that."""

    name: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """Documents and where they are from.

    Attributes
    ----------
    name : "python" or "prose"
    version : str
        Of what the documents are from, in words.
    parts : dict of str to tuple of Document
        Train, dev and test.
    """

    name: str
    version: str
    parts: dict[str, tuple[Document, ...]]

    @cached_property
    def hash(self) -> str:
        """The sha256 of the parts' names and texts, in hexadecimal."""
        digest = hashlib.sha256()
        for part, documents in self.parts.items():
            for document in documents:
                for text in (part, document.name, document.text):
                    data = text.encode("utf-8", "surrogatepass")
                    digest.update(len(data).to_bytes(8, "little") + data)
        return digest.hexdigest()

    @property
    def sizes(self) -> dict[str, int]:
        """The number of characters of each part."""
        return {part: characters(documents) for part, documents in self.parts.items()}


def standard_library(seed: int = 0, folder: Path | None = None, names: Iterable[str] | None = None) -> Corpus:
    """Return the standard library's top-level modules, split by file.

    Parameters
    ----------
    seed : int
        Of the split.
    folder : Path, optional
        Where they are, if not where this Python has its own.
    names : iterable of str, optional
        Of the modules; by default those that `sys.stdlib_module_names` has, without the files that a
        distribution or a machine adds.

    Raises
    ------
    SweepError
        If there are not at least three of them.
    """
    folder = Path(sysconfig.get_path("stdlib")) if folder is None else folder
    wanted = sys.stdlib_module_names if names is None else set(names)
    paths = sorted(path for path in folder.glob("*.py") if path.stem in wanted)
    if len(paths) < 3:
        raise SweepError(
            f"{folder} has {len(paths)} modules of the standard library as source; three are needed"
        )
    documents = [Document(path.stem, _source(path)) for path in paths]
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return Corpus("python", version, split_by_document(documents, seed))


def prose(path: Path) -> Corpus:
    """Return the text of a file: its first eight tenths to train on, then a tenth for dev and one for test.

    Parts end with a paragraph, where there is one to end with.

    Raises
    ------
    SweepError
        If the file is not UTF-8, or too short.
    OSError
        If it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SweepError(
            f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        ) from None
    if len(text) < SHORTEST:
        raise SweepError(f"{path} has {len(text)} characters; at least {SHORTEST} are needed")
    first, second = (_paragraph_end(text, round(share * len(text))) for share in (1 - 2 * SHARE, 1 - SHARE))
    pieces = zip(PARTS, (text[:first], text[first:second], text[second:]), strict=True)
    return Corpus("prose", path.name, {part: (Document(part, piece),) for part, piece in pieces})


def split_by_document(documents: Iterable[Document], seed: int) -> dict[str, tuple[Document, ...]]:
    """Return train, dev and test, each with whole documents, in the order of the documents.

    The documents are put into an order that their names and the seed determine. Test is the first of them,
    until it has a tenth of all characters; then comes dev, likewise; the others are to train on.
    """
    documents = list(documents)
    order = sorted(documents, key=lambda one: hashlib.sha256(f"{seed}/{one.name}".encode()).digest())
    enough = SHARE * characters(documents)
    part, have, found = "test", 0, {}
    for document in order:
        found[document.name] = part
        have += len(document.text)
        if part != "train" and have >= enough:
            part, have = {"test": "dev", "dev": "train"}[part], 0
    return {part: tuple(one for one in documents if found[one.name] == part) for part in PARTS}


def smaller(corpus: Corpus, sizes: Mapping[str, int]) -> Corpus:
    """Return a corpus of no more than so many characters of each part.

    Of Python, which has to be whole, these are the documents that still fit, in their order; prose is cut.
    """
    parts = {}
    for part, documents in corpus.parts.items():
        kept, left = [], sizes[part]
        for one in documents:
            short = one if corpus.name == "python" else Document(one.name, one.text[:left])
            if len(short.text) <= left:
                kept.append(short)
                left -= len(short.text)
        parts[part] = tuple(kept)
    return Corpus(corpus.name, corpus.version, parts)


def characters(documents: Iterable[Document]) -> int:
    """Return how many characters some documents have together."""
    return sum(len(document.text) for document in documents)


def _source(path: Path) -> str:
    with tokenize.open(path) as file:  # in the encoding that the file declares, every line's end as \n
        return file.read()


def _paragraph_end(text: str, start: int) -> int:
    place = text.find("\n\n", start)
    return start if place < 0 or place + 2 >= len(text) else place + 2
