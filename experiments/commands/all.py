"""Everything in one go: Experiments 1, 2 and 3 side by side, then the figures and the claims.

With --cell the three experiments and the figures for other cells. The claims are about the paper's two.
"""

from __future__ import annotations

import argparse

from experiments.commands import claims
from experiments.paper import sweeps
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    sweeps.add_arguments(parser, read_cell=arguments.watched_cell)
    claims.add_treebank(parser)


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet, draw, decide; return the exit code."""
    return sweeps.run_all(args)
