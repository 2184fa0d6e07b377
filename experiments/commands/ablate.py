"""Try the settings that the paper leaves open, and those that it says make no difference.

RLSTM on 21–30 tokens: L2, AdaGrad's first step and its ε, weights of leaves, initialisation, tree shape, one
at a time around the defaults. RNN on 1–10 and 21–30 tokens: learning rate, minibatch, D. Data and seeds are
none of the paper's experiments'. No default is chosen by this table; L2 is what the study `why` has chosen.
Which error vector is meant needs no runs of its own: `gradient` records all readings.

With --cell another cell on 21–30 tokens: all of these but the weights of leaves, and the tree shape only if
it reads trees.
"""

from __future__ import annotations

import argparse

from experiments.paper import sweeps


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    sweeps.add_arguments(parser, "experiments/results/ablate, or ablate-smoke")


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet, print the table and write it; return the exit code."""
    return sweeps.run_ablation(args)
