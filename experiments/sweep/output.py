"""The folder of results, and folders that a command writes into."""

from __future__ import annotations

import tempfile
from pathlib import Path

from minigrad.files import atomic_write

RESULTS = Path(__file__).parent.parent / "results"


def write_text(path: Path, text: str) -> None:
    """Write a text file, all of it or nothing."""
    with atomic_write(path) as file:
        file.write(text.encode())


def writable_folder(path: Path) -> Path:
    """Make a folder if there is none, and make sure that files can be written there; return it.

    Raises
    ------
    OSError
        If it can't be written. To be called before the work whose results go there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = "there is a file of that name" if path.is_file() else error.strerror
        message = f"can't write into the folder {path}: {reason}; name another with --out"
        raise OSError(error.errno, message) from None
    return path
