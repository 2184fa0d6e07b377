"""Cells on the command line, and what is said of those that will not do; numbers as `viz` reads them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

import numpy as np

import models
from models.cells import is_chain_cell
from viz.numbers import count, seed, whole

__all__ = ["add_cells", "cell", "count", "seed", "tree_cell", "watched_cell", "whole"]


def add_cells(parser: argparse.ArgumentParser, folder: str, read: Callable[[str], str]) -> None:
    """Declare ``--cell``, whose values `read` reads; `folder`: the default one then, in words."""
    parser.add_argument(
        "--cell",
        action="append",
        type=read,
        metavar="NAME",
        help="train this cell, not the paper's two: a name of models.CELLS, or package.module:Class for one "
        f"of your own; may be given several times; the default folder is {folder} then",
    )


def cell(text: str) -> str:
    """Read the name of a cell, which may be the user's own, in the working directory."""
    here = os.getcwd()
    if here not in sys.path:  # where the console command is run, and not ``python -m``
        sys.path.append(here)
    try:
        made = models.cell(text)(2, np.random.default_rng(0))
    except models.CellError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except Exception as error:  # the class may be the user's own
        raise argparse.ArgumentTypeError(f"{text}(2, rng) raised {type(error).__name__}: {error}") from error
    if not hasattr(made, "settings"):
        raise argparse.ArgumentTypeError(
            f"{text} has no `settings`, without which its models can't be saved; set it in __init__ to the "
            "keyword arguments (besides rng and dtype) that build the same cell"
        )
    return text


def watched_cell(text: str) -> str:
    """Read the name of a cell whose error vectors can be followed through its one fold."""
    kind = models.cell(cell(text))
    if issubclass(kind, models.Encoder):
        raise argparse.ArgumentTypeError(
            f"{text} is made of several folds, and no error vector of a node goes through all of them; "
            "choose a single cell, such as LSTM"
        )
    return text


def tree_cell(text: str) -> str:
    """Read the name of a cell that runs over trees."""
    if is_chain_cell(models.cell(cell(text))):
        raise argparse.ArgumentTypeError(
            f"{text} reads sequences, and this command draws trees; "
            f"choose a cell for trees, such as {', '.join(models.TREE_CELLS)}"
        )
    return text
