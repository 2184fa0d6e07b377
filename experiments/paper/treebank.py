"""How deep the leaves of a treebank lie, for claim 16."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from experiments.training.treebank import USUAL, read_parts
from viz.reading import Reading
from viz.walk import places

DEPTH = 10  # the paper's: how many leaves lie above it


def measure(folder: Path, reading: Reading = USUAL) -> dict[str, Any]:
    """Return the share of leaves at depths below ten, over the folder's train, dev and test trees.

    Parameters
    ----------
    folder : Path
        As `read_parts` reads it; errors as there.
    reading : Reading
        How its files are read.

    Returns
    -------
    dict
        ``share_root_0`` counts the root as depth 0, ``share_root_1`` as depth 1; ``trees`` and
        ``leaves`` say of how many, ``sha256`` of which files.

    Raises
    ------
    OSError
        There are no trees.
    """
    leaves: Counter[int] = Counter()
    trees, hashes = 0, {}
    for path, found, _, sha256 in read_parts(folder, reading):
        hashes[path.name] = sha256
        leaves.update(place.depth for tree in found for place in places(tree) if place.is_leaf)
        trees += len(found)
    total = leaves.total()
    if not total:
        raise OSError(f"there are no trees in {', '.join(hashes)} of {folder}")
    return {
        "trees": trees,
        "leaves": total,
        "share_root_0": sum(n for depth, n in leaves.items() if depth < DEPTH) / total,
        "share_root_1": sum(n for depth, n in leaves.items() if depth + 1 < DEPTH) / total,
        "sha256": hashes,
    }
