"""Beyond the paper: what decides how far back a gradient gets, singular values or eigenvalues.

Recurrent matrices of spectral norms 0.8, 1.0 and 1.2: the gradient after up to 100 steps beside its bound,
for tanh, sigmoid and relu, with one matrix for all steps and one for each; then the same while networks learn
to tell a sentence's first word after 10, 50 and 100 words.
"""

from __future__ import annotations

import argparse

from experiments.studies import study
from experiments.studies.spectrum import STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study.add_arguments(parser, STUDY.name)


def run(args: argparse.Namespace) -> int:
    """Do all runs that are not done yet, draw and sum up; return the exit code."""
    return study.run(STUDY, args)
