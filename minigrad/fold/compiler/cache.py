"""The cache of emitted modules, which concurrent processes share.

Every module has a folder of its own, in which Numba keeps the machine code beside it. The folder appears
complete or not at all: it is made under a temporary name and renamed, which fails if another process was
first. Nothing in it is rewritten; a damaged folder is removed and made again.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from minigrad.errors import CompileWarning
from minigrad.kernels.objects import root

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def publish(name: str, text: str) -> Path | None:
    """Return the path of a file with this text; None if none can be written.

    A file of this name with another text is damaged or not ours: its folder is removed, with a warning.
    """
    try:
        path = root() / name / f"{name}.py"
        if not path.parent.exists():
            _create(path, text)
        if not _holds(path, text):
            wipe(path.parent)
            warn(f"{path} was damaged, or not written by minigrad")
            _create(path, text)
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return None
    return path if _holds(path, text) else None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder's lock: of the processes that come at once, one compiles, and the others read its code.

    The lock ends with the process. Where there can be none (Windows, a folder that can't be written), each
    process compiles.
    """
    with contextlib.ExitStack() as held:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                file = held.enter_context((folder / "lock").open("ab"))
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wipe(folder: Path) -> None:
    """Remove a folder, for other processes atomically."""
    trash = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        os.rename(folder, trash)
        shutil.rmtree(trash, ignore_errors=True)


def warn(what: str) -> None:
    """Warn that a cache was damaged."""
    warnings.warn(f"{what}; the folder has been removed, and the cell is compiled again", CompileWarning, 2)


@functools.cache
def warn_uncached() -> None:
    """Warn, once, that no machine code can be kept."""
    warnings.warn(
        "no folder can be written for compiled cells, so every process compiles them anew, 5 to 10 s each; "
        "set MINIGRAD_CACHE_DIR to a folder that can be written and has room",
        CompileWarning,
        stacklevel=2,
    )


def _create(path: Path, text: str) -> None:
    folder = path.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (draft / path.name).write_bytes(text.encode())
        os.rename(draft, folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except (FileNotFoundError, NotADirectoryError):
        return False
