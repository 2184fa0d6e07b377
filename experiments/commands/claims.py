"""Decide the paper's 21 claims by stored rows: the paper's sentence, our numbers, and whether it holds."""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.paper import claims
from experiments.sweep import arguments
from viz.reading import add_reading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_stored(parser)
    parser.add_argument(
        "--ablate",
        type=Path,
        metavar="DIR",
        help="where those of ablate are (default: experiments/results/ablate, or ablate-smoke beside smoke)",
    )
    add_treebank(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the decisions there, too")


def add_treebank(parser: argparse.ArgumentParser) -> None:
    """Declare where the treebank of claim 16 is."""
    parser.add_argument(
        "--treebank",
        type=Path,
        metavar="DIR",
        help="folder with train.txt, dev.txt, test.txt of the Stanford Sentiment Treebank, for claim 16; "
        "what is measured is kept beside the rows",
    )
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Print the decisions; return the exit code."""
    reading = claims.reading(args)
    return claims.tell(args.out, args.ablate, args.treebank, args.json, reading=reading)
