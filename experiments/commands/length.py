"""Experiment 1: accuracy against the length of the sentences (Figure 3).

RNN and RLSTM on ten datasets, from 1–10 to 91–100 tokens, with the mean depth of the keywords beside them.
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
    return options.run_experiment("length", args)
