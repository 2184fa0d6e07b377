"""Options that several commands have: scale, runs, seed, cells; and the readers of their values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import models
from experiments.sweep.output import RESULTS
from models.cells import is_chain_cell
from viz.arguments import cell_class, count, seed

SCALES = ("smoke", "paper")


def add_scale(parser: argparse.ArgumentParser, sizes: str) -> None:
    """Declare ``--scale``, ``--runs`` and ``--seed``; `sizes`: how large the two scales are, in words."""
    parser.add_argument("--scale", choices=SCALES, default=SCALES[0], help=sizes)
    parser.add_argument(
        "--runs", type=count("runs"), metavar="N", help="runs of each kind, if not as many as the scale has"
    )
    add_seed(parser)


def add_stored(parser: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup, more: str = "") -> None:
    """Declare ``--out`` of a command that reads rows; `more`: what else is done there, in words."""
    help = f"where the rows are stored{more}"
    parser.add_argument("--out", type=Path, default=RESULTS / "paper", metavar="DIR", help=help)


def from_zero(what: str) -> Callable[[str], float]:
    """Return a reader of a finite number from 0 on; `what` names it in the message for other texts."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise argparse.ArgumentTypeError(f"{what} is a number from 0 on, not {text!r}")
        return value

    return read


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Declare ``--seed``."""
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="seed of data, weights and order")


def add_cells(
    parser: argparse.ArgumentParser, instead_of: str, read: Callable[[str], str], name: str = ""
) -> None:
    """Declare ``--cell``, which may be given several times; rows then go where `choose_folder` says.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    instead_of : str
        The cells that are trained otherwise, in words.
    read : function
        Reads a value: `cell`, `watched_cell` or `tree_cell`.
    name : str
        As in `cells_folder`.
    """
    folder = cells_folder("SCALE", name).relative_to(RESULTS.parent.parent)
    more = f"; may be given several times; rows go into {folder} then"
    add_cell(parser, f"train this cell, not {instead_of}", read, more, action="append")


def add_cell(
    parser: argparse.ArgumentParser, what: str, read: Callable[[str], str], more: str = "", **options: Any
) -> None:
    """Declare ``--cell``: what it is for, who reads it, and options of ``add_argument``."""
    named = "a name of models.CELLS, or package.module:Class for one of your own"
    parser.add_argument("--cell", type=read, metavar="NAME", help=f"{what}: {named}{more}", **options)


def cells_folder(scale: str, name: str = "") -> Path:
    """Return the default folder for rows of cells that ``--cell`` named.

    Parameters
    ----------
    scale : str
    name : str
        Of what has a folder to itself; empty for the paper's experiments, which share theirs.
    """
    return RESULTS / f"cells-{scale}" / name


def choose_folder(args: argparse.Namespace, usual: Path, name: str = "") -> None:
    """Fill in ``args.out`` unless it was given: the usual folder, or with ``--cell`` `cells_folder`."""
    if args.out is None:
        args.out = cells_folder(args.scale, name) if args.cell else usual


def cell(text: str) -> str:
    """Read the name of a cell whose models can be saved; see `viz.arguments.cell_class`."""
    if not hasattr(cell_class(text)(2, np.random.default_rng(0)), "settings"):
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
