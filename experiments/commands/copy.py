"""Copy memory: how long a delay do Elman networks, LSTM and GRU bridge?

Some symbols, a delay of 10 to 100 positions, then the symbols have to be said again in order; beside the loss
of a guess without memory.
"""

from __future__ import annotations

import argparse

from experiments.studies import study
from experiments.studies.cells import run_cells
from experiments.studies.copy import STUDY
from experiments.studies.copy.settings import CELLS, jobs
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    arguments.add_cells(parser, ", ".join(CELLS), arguments.watched_cell, STUDY.name)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, then draw and sum up; return the exit code."""
    return run_cells(STUDY, args, jobs)
