"""Experiment 2: accuracy against the depth of the keyword (Figure 4).

RNN and RLSTM on ten datasets of 21 to 30 tokens, the keyword 1–2 to 10–11 steps below the root.
"""

from __future__ import annotations

import argparse

from experiments.paper.grids import experiment_jobs
from experiments.paper.options import add_arguments, run_sweep

__all__ = ["add_arguments", "run"]


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet; return the exit code."""
    return run_sweep(list(experiment_jobs("depth", args.scale, seed=args.seed, runs=args.runs)), args)
