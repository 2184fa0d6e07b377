"""Experiment 1: accuracy against the length of the sentences (Figure 3).

RNN and RLSTM on ten datasets, from 1–10 to 91–100 tokens, with the mean depth of the keywords beside them.
"""

from __future__ import annotations

import argparse

from experiments.paper import sweeps

add_arguments = sweeps.add_arguments


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet; return the exit code."""
    return sweeps.run_experiment("length", args)
