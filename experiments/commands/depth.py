"""Experiment 2: accuracy against the depth of the keyword (Figure 4).

RNN and RLSTM on ten datasets of 21 to 30 tokens, the keyword 1–2 to 10–11 steps below the root.
"""

from __future__ import annotations

import argparse

from experiments.paper import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    options.add_arguments(parser)
    options.add_cells(parser)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet; return the exit code."""
    return options.run_experiment("depth", args)
