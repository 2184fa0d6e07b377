"""A checksum of what a run was trained on."""

from __future__ import annotations

import hashlib

import models


def data_hash(*forests: models.Forest | models.TreeForest) -> str:
    """Return the sha256 of the forests' trees, words and labels, in hexadecimal."""
    digest = hashlib.sha256()
    for forest in forests:
        if isinstance(forest, models.Forest):
            shape = forest.left, forest.right
        else:
            shape = forest.parent, forest.position
        for rows in (*shape, forest.word, forest.label, forest.root):
            digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()
