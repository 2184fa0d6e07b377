"""The machine code of cells, of the kernels they share and of their driver: compiled once, then kept.

A file appears complete or not at all, and begins with a checksum: one that is damaged, or of another version,
is replaced.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from minigrad.errors import CompileWarning
from minigrad.files import atomic_write
from minigrad.kernels import machine
from minigrad.kernels.machine import Code

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MAGIC = b"minigrad machine code\n"


def root() -> Path:
    """Return the folder of all modules: ``MINIGRAD_CACHE_DIR``, or one in Numba's or the user's cache."""
    if own := os.environ.get("MINIGRAD_CACHE_DIR"):
        return Path(own).absolute()
    if numbas := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(numbas).absolute() / "minigrad"
    if sys.platform == "win32":
        users, elsewhere = os.environ.get("LOCALAPPDATA"), "AppData/Local"
    elif sys.platform == "darwin":
        users, elsewhere = None, "Library/Caches"
    else:
        users, elsewhere = os.environ.get("XDG_CACHE_HOME"), ".cache"
    return (Path(users) if users else Path.home() / elsewhere) / "minigrad"


def key(kind: str, texts: Sequence[str], files: Iterable[ModuleType]) -> str:
    """Return a name for what minigrad's files compile from texts.

    It changes with the texts, the files, the processor and the versions of Numba and LLVM.
    """
    digest = hashlib.sha256(repr((list(texts), [*map(_source, files)], machine.processor())).encode())
    return f"{kind}_{digest.hexdigest()[:24]}"


@functools.cache
def _source(file: ModuleType) -> str:
    return inspect.getsource(file)


def load(name: str, write: Callable[[], str]) -> None:
    """Have a module's machine code in this process.

    It is there already, or read from its file, or compiled and kept. Where nothing can be written, it is
    compiled in every process, after one warning.

    Parameters
    ----------
    name : str
        See `key`.
    write : function
        Returns the module's LLVM IR.
    """
    if not machine.is_loaded(name):
        keep(name, lambda: machine.compile_ir(name, write()), lambda code: machine.load(name, code))


def keep(name: str, make: Callable[[], Code], load: Callable[[Code], None]) -> None:
    """Load machine code from its file, or make it, which loads it too, and keep it there. As `load`."""
    code = _read(name)
    if code is None:
        with _alone(name):
            code = _read(name)  # another process may have been faster
            if code is None:
                _keep(name, make())
                return
    load(code)


def path(name: str) -> Path:
    """Return where a module's machine code is kept.

    Raises
    ------
    RuntimeError
        If the user has no home, and no other folder is named.
    """
    return root() / f"{name}.code"


def _read(name: str) -> Code | None:
    try:
        file = path(name)
        content = file.read_bytes()
    except (OSError, RuntimeError):
        return None
    body = content[len(MAGIC) + 32 :]
    if (
        content[: len(MAGIC)] == MAGIC
        and content[len(MAGIC) : len(MAGIC) + 32] == hashlib.sha256(body).digest()
    ):
        length = int.from_bytes(body[:8], "little")
        return body[8 : 8 + length], body[8 + length :]
    warnings.warn(
        f"{file} was damaged, or not written by minigrad; it has been removed and is compiled again",
        CompileWarning,
        stacklevel=2,
    )
    with contextlib.suppress(OSError):
        file.unlink()
    return None


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Of the processes that need a module at once, let one compile it, while the others wait for its file.

    The lock ends with the process. Where there can be none (Windows, a folder that can't be written), each
    compiles.
    """
    with contextlib.ExitStack() as held:
        if fcntl is not None:
            with contextlib.suppress(OSError, RuntimeError):
                lock = path(name).with_suffix(".lock")
                lock.parent.mkdir(parents=True, exist_ok=True)
                fcntl.flock(held.enter_context(lock.open("wb")), fcntl.LOCK_EX)
                held.callback(lock.unlink, missing_ok=True)
        yield


def _keep(name: str, code: Code) -> None:
    body = len(code[0]).to_bytes(8, "little") + code[0] + code[1]
    file = None
    try:
        file = path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(file) as draft:
            draft.write(MAGIC + hashlib.sha256(body).digest() + body)
    except (OSError, RuntimeError) as error:
        said = error.__cause__ or error  # without the name of the file
        _warn_unwritable(file and file.parent, getattr(said, "strerror", None) or str(said))


@functools.cache
def _told(folder: Path | None) -> list[str]:
    """Return the reasons that have been told why nothing can be kept in a folder."""
    return []


def _warn_unwritable(folder: Path | None, reason: str) -> None:
    """Warn, once for each folder, that nothing can be kept."""
    if _told(folder):
        return
    _told(folder).append(reason)
    where = f"in {folder}" if folder else "anywhere, since there is no home folder"
    warnings.warn(
        f"machine code can't be kept {where} ({reason}), so every process compiles anew; "
        "set MINIGRAD_CACHE_DIR to a folder that can be written",
        CompileWarning,
        stacklevel=3,
    )
