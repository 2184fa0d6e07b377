"""Sentiment of real sentences: RNN and RLSTM on the Stanford Sentiment Treebank, and how far gradients get.

Reads train.txt, dev.txt and test.txt, binary trees with a class at their roots and at other nodes: 0 to 4 in
the Stanford Sentiment Treebank, in others any number from two on, or names such as good and bad. Reports test
accuracies of the roots and of all nodes, of all classes and of negative against positive ones (see
--polarity); draws the gradient ratio against depth over the whole test set, and sentences with the gradient
from their root to every word.

--cell takes other cells: RNTN has settings of its own; the others are trained with the RLSTM's, TreeLSTM with
D 150. A cell for sequences reads each sentence as a chain and learns from the class of the whole sentence
alone; no tree is drawn for it.

example: python -m experiments sentiment --treebank trees --scale paper --jobs 2
"""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments import sweep
from experiments.sentiment import command
from experiments.sweep import arguments
from viz.arguments import whole
from viz.reading import add_reading, encoding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--treebank",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder with train.txt, dev.txt, test.txt, as in trainDevTestTrees_PTB.zip from "
        "nlp.stanford.edu/sentiment",
    )
    add_reading(parser)
    parser.add_argument(
        "--vectors",
        type=Path,
        metavar="FILE",
        help="word vectors to start from, in GloVe's format or one of word2vec's; random without it",
    )
    parser.add_argument(
        "--vectors-encoding", type=encoding, default="utf-8", metavar="NAME", help="of the file of vectors"
    )
    parser.add_argument(
        "--polarity",
        metavar="NEG:NEUTRAL:POS",
        help="which classes are negative, neutral and positive, as 0,1:2:3,4 or bad::good, or none (default: "
        "0,1:2:3,4 for five classes, 0:1:2 for three, 0::1 for two, none for others)",
    )
    parser.add_argument(
        "--width",
        type=whole("a width"),
        metavar="D",
        help="of states and word vectors (default: what was chosen for the model, or the vectors' width)",
    )
    parser.add_argument(
        "--draw",
        type=whole("the number of a test sentence"),
        nargs="+",
        metavar="N",
        help=f"numbers of the test sentences to draw, from 1 (default: {command.DRAWN} typical ones)",
    )
    arguments.add_scale(parser, "300 random sentences of each file, or all of them")
    arguments.add_cells(parser, "the paper's two", arguments.watched_cell, "sentiment")
    sweep.add_arguments(parser, out="experiments/results/sentiment, or sentiment-smoke beside it")


def run(args: argparse.Namespace) -> int:
    """Train the models that are not trained yet, print the table, draw; return the exit code."""
    return command.run(args)
