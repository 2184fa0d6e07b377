"""Try what the paper leaves open, and what it says makes no difference.

RLSTM on 21–30 tokens: L2, AdaGrad's first step and its ε, weights of leaves, initialisation, tree shape, one
at a time around the defaults. RNN on 1–10 and 21–30 tokens: learning rate, minibatch, D. Data and seeds are
apart from those of the paper's experiments; defaults are chosen by the dev accuracies of this table. Which
error vector is meant needs no runs of its own: `gradient` records all readings.

With --cell another cell on 21–30 tokens: all of these but the weights of leaves, and the tree shape only if
it reads trees.
"""

from __future__ import annotations

import argparse

from experiments.paper import options
from experiments.paper.ablation import ablation_jobs, table
from experiments.paper.stored import ABLATION
from experiments.sweep import finished
from minigrad.files import atomic_write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    options.add_arguments(parser, "experiments/results/ablate, or ablate-smoke")
    options.add_cells(parser)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, print the table and write it; return the exit code."""
    cells = tuple(dict.fromkeys(args.cell or ()))
    jobs = list(ablation_jobs(args.scale, seed=args.seed, runs=args.runs, cells=cells))
    code = options.run_sweep(jobs, args, options.cells_folder(args) or ABLATION[args.scale])
    if args.dry_run:
        return code
    text = table(jobs, finished(args.out))
    with atomic_write(args.out / "ablate.md") as file:
        file.write(text.encode())
    print(f"\n{text}\nwrote {args.out / 'ablate.md'}")
    return code
