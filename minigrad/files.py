"""Files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when everything has been written.

    Raises
    ------
    OSError
        If the path can't be written; the text says why. Whatever stood there before is untouched, and no
        partial file stays behind.
    """
    path = Path(path)
    if not path.name:
        raise IsADirectoryError(f"can't write {path}: it is a folder; give the name of a file")
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        try:
            with part.open("wb") as file:
                yield file
            os.replace(part, path)
        finally:
            if part.is_file():  # not after a success
                part.unlink()
    except OSError as error:
        if error.filename is None:  # raised by the writer, for instance a full disk
            raise
        where = path.parent.absolute()
        raise type(error)(error.errno, f"can't write {path.name} into {where}: {error.strerror}") from error
