"""The page as one file with its data, and which folders have something to show."""

from __future__ import annotations

from errno import ENOENT
from pathlib import Path

from experiments.dashboard.places import EMPTY, LIVE, RUNS, TABLE
from experiments.dashboard.saved import everything, titled, with_data
from experiments.dashboard.tail import Tail
from viz.dashboard import dashboard_page
from viz.files import write_atomic


def save(folder: Path, path: Path) -> Path:
    """Write the dashboard of a folder as one page, with all data in it; return its path.

    Raises
    ------
    OSError
        If there is nothing to show, or the page can't be written.
    """
    require_rows(folder)
    tail = Tail(folder)
    tail.poll()
    page = with_data(titled(dashboard_page(), folder), folder.absolute(), everything(tail))
    return write_atomic(path, page.encode())


def require_rows(folder: Path) -> None:
    """Make sure that a folder is a sweep's, or has looks.

    Raises
    ------
    OSError
        If it is not, or not there; the text says so.
    """
    if not folder.is_dir():
        raise OSError(ENOENT, f"{folder} is no folder; name the one in which a sweep or a demo writes")
    if not any((folder / name).exists() for name in (RUNS, TABLE, LIVE)):
        raise OSError(ENOENT, f"{folder} is not a sweep's folder: {EMPTY}")
