"""Experiment 3: how much of the gradient at the root reaches the keyword (Figures 5, 6, 7).

RNN and RLSTM on Experiment 1's third dataset, 21–30 tokens: the same runs, watched. For every training tree
in every epoch, from before the first update on, the norm of the error vector at the keyword over that at the
root; the rows keep quantiles by keyword depth, and a sample.
"""

from __future__ import annotations

import argparse

from experiments.paper import sweeps
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    sweeps.add_arguments(parser, read_cell=arguments.watched_cell)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, and compare the error vectors; return the exit code."""
    return sweeps.run_experiment("gradient", args)
