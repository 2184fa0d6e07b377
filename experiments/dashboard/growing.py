"""A file that another process appends to: which lines are new, and whether it was written anew."""

from __future__ import annotations

import os
from pathlib import Path

SEEN = 64  # bytes before the offset by which a file is recognised that was cut and has grown again


class Growing:
    """Reads a file's new lines; a last one that is not whole yet is left for later.

    Attributes
    ----------
    pending : bool
        Whether there is such a line.
    """

    def __init__(self) -> None:
        self._offset, self._before, self._state = 0, b"", (-1, -1)
        self.lines, self.pending = 0, False

    def read(self, path: Path) -> tuple[bool, list[bytes]]:
        """Return whether the file is another than before, so that all is new, and the new lines.

        Raises
        ------
        OSError
            If it can't be read.
        """
        about = os.stat(path)
        state = about.st_size, about.st_mtime_ns
        if state == self._state:
            return False, []
        with path.open("rb") as file:
            file.seek(max(0, self._offset - SEEN))
            anew = about.st_size < self._offset or file.read(len(self._before)) != self._before
            if anew:
                self._offset, self.lines = 0, 0
            file.seek(self._offset)
            content = file.read()
        whole = content.rfind(b"\n") + 1
        self._state, self.pending = state, whole < len(content)
        self._before = (b"" if anew else self._before) + content[:whole]
        self._before, self._offset = self._before[-SEEN:], self._offset + whole
        found = content[:whole].splitlines()
        self.lines += len(found)
        return anew, found
