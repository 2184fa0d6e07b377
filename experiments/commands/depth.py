"""Experiment 2: accuracy against the depth of the keyword (Figure 4).

RNN and RLSTM on ten datasets of 21 to 30 tokens, the keyword 1–2 to 10–11 steps below the root.
"""

from __future__ import annotations

import argparse

from experiments.paper import sweeps

add_arguments = sweeps.add_arguments


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet; return the exit code."""
    return sweeps.run_experiment("depth", args)
