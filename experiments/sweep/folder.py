"""The files of a sweep."""

from __future__ import annotations

from pathlib import Path

from experiments.dashboard.places import LIVE, RUNS, TABLE


class Folder:
    """The output folder of a sweep, and the files in it.

    Attributes
    ----------
    path : Path
    runs : Path
        Folder of rows, one file per run.
    table : Path
        The rows of many runs in one compressed file, of sweeps that want it so.
    checkpoints : Path
        Folder of what only interrupted runs need.
    models : Path
        Folder of saved models.
    looks : Path
        Folder of looks at runs while they train, which are no rows: nothing but the dashboard reads them.
    manifest : Path
        As `manifest.py` writes it.
    lock : Path
        Locked while a sweep writes here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs, self.checkpoints, self.models = path / RUNS, path / "checkpoints", path / "models"
        self.looks, self.table = path / LIVE, path / TABLE
        self.manifest, self.lock = path / "manifest.json", path / ".lock"

    def finished(self, id: str) -> Path:
        """Return the path of a finished run's rows."""
        return self.runs / f"{id}.jsonl"

    def part(self, id: str) -> Path:
        """Return the path of the rows of a run under way."""
        return self.runs / f"{id}.part"

    def checkpoint(self, id: str) -> Path:
        """Return the path of a run's checkpoint."""
        return self.checkpoints / f"{id}.npz"

    def progress(self, id: str) -> Path:
        """Return the path of the file in which a run tells how far it is."""
        return self.checkpoints / f"{id}.progress"

    def model(self, id: str) -> Path:
        """Return the path of a run's best model."""
        return self.models / f"{id}.npz"

    def live(self, id: str) -> Path:
        """Return the path of the looks at a run."""
        return self.looks / f"{id}.jsonl"
