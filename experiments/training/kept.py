"""A model in every epoch of its training, as files that ``python -m viz epochs`` reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import models


class KeptEpochs:
    """Writes a model before its training and after every epoch: ``rnn-0.npz``, ``rnn-1.npz``, …

    Files are named by the cell's class in small letters and the number of the epoch.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    model : TreeClassifier
    """

    def __init__(self, folder: str | os.PathLike[str], model: models.TreeClassifier) -> None:
        self._folder, self._model = Path(folder), model
        self._folder.mkdir(parents=True, exist_ok=True)
        self._name = type(model.cell).__name__.lower()

    def begin(self) -> None:
        """Write epoch 0; remove what another training has left under these names."""
        for path in self._folder.iterdir():
            if re.fullmatch(rf"{self._name}-\d+\.npz", path.name):
                path.unlink()
        self.write(0)

    def write(self, epoch: int) -> None:
        """Write the model as it is after an epoch."""
        models.save(self._folder / f"{self._name}-{epoch}.npz", self._model)
