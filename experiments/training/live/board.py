"""A dashboard for a training loop of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

import models
from experiments.dashboard.page import save
from experiments.dashboard.places import LIVE, file_id
from experiments.dashboard.process import serving
from experiments.training.live.watcher import LiveWatcher
from experiments.training.ratios import RatioWatcher
from viz.rooted import rooted_forest


def dashboard(folder: str | os.PathLike[str], port: int = 0) -> Board:
    """Return a board: as a context manager it serves a folder's dashboard, and prints the address on stderr.

    Parameters
    ----------
    folder : path
        Of the looks, in ``live/`` there; made if it is not there. It may be a sweep's.
    port : int
        On this machine; 0 for any that is free.

    Raises
    ------
    OSError
        If the folder can't be written, or the port is taken.
    """
    return Board(Path(folder), port)


class Board:
    """Gives watchers to training loops; see `dashboard`.

    At the end of its block the looks are closed, and the server ends.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder, self._port = folder, port
        self._watchers: list[LiveWatcher] = []
        self._stack = ExitStack()
        self.address = ""

    def __enter__(self) -> Board:
        (self._folder / LIVE).mkdir(parents=True, exist_ok=True)
        self.address = self._stack.enter_context(serving(self._folder, self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for watcher in self._watchers:
            watcher.close("finished" if kind is None else "failed")
        self._watchers = []
        self._stack.close()

    def watch(
        self,
        name: str,
        model: models.TreeClassifier,
        sentence: models.Tree | models.Forest,
        *,
        nodes: Callable[[models.Forest], np.ndarray] | None = None,
        ratios: RatioWatcher | None = None,
        mode: str = "compiled",
    ) -> LiveWatcher:
        """Return a watcher for `fit` that appends looks at a training to the folder.

        Parameters
        ----------
        name : str
            Of the run, for instance "mine/RLSTM"; a number as its last part counts runs that are shown as one
            group, as in "mine/RLSTM/2".
        model : TreeClassifier
        sentence : Tree, or Forest of one
            Whose gradients are followed. Of a tree J is the cross-entropy at its root: for the root's label,
            or the class that the untrained model predicts if it has none. Of a forest J is the model's loss.
        nodes : function of a forest, optional
            Gives the rows whose gradients matter, such as those of the keywords; all if left out.
        ratios : RatioWatcher, optional
            One that comes before this watcher: an epoch's ratios are then its, of all trees, not of a sample.
        mode : str
            Of the fold, as in `fit`.

        Raises
        ------
        ValueError
            If the name is empty or was given before, or there is more than one sentence.
        """
        id = file_id(name)
        if not name.strip("/ ") or id.startswith(".") or any(char in name for char in "\\\0"):
            raise ValueError(f"a run has a name such as 'mine/RLSTM/1', not {name!r}")
        path = self._folder / LIVE / f"{id}.jsonl"
        if isinstance(sentence, models.Tree):
            rooted: models.Forest = rooted_forest(model, sentence)
            sentence = models.as_chains(rooted) if models.is_chain_cell(model.cell) else rooted
        if any(watcher.path == path for watcher in self._watchers):
            raise ValueError(
                f"the name {name!r} was given before; a number as its last part tells runs apart"
            )
        watcher = LiveWatcher(path, name, model, sentence, nodes=nodes, ratios=ratios, mode=mode)
        self._watchers.append(watcher)
        return watcher

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the dashboard with all that is in the folder as one page; return its path.

        Raises
        ------
        OSError
            If it can't be written.
        """
        return save(self._folder, Path(path))
