"""The corpus of a run as numbers of characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import models
from experiments.studies.text.alphabet import alphabet, numbers
from experiments.studies.text.corpus import Corpus, prose, smaller, standard_library
from experiments.studies.text.settings import CorpusSettings
from experiments.studies.text.windows import Numbers
from minigrad.nn import StateError


@dataclass(frozen=True)
class Data:
    """A corpus, its alphabet, and its parts as numbers of characters, document by document."""

    corpus: Corpus
    characters: models.Vocabulary
    parts: Mapping[str, list[Numbers]]


def read(name: str, path: Path | None, sizes: Mapping[str, int] | None) -> Corpus:
    """Return the corpus "python", or "prose" from a file."""
    corpus = standard_library() if path is None else prose(path)
    assert corpus.name == name
    return corpus if sizes is None else smaller(corpus, sizes)


def data(settings: CorpusSettings, paths: Mapping[str, str]) -> Data:
    """Return what a run reads.

    Parameters
    ----------
    settings : CorpusSettings
    paths : mapping of str to str
        Of the job: "text", where prose is.

    Raises
    ------
    StateError
        If it is not what it was when the run was planned.
    """
    corpus = read(settings.corpus, Path(paths["text"]) if "text" in paths else None, settings.sizes)
    if corpus.hash != settings.hash:
        raise StateError(
            f"the corpus {settings.corpus} ({settings.version}) has changed since this run was planned, or "
            f"it is another machine's: {corpus.version} here; give the command again with another --out"
        )
    characters = alphabet(corpus.parts["train"], settings.min_count)
    parts = {
        part: [numbers(document.text, characters) for document in documents]
        for part, documents in corpus.parts.items()
    }
    return Data(corpus, characters, parts)
