"""Numbers on the command line, and what is said of those that are none."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def seed(text: str) -> int:
    """Read a seed."""
    return _whole("a seed", 0, text)


def count(what: str) -> Callable[[str], int]:
    """Return the function that reads a number of something, at least one."""
    return lambda text: _whole(f"a number of {what}", 1, text)


def _whole(what: str, least: int, text: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{what} is a whole number from {least} on, not {text!r}")
    return int(text)
