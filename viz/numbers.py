"""Whole numbers on the command line, and what is said of those that are none."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def whole(what: str, least: int = 1) -> Callable[[str], int]:
    """Return the function that reads a whole number from `least` on, for ``type=`` of an option."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{what} is a whole number from {least} on, not {text!r}")
        return int(text)

    return read


def count(what: str) -> Callable[[str], int]:
    """Return the function that reads how many there are of something, at least one."""
    return whole(f"a number of {what}")


seed = whole("a seed", 0)
