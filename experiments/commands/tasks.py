"""The paper's future work: sums of keywords, their order, negation, distractors; for every cell over trees.

Sentences of 5 to 15 words. Accuracy by the number of keywords, negators or distractors, and by the depth of
the deepest keyword. For example: ``python -m experiments tasks --cell RLSTM --cell TreeLSTM --rate 0.8``
"""

from __future__ import annotations

import argparse

from experiments.studies import study
from experiments.studies.tasks import STUDY
from experiments.studies.tasks.settings import CELLS, RATE, jobs
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    arguments.add_cells(parser, "all of models.TREE_CELLS", arguments.tree_cell, STUDY.name)
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
    name = STUDY.name if args.rate == RATE else f"{STUDY.name}-rate-{args.rate:g}"
    usual = STUDY.folder(args.scale) if args.rate == RATE else arguments.cells_folder(args.scale, name)
    arguments.choose_folder(args, usual, name)
    cells = tuple(dict.fromkeys(args.cell or CELLS))
    return study.run(STUDY, args, list(jobs(args.scale, args.seed, args.runs, cells, args.rate)))


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"a rate is a probability, from 0 to 1, not {text!r}")
    return rate
