"""Redraw the paper's Figures 2 to 7 from stored rows, for print (PDF, SVG) and screen (PNG).

Figure 2 is drawn as in the paper, and once more for each model that `gradient` has kept, coloured by the
gradient norms of that model. Rows of other cells (--cell) are drawn too; their gradient ratios, Figures 5 and
6 of the paper's two cells, go into figure-6-CELL.
"""

from __future__ import annotations

import argparse

from experiments.paper import figures, sweeps
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    where = parser.add_mutually_exclusive_group()
    arguments.add_stored(where, "; the figures go into DIR/figures")
    sweeps.add_settings(where, "where the rows of these settings are stored")
    arguments.add_seed(parser)
    parser.add_argument(
        "--only",
        type=int,
        nargs="+",
        choices=figures.NUMBERS,
        metavar="N",
        help="numbers of figures, from 2 to 7 (default: all)",
    )


def run(args: argparse.Namespace) -> int:
    """Draw; return the exit code."""
    return figures.draw(sweeps.stored_folder(args), args.only)
