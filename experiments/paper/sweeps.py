"""What `length`, `depth`, `gradient`, `ablate` and `all` have in common: their options, and their sweeps."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments import sweep
from experiments.paper import ablation, claims, error_vectors, figures, memory, success
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.paper.named import NAMED, USUAL, ByModel, Rows
from experiments.paper.settings import MODELS, base
from experiments.paper.stored import ABLATION
from experiments.paper.treebank import measure
from experiments.sweep import arguments, finished
from experiments.sweep.output import RESULTS, write_text
from viz.command_line import InputError


def add_arguments(
    parser: argparse.ArgumentParser,
    out: str = "experiments/results/SCALE",
    read_cell: Callable[[str], str] = arguments.cell,
) -> None:
    """Declare scale, runs, seed and cells, and the options of a sweep.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    out : str
        The default folder, in words.
    read_cell : function
        Reads the values of ``--cell``.
    """
    arguments.add_scale(parser, "a few hundred sentences, or the paper's 12,000")
    arguments.add_cells(parser, "the paper's two", read_cell)
    add_settings(parser, "train with these settings; rows go into a folder with that name then")
    sweep.add_arguments(parser, out)


def add_settings(parser: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup, what: str) -> None:
    """Declare ``--settings``; `what`: what it is for, in words."""
    parser.add_argument(
        "--settings", choices=NAMED, metavar="NAME", help=f"{what}: {', '.join(NAMED)} (default: {USUAL})"
    )


def stored_folder(args: argparse.Namespace) -> Path:
    """Return the folder that ``--out``, or ``--settings`` and ``--seed``, name; of a command that reads rows.

    Raises
    ------
    InputError
        If there is a seed, and a folder that it does not belong to.
    """
    if args.settings:
        return Rows(args.settings, args.seed).folder
    if args.seed:
        raise InputError("--seed names the rows of --settings: leave it out, or name the settings")
    out: Path = args.out
    return out


def run_experiment(experiment: str, args: argparse.Namespace) -> int:
    """Do the runs of one of the paper's experiments that are not done yet; return the exit code."""
    _check(args)
    code = _run(_jobs(experiment, args), args)
    if args.dry_run:
        return code
    if experiment != "gradient":
        success.write(finished(args.out), args.out)
        return code
    memory.write(finished(args.out), args.out)
    if text := error_vectors.write(finished(args.out), args.out):
        print(f"\nmedian ratio by error vector\n{text}wrote {args.out / error_vectors.FILE}")
    return code


def run_ablation(args: argparse.Namespace) -> int:
    """Do the runs of `ablate` that are not done yet, print the table and write it; return the exit code."""
    cells = tuple(dict.fromkeys(args.cell or ()))
    _check(args)
    more = {"seed": args.seed, "runs": args.runs, "cells": cells, "changes": _changes(args)}
    jobs = list(ablation.ablation_jobs(args.scale, **more))
    named = _named(args)
    code = _run(jobs, args, ABLATION[args.scale] if named is None else named.ablation)
    if not args.dry_run:
        text = ablation.table(jobs, finished(args.out))
        write_text(args.out / "ablate.md", text)
        print(f"\n{text}\nwrote {args.out / 'ablate.md'}")
    return code


def run_all(args: argparse.Namespace) -> int:
    """Do the runs of all three experiments, draw, decide; return the first exit code that is not 0.

    Claim 21 is decided by what `ablate` made at the same scale. Of cells of the user's choice there are
    figures, and no claims.

    Raises
    ------
    InputError
        If there is a treebank for the claims, and cells that no claim is about.
    """
    _check(args)
    if args.cell and args.treebank is not None:
        raise InputError("--treebank is for a claim about the paper's cells: leave it out, or --cell")
    # Before the training, so that a treebank that can't be read is reported at once.
    measured = None if args.treebank is None else measure(args.treebank, claims.reading(args))
    trained = _run([job for experiment in EXPERIMENTS for job in _jobs(experiment, args)], args)
    if args.dry_run:
        return trained
    drawn = figures.draw(args.out)
    if args.cell:
        print("no claims: they are about the paper's RNN and RLSTM")
        return trained or drawn
    if measured is not None:
        claims.keep_treebank(args.out, measured)
    named = _named(args)
    ablate = ABLATION[args.scale] if named is None else named.ablation
    decided = claims.tell(args.out, ablate, write=True)
    for page in (error_vectors, memory, success):
        page.write(finished(args.out), args.out)
    return trained or drawn or decided


def _jobs(experiment: str, args: argparse.Namespace) -> list[sweep.Job]:
    cells = tuple(dict.fromkeys(args.cell or MODELS))
    named = _named(args)
    more = {"seed": args.seed, "runs": args.runs, "cells": cells, "changes": _changes(args)}
    more["dev_ratios"] = named is None or named.dev_ratios
    return list(experiment_jobs(experiment, args.scale, **more))


def _check(args: argparse.Namespace) -> None:
    if args.cell and args.settings:
        raise InputError("--settings are those of the paper's two models: leave it out, or --cell")


def _changes(args: argparse.Namespace) -> ByModel:
    return NAMED[args.settings] if args.settings else {}


def _named(args: argparse.Namespace) -> Rows | None:
    return Rows(args.settings, args.seed, args.scale) if args.settings else None


def _run(jobs: Sequence[sweep.Job], args: argparse.Namespace, out: Path | None = None) -> int:
    """Do the jobs; `out`: where their rows go by default, if not into the scale's folder or the cells'."""
    named = _named(args)
    arguments.choose_folder(args, out or (RESULTS / args.scale if named is None else named.folder))
    return sweep.run(jobs, args, base=base())
