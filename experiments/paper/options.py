"""The options that all experiments take, and the sweep that they end in."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from experiments import arguments, sweep
from experiments.output import RESULTS
from experiments.paper.grids import base
from experiments.paper.settings import SCALES


def add_arguments(parser: argparse.ArgumentParser, out: str = "experiments/results/SCALE") -> None:
    """Declare scale, runs and seed, and the options of a sweep; `out`: the default folder, in words."""
    parser.add_argument(
        "--scale", choices=SCALES, default="smoke", help="a few hundred sentences, or the paper's 12,000"
    )
    parser.add_argument(
        "--runs",
        type=arguments.count("runs"),
        metavar="N",
        help="runs of each model on each dataset, if not the scale's",
    )
    parser.add_argument(
        "--seed", type=arguments.seed, default=0, metavar="N", help="seed of data, weights and order"
    )
    sweep.add_arguments(parser, out)


def run_sweep(jobs: Sequence[sweep.Job], args: argparse.Namespace, out: Path | None = None) -> int:
    """Do the jobs; return the exit code.

    Parameters
    ----------
    jobs : sequence of Job
    args : argparse.Namespace
        ``args.out`` is filled in if it is None.
    out : Path, optional
        The default output folder, if not the scale's.
    """
    if args.out is None:
        args.out = out or RESULTS / args.scale
    return sweep.run(jobs, args, base=base())
