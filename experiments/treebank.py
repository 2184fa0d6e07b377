"""How deep the leaves of a treebank lie."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import models
from viz.walk import places

FILES = ("train.txt", "dev.txt", "test.txt")
DEPTH = 10  # the paper's: how many leaves lie above it


def measure(folder: Path) -> dict[str, Any]:
    """Return the share of leaves at depths below ten, over the folder's train, dev and test trees.

    Parameters
    ----------
    folder : Path
        Holds ``train.txt``, ``dev.txt``, ``test.txt``: a tree in brackets per line.

    Returns
    -------
    dict
        ``share_root_0`` counts the root as depth 0, ``share_root_1`` as depth 1; ``trees`` and
        ``leaves`` say of how many, ``sha256`` of which files.

    Raises
    ------
    OSError
        A file can't be read.
    TreebankError
        A line is no tree; the text names file and place.
    """
    leaves: Counter[int] = Counter()
    trees, hashes = 0, {}
    for name in FILES:
        content = (folder / name).read_bytes()
        hashes[name] = hashlib.sha256(content).hexdigest()
        for line, text in enumerate(_text(folder / name, content).splitlines(), 1):
            if text.strip():
                tree = models.Tree.parse(text, source=f"{folder / name}, tree in line {line}")
                leaves.update(place.depth for place in places(tree) if place.is_leaf)
                trees += 1
    total = leaves.total()
    if not total:
        raise OSError(f"there are no trees in {', '.join(FILES)} of {folder}")
    return {
        "trees": trees,
        "leaves": total,
        "share_root_0": sum(n for depth, n in leaves.items() if depth < DEPTH) / total,
        "share_root_1": sum(n for depth, n in leaves.items() if depth + 1 < DEPTH) / total,
        "sha256": hashes,
    }


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OSError(f"{path} is no UTF-8 text: byte {error.start} is {content[error.start]:#04x}") from None
