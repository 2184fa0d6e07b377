"""Whole numbers and cells on the command line, and the messages about wrong ones."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import models


def whole(what: str, least: int = 1) -> Callable[[str], int]:
    """Return a function that reads a whole number of at least `least`, for ``type=`` of an option."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{what} is a whole number from {least} on, not {text!r}")
        return int(text)

    return read


def count(what: str) -> Callable[[str], int]:
    """Return a function that reads a number of things, at least one."""
    return whole(f"a number of {what}")


seed = whole("a seed", 0)


def cell_class(text: str, *, nary: bool = False) -> Any:
    """Return the class of a cell by its name: one of `models.CELLS`, or ``package.module:Class``.

    The module may be in the working directory. `nary`: whether it may be a cell for dependency trees.
    """
    here = os.getcwd()
    if here not in sys.path:  # it is with ``python -m``, but not with the console command
        sys.path.append(here)
    try:
        kind = models.cell(text, nary=nary)
        kind(2, np.random.default_rng(0)).parts  # noqa: B018 (raises if they are missing)
    except models.CellError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except Exception as error:  # the class may be the user's own
        raise argparse.ArgumentTypeError(f"{text}(2, rng) raised {type(error).__name__}: {error}") from error
    return kind


def any_cell(text: str) -> Any:
    """Return the class of a cell for binary trees, chains or dependency trees; see `cell_class`."""
    return cell_class(text, nary=True)
