"""Locks that die with the process that holds them (``flock``), so that a crash leaves none behind."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from experiments.sweep.errors import SweepError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PATIENCE = 2.0  # seconds; workers hold the lock for less when they check whether their sweep lives
ORPHANS = 60.0  # seconds in which a worker of a killed sweep has to end


def _try_lock(file: IO[bytes], *, shared: bool = False) -> bool:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(file: IO[bytes], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not _try_lock(file):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def sweep_lock(path: Path) -> Iterator[str]:
    """Hold the lock of a sweep's folder; yield a token by which its workers recognise it (`sweep_lives`).

    Raises
    ------
    SweepError
        If another sweep holds it.
    """
    if fcntl is None:
        raise SweepError("sweeps need file locks that die with their process, which Windows lacks; use WSL")
    # Files that Python opens are not inherited by spawned processes, so workers can't keep the lock.
    with path.open("a+b", buffering=0) as file:
        if not _wait_for(file, PATIENCE):
            file.seek(0)
            process = file.read().decode(errors="replace").partition(" ")[0]
            raise SweepError(
                f"another sweep (process {process}) is writing into {path.parent}; "
                "wait until it ends, or name another folder with --out"
            )
        token = f"{os.getpid()} {secrets.token_hex(8)}"
        file.truncate(0)
        file.write(token.encode())
        yield token


def sweep_lives(path: Path, token: str) -> bool:
    """Return whether the sweep that got this token still holds the lock."""
    try:
        with path.open("rb") as file:
            return file.read().decode() == token and not _try_lock(file, shared=True)
    except FileNotFoundError:
        return False


@contextmanager
def claim(part: Path, finished: Path) -> Iterator[IO[bytes] | None]:
    """Open and lock the file of a run under way; yield None if the run is finished meanwhile.

    A worker of a killed sweep may still hold the lock for a moment.

    Raises
    ------
    TimeoutError
        If another process keeps the lock.
    """
    while True:
        with open(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0) as file:
            if not _wait_for(file, ORPHANS):
                raise TimeoutError(f"another process is at work on {part} and does not end")
            if not _is_still(part, file):
                continue
            if not finished.exists():
                yield file
            else:
                part.unlink()
                yield None
            return


def _is_still(path: Path, file: IO[bytes]) -> bool:
    """Return whether a path still names an open file, which the last holder of the lock may have renamed."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
