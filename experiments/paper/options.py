"""The options that all experiments take, and the sweep that they end in."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments import sweep
from experiments.paper.grids import base, experiment_jobs
from experiments.paper.settings import MODELS, SCALES
from experiments.sweep import arguments
from experiments.sweep.output import RESULTS


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


def add_cells(parser: argparse.ArgumentParser, read: Callable[[str], str] = arguments.cell) -> None:
    """Declare ``--cell``, whose values `read` reads."""
    arguments.add_cells(parser, "experiments/results/cells-SCALE", read)


def cells_folder(args: argparse.Namespace) -> Path | None:
    """Return where the rows of the cells asked for go by default; None where none was asked for."""
    return RESULTS / f"cells-{args.scale}" if args.cell else None


def run_experiment(experiment: str, args: argparse.Namespace) -> int:
    """Do the runs of one of the paper's experiments, for the cells asked for; return the exit code."""
    return run_sweep(jobs(experiment, args), args, cells_folder(args))


def jobs(experiment: str, args: argparse.Namespace) -> list[sweep.Job]:
    """Return the runs of one of the paper's experiments, for the cells asked for."""
    cells = tuple(dict.fromkeys(args.cell or MODELS))
    return list(experiment_jobs(experiment, args.scale, seed=args.seed, runs=args.runs, cells=cells))


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
