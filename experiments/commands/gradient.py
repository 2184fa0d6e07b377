"""Experiment 3: how much of the gradient at the root reaches the keyword (Figures 5, 6, 7).

RNN and RLSTM on Experiment 1's third dataset, 21–30 tokens: the same runs, with their gradients measured. For
every training tree in every epoch, beginning before the first update, the ratio of the norms of the error
vectors at the keyword and at the root; the rows keep quantiles by keyword depth, and a sample.
"""

from __future__ import annotations

import argparse

from experiments.paper import sweeps
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    sweeps.add_arguments(parser, read_cell=arguments.watched_cell)


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet, and compare the error vectors; return the exit code."""
    return sweeps.run_experiment("gradient", args)
