"""Where a sweep keeps what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    """The output folder of a sweep, and the files in it."""

    path: Path

    @property
    def runs(self) -> Path:
        """Folder of rows, one file per run."""
        return self.path / "runs"

    @property
    def checkpoints(self) -> Path:
        """Folder of what only interrupted runs need."""
        return self.path / "checkpoints"

    @property
    def models(self) -> Path:
        """Folder of saved models."""
        return self.path / "models"

    @property
    def manifest(self) -> Path:
        """What was run, on what, and how long it took."""
        return self.path / "manifest.json"

    @property
    def lock(self) -> Path:
        """Locked while a sweep writes here."""
        return self.path / ".lock"

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

    def make(self) -> None:
        """Make the folders."""
        for path in (self.runs, self.checkpoints):
            path.mkdir(parents=True, exist_ok=True)
