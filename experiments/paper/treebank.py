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
        Holds ``train.txt``, ``dev.txt``, ``test.txt``: trees in brackets.

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
        There is something else than trees; the text names file and place.
    """
    leaves: Counter[int] = Counter()
    trees, hashes = 0, {}
    for name in FILES:
        with (folder / name).open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
        for tree in models.read_trees(folder / name):
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
