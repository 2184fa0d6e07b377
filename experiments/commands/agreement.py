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
from experiments.studies.cells import run_cells
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    arguments.add_cells(parser, "those five", arguments.watched_cell, STUDY.name)


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, draw, sum up; return the exit code."""
    return run_cells(STUDY, args, jobs)
