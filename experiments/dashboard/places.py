"""Where in a folder the rows of runs are, and the looks at them, and what the files of a run are called."""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path
from typing import Any

RUNS = "runs"  # rows: ID.jsonl of a finished run, ID.part of one under way
TABLE = "runs.jsonl.xz"  # the files of many finished runs, one after another
LIVE = "live"  # looks at a run while it trains: ID.jsonl
EMPTY = "no runs/ or runs.jsonl.xz (rows of a sweep) and no live/ (looks at a training) is in it"
_LAST = b'{"kind":"end",'  # how the last line of a run's file begins


def canonical(settings: dict[str, Any]) -> str:
    """Return settings as JSON text that is the same for equal settings."""
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)


def file_id(name: str) -> str:
    """Return the name of a run's files where it has no settings: that of the run, with - for /."""
    return name.replace("/", "-")


def run_id(name: str, settings: dict[str, Any]) -> str:
    """Return the name of a run's files: the run's name, and a hash of its settings."""
    digest = hashlib.sha256(canonical(settings).encode()).hexdigest()[:8]
    return f"{file_id(name)}-{digest}"


def unpacked(table: Path) -> tuple[list[bytes], bytes]:
    """Return the contents of the files in a table, and what comes after the last, if it is damaged.

    Raises
    ------
    OSError, lzma.LZMAError, EOFError
        If it can't be read.
    """
    contents = [b""]
    for line in lzma.decompress(table.read_bytes()).splitlines(keepends=True):
        contents[-1] += line
        if line.startswith(_LAST):
            contents.append(b"")
    return contents[:-1], contents[-1]
