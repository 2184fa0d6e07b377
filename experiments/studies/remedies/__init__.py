"""What remedies against the vanishing gradient do to the RNN, on the sentences of Experiment 3.

Activation, initialisation, connections, clipping, optimiser and dropout, one at a time, with the RLSTM as the
yardstick; and the same sentences read word by word. Every epoch's gradient ratios at the keyword, and what
the monitor's rule of vanishing says of them.
"""

from __future__ import annotations

import argparse

from experiments.studies.remedies.figures import figures
from experiments.studies.remedies.perform import perform
from experiments.studies.remedies.settings import grid
from experiments.studies.remedies.summary import summary
from experiments.studies.remedies.trials import TRIAL_STUDY
from experiments.studies.study import Study

STUDY = Study("remedies", grid, perform, figures, summary)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    STUDY.add_arguments(parser)
    parser.add_argument(
        "--trials",
        action="store_true",
        help="do the trials by which learning rates and the like were chosen, on data of their own, and "
        f"print their dev accuracies; the default folder is that of {TRIAL_STUDY.name} then",
    )


def run(args: argparse.Namespace) -> int:
    """Do the runs that are not done yet, draw and sum up; return the exit code."""
    return (TRIAL_STUDY if args.trials else STUDY).run(args)
