"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
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
        If the folder does not exist or can't be written; the text says which. Whatever stood at `path`
        before is untouched, and no partial file stays behind.
    """
    path = Path(path)
    try:
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(error.errno, f"can't write {path}: {reason} ({path.parent})") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(partial, 0o666 & ~umask)  # mkstemp's 0600 is for secrets
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
