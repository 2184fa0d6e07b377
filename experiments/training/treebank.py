"""The three files of a treebank, such as the Stanford Sentiment Treebank."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from errno import ENOTDIR
from pathlib import Path

import models
from minigrad.waiting import waiting
from viz.reading import Reading

PARTS = ("train", "dev", "test")
USUAL = Reading()


def read_parts(
    folder: Path, reading: Reading = USUAL
) -> Iterator[tuple[Path, list[models.Tree], list[int], str]]:
    """Yield path, trees, their lines and sha256 of ``train.txt``, ``dev.txt`` and ``test.txt``.

    What is being read is told where it takes long.

    Parameters
    ----------
    folder : Path
    reading : Reading
        How the files are read.

    Raises
    ------
    OSError
        If `folder` is a file, or a file in it can't be read.
    TreebankError
        If there is something else than trees; the text names file and place.
    """
    if folder.is_file():
        files = ", ".join(f"{part}.txt" for part in PARTS)
        raise OSError(ENOTDIR, f"{folder} is a file; what is wanted is the folder that holds {files}")
    with waiting(f"reading {folder}") as stage:
        for part in PARTS:
            path = folder / f"{part}.txt"
            stage(f"reading {path}")
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            reader = reading.reader(path)
            trees, lines = [], []
            for tree in reader:
                trees.append(reading.shaped(tree))
                lines.append(reader.line)
            yield path, trees, lines, sha256
