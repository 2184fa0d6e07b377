"""The paper's future work: sums of keywords, their order, negation, distractors; for every cell over trees.

Sentences of 5 to 15 words. Accuracy by the number of keywords, negators or distractors, and by the depth of
the deepest keyword.
"""

from __future__ import annotations

import argparse

from experiments import arguments
from experiments.output import RESULTS
from experiments.studies import study
from experiments.studies.tasks import STUDY
from experiments.studies.tasks.settings import jobs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    parser.add_argument(
        "--cell",
        action="append",
        type=arguments.tree_cell,
        metavar="NAME",
        help="train this cell, not all of models.TREE_CELLS: one of them, or package.module:Class for one of "
        "your own; may be given several times; the default folder is then "
        "experiments/results/cells-SCALE/tasks",
    )


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, draw and sum up; return the exit code."""
    if not args.cell:
        return study.run(STUDY, args)
    cells = tuple(dict.fromkeys(args.cell))
    if args.out is None:
        args.out = RESULTS / f"cells-{args.scale}" / STUDY.name
    return study.run(STUDY, args, list(jobs(args.scale, args.seed, args.runs, cells)))
