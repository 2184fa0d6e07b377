"""Experiment 3: how much of the gradient at the root reaches the keyword (Figures 5, 6, 7).

RNN and RLSTM on Experiment 1's third dataset, 21–30 tokens: the same runs, watched. For every training tree
in every epoch, from before the first update on, the norm of the error vector at the keyword over that at the
root; the rows keep quantiles by keyword depth, and a sample.
"""

from __future__ import annotations

import argparse

from experiments import error_vectors
from experiments.paper.grids import experiment_jobs
from experiments.paper.options import add_arguments, run_sweep
from experiments.sweep import finished

__all__ = ["add_arguments", "run"]


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, and compare the error vectors; return the exit code."""
    jobs = list(experiment_jobs("gradient", args.scale, seed=args.seed, runs=args.runs))
    code = run_sweep(jobs, args)
    if not args.dry_run and (text := error_vectors.write(finished(args.out), args.out)):
        print(f"\nmedian ratio by error vector\n{text}wrote {args.out / error_vectors.FILE}")
    return code
