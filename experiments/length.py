"""Experiment 1: accuracy against the length of the sentences (Figure 3).

RNN and RLSTM on ten datasets, from 1–10 to 91–100 tokens, with the mean depth of the keywords beside them.
"""

from __future__ import annotations

import argparse

from experiments.paper.grids import experiment_jobs
from experiments.paper.options import add_arguments, run_sweep

__all__ = ["add_arguments", "run"]


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet; return the exit code."""
    return run_sweep(list(experiment_jobs("length", args.scale, seed=args.seed, runs=args.runs)), args)
