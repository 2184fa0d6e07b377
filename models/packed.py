"""Files that may be compressed, recognised by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError)

_OPENERS: dict[bytes, tuple[str, Any]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZh": ("bz2", bz2.BZ2File),
    b"\xfd7zXZ\0": ("xz", lzma.LZMAFile),
}


@contextmanager
def damage_named(name: str | None) -> Iterator[None]:
    """Raise an OSError that names the file where its compressed data turn out to be damaged."""
    try:
        yield
    except _DAMAGED as error:
        raise OSError(f"{name} is damaged compressed data: {error}") from None
    except OSError as error:
        if error.errno is not None:  # the system's own, which names the file
            raise
        raise OSError(f"{name} is damaged compressed data: {error}") from None


def packing(start: bytes) -> str | None:
    """Return how data that begin like this are compressed, "gzip", "bz2" or "xz"; None if they are not."""
    return next((name for magic, (name, _) in _OPENERS.items() if start.startswith(magic)), None)


def unpacked(file: Any) -> tuple[IO[bytes], str | None]:
    """Return a file of the unpacked data, and how they are compressed.

    Parameters
    ----------
    file
        Open for reading bytes, at its beginning, with ``peek``.
    """
    name = packing(file.peek(6)[:6])
    if name is None:
        return file, None
    return next(opener for known, opener in _OPENERS.values() if known == name)(file), name
