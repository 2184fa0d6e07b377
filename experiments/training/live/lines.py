"""A file of JSON lines that only grows, and whose failure stops nothing."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DIGITS = 4  # significant ones of a number
BLOCK = 4096  # bytes that are searched for the last line at a time


class Lines:
    """Appends lines to a file; after the first error it writes no more, and says so once.

    Lines are not forced to the disk: what a crash of the machine loses is a look, not a row.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.
    tell : function of a text
        Called at most once, with what went wrong.
    """

    def __init__(self, path: Path, tell: Callable[[str], object]) -> None:
        self._path, self._tell = path, tell
        self._descriptor: int | None = None
        self.failed = False

    def begin(self, afresh: bool) -> None:
        """Open the file, empty it or cut off a line that a crash has torn, and keep others from writing."""
        if self._descriptor is None and not self.failed:
            self._attempt(lambda: self._open(afresh))

    def write(self, line: dict[str, Any]) -> None:
        """Append a line."""
        if self._descriptor is not None:
            text = json.dumps(_plain(line), separators=(",", ":"), ensure_ascii=False)
            self._attempt(lambda: self._append(text.encode() + b"\n"))

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    def fail(self, why: str) -> None:
        """Write no more, and say why."""
        self.close()
        if not self.failed:
            self.failed = True
            self._tell(f"{self._path}: {why}; training goes on without looks at it")

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self.fail(error.strerror or str(error))

    def _open(self, afresh: bool) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._path, flags, 0o666)
        self._descriptor = descriptor
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise OSError(error.errno, "another training writes looks of the same name") from None
        os.ftruncate(descriptor, 0 if afresh else _whole(descriptor))

    def _append(self, line: bytes) -> None:
        assert self._descriptor is not None
        left = memoryview(line)
        while left:
            left = left[os.write(self._descriptor, left) :]


def _whole(descriptor: int) -> int:
    """Return where the last line that is whole ends."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end:
        start = max(0, end - BLOCK)
        os.lseek(descriptor, start, os.SEEK_SET)
        at = os.read(descriptor, end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _plain(value: Any) -> Any:
    """Return JSON values: floats in four digits; what is not finite as text, which JSON lacks numbers for."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if math.isfinite(value):
            return float(f"{value:.{DIGITS}g}")
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
