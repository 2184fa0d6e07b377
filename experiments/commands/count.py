"""Counting: do LSTM and GRU go on counting beyond the lengths that they were trained on?

Strings aⁿbⁿ and aⁿbⁿcⁿ, next symbol by next symbol; trained on short ones, tested on longer ones, with the
traces of what the cells hold.
"""

from __future__ import annotations

import argparse

from experiments.studies import study
from experiments.studies.cells import run_cells
from experiments.studies.count import STUDY
from experiments.studies.count.settings import CELLS, jobs
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)
    arguments.add_cells(parser, ", ".join(CELLS), arguments.watched_cell, STUDY.name)


def run(args: argparse.Namespace) -> int:
    """Train all models that are not trained yet, then draw and sum up; return the exit code."""
    return run_cells(STUDY, args, jobs)
