"""The command: the runs of all trials that are not done yet, and the page."""

from __future__ import annotations

import argparse

from experiments import sweep
from experiments.paper.causes import figures, report, trials
from experiments.paper.settings import base
from experiments.sweep import arguments, finished
from experiments.sweep.figures import save
from experiments.sweep.output import RESULTS, write_text

FOLDERS = {"paper": RESULTS / "causes", "smoke": RESULTS / "causes-smoke"}
PAGE = "causes.md"


def run(args: argparse.Namespace) -> int:
    """Do the runs that are not done yet, print the page and write it; return the exit code."""
    if args.out is None:
        args.out = FOLDERS[args.scale]
    trials.by_trial(finished(args.out))  # rows of another command are told of before any training
    code = sweep.run(list(trials.jobs(args.scale, args.seed, args.runs)), args, base=base(), packed=True)
    if not args.dry_run:
        runs = finished(args.out)
        if code == 0:
            save("by-heart", figures.by_heart(trials.by_trial(runs)), args.out)
        text = report.page(runs, args.seed)
        write_text(args.out / PAGE, text)
        print(f"\n{text}\nwrote {args.out / PAGE}")
    return code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_scale(parser, "a minute to see how it goes, or the committed table")
    parser.set_defaults(seed=trials.SEED)
    sweep.add_arguments(parser, "experiments/results/causes, or causes-smoke")
