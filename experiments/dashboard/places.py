"""Where in a folder the rows of runs are, and the looks at them."""

from __future__ import annotations

RUNS = "runs"  # rows: ID.jsonl of a finished run, ID.part of one under way
LIVE = "live"  # looks at a run while it trains: ID.jsonl
EMPTY = "neither runs/ (rows of a sweep) nor live/ (looks at a training) is in it"


def file_id(name: str) -> str:
    """Return the name of a run's files: that of the run, with - for /."""
    return name.replace("/", "-")
