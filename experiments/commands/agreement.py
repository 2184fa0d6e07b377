"""Number agreement: the verb has to agree with a subject that is up to 20 words away.

Elman, LSTM and GRU read sentences of an artificial grammar up to the verb's place and tell its number; RNN
and RLSTM do so over random trees of the same sentences. Trained on each distance alone and on all together:
accuracy by distance, and how much of the gradient gets back from the verb's place to the subject.

example: python -m experiments agreement --scale paper --jobs 2
"""

from __future__ import annotations

import argparse

from experiments.studies import study
from experiments.studies.agreement import STUDY
from experiments.studies.agreement.settings import jobs
from experiments.sweep import arguments
from experiments.sweep.output import RESULTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    parser.add_argument(
        "--cell",
        action="append",
        type=arguments.watched_cell,
        metavar="NAME",
        help="train this cell, not those five: a name of models.CELLS, or package.module:Class for one of "
        "your own; may be given several times; the default folder is experiments/results/cells-SCALE/"
        f"{STUDY.name} then",
    )


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, draw, sum up; return the exit code."""
    if not args.cell:
        return study.run(STUDY, args)
    if args.out is None:
        args.out = RESULTS / f"cells-{args.scale}" / STUDY.name
    cells = tuple(dict.fromkeys(args.cell))
    return study.run(STUDY, args, list(jobs(args.scale, args.seed, args.runs, cells)))
