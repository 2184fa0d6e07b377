"""Redraw the paper's Figures 2 to 7 from stored rows, for print (PDF, SVG) and screen (PNG).

Figure 2 is drawn as in the paper, and once more for each model that `gradient` has kept, coloured by the
gradient norms of that model. Rows of other cells (--cell) are drawn too; their gradient ratios, Figures 5 and
6 of the paper's two cells, go into figure-6-CELL.
"""

from __future__ import annotations

import argparse

from experiments.paper import figures
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_stored(parser, "; the figures go into DIR/figures")
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
    return figures.draw(args.out, args.only)
