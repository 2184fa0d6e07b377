"""Everything in one go: Experiments 1, 2 and 3 side by side, then the figures and the claims.

With --cell the three experiments for other cells. The figures and the claims are about the paper's two, so
that none are made then: `export` writes what came out as a table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

from experiments.commands import claims, figures
from experiments.paper import error_vectors, options
from experiments.paper.grids import EXPERIMENTS
from experiments.paper.stored import ABLATION
from experiments.paper.treebank import measure
from experiments.sweep import arguments, finished
from viz.command_line import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    options.add_arguments(parser)
    options.add_cells(parser, arguments.watched_cell)
    claims.add_treebank(parser)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, draw, decide; return the first exit code that is not 0.

    Claim 21 is decided by what `ablate` made at the same scale. With cells of the user's choice it is the
    training alone.

    Raises
    ------
    InputError
        If there is a treebank for the claims, and cells that no claim is about.
    """
    if args.cell and args.treebank is not None:
        raise InputError("--treebank is for a claim about the paper's cells: leave it out, or --cell")
    jobs = [job for experiment in EXPERIMENTS for job in options.jobs(experiment, args)]
    if args.cell:
        code = options.run_sweep(jobs, args, options.cells_folder(args))
        if not args.dry_run:
            print(
                "no figures and no claims: they are about the paper's RNN and RLSTM; a table of all rows: "
                f"python -m experiments export --csv FILE --out {args.out}"
            )
        return code
    # Before the training, so that a treebank that can't be read is not found out after it.
    measured = None if args.treebank is None else measure(args.treebank)
    trained = options.run_sweep(jobs, args)
    if args.dry_run:
        return trained
    if measured is not None:
        claims.keep_treebank(args.out, measured)
    drawn = figures.run(_parsed(figures, args.out))
    ablate = ABLATION[args.scale]
    decided = claims.run(_parsed(claims, args.out, "--ablate", str(ablate)))
    claims.write(args.out, ablate)
    error_vectors.write(finished(args.out), args.out)
    return trained or drawn or decided


def _parsed(command: ModuleType, out: Path, *more: str) -> argparse.Namespace:
    """Return the arguments of a command that reads this one's rows."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(["--out", str(out), *more])
