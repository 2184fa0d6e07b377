"""A bidirectional language model of a grammar whose entropy is known, and what its layers and units know.

Two one-way LSTM stacks that share words and softmax learn the strings of a drawn grammar: their loss above
the source's own, probes of every layer and of ELMo's mix, number units. What is measured and what is expected
stands in experiments/studies/layers/README.md.

example: python -m experiments layers --scale paper
"""

from __future__ import annotations

import argparse

from experiments import sweep
from experiments.studies.layers.study import FOLDERS, STUDY
from experiments.sweep import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_scale(parser, "half a minute to see how it goes, or the committed figures")
    sweep.add_arguments(parser, "experiments/results/layers, or layers-smoke")


def run(args: argparse.Namespace) -> int:
    """Do the runs that are not finished, draw the figures, write the summary; return the exit code."""
    if args.out is None:
        args.out = FOLDERS[args.scale]
    return STUDY.run(args)
