"""The demo: see the gradient vanish before training, come back, and what that is worth."""

from __future__ import annotations

import argparse
from pathlib import Path

import models
from experiments.paper import demo
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's options."""
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where to write")
    arguments.add_seed(parser)
    arguments.add_cell(parser, "a cell for trees to hold against the RNN", _other_cell, default="RLSTM")
    parser.add_argument(
        "--keep-epochs",
        action="store_true",
        help="write the models of every epoch into DIR/epochs, for python -m viz epochs",
    )
    parser.add_argument(
        "--live", action="store_true", help="look at the trainings while they run, and show it in the browser"
    )


def _other_cell(text: str) -> str:
    if models.cell(arguments.tree_cell(text)).__name__ == "RNN":
        raise argparse.ArgumentTypeError("the RNN is drawn anyway; choose a cell to hold against it")
    return text


def run(args: argparse.Namespace) -> int:
    """Train both models, print what happens, write the results; return the exit code."""
    demo.run(args.out, args.seed, args.cell, args.keep_epochs, args.live)
    return 0
