"""The paper's future work: sums of keywords, their order, negation, distractors; for every cell over trees.

Sentences of 5 to 15 words. Accuracy by the number of keywords, negators or distractors, and by the depth of
the deepest keyword. For example: ``python -m experiments tasks --cell RLSTM --cell TreeLSTM --rate 0.8``
"""

from __future__ import annotations

import argparse

from experiments.studies.study import Study
from experiments.studies.tasks.figures import figures
from experiments.studies.tasks.perform import CELLS, RATE, grid, perform
from experiments.studies.tasks.summary import summary
from experiments.sweep import arguments

STUDY = Study("tasks", grid, perform, figures, summary, CELLS, arguments.tree_cell)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    STUDY.add_arguments(parser)
    parser.add_argument(
        "--rate",
        type=_rate,
        default=RATE,
        metavar="R",
        help=f"probability that two words under one node are a distractor ({RATE}); with another the default "
        "folder is experiments/results/cells-SCALE/tasks-rate-R",
    )


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, draw and sum up; return the exit code."""
    return STUDY.run(args, "" if args.rate == RATE else f"-rate-{args.rate:g}", rate=args.rate)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"a rate is a probability, from 0 to 1, not {text!r}")
    return rate
