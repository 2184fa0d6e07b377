"""Write one of the paper's datasets in the form that another program reads, with the settings of its run.

lstm-rnn is the authors' program; experiments/paper/LSTM-RNN.md says how it is built for this task and run on
the folder. Sentences and initial word vectors are those that `length`, `depth` and `ablate` train on with the
same seed.

example: python -m experiments export-trees --format lstm-rnn --scale paper --dataset 4 --out trees
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from experiments.paper.lstm_rnn import export_trees
from experiments.paper.settings import CODES, DATASETS, MODELS, SCALES, run_settings
from experiments.sweep import arguments
from viz.arguments import count

FORMATS = ("lstm-rnn",)
EXPERIMENTS = tuple(name for name in CODES if name != "gradient")  # which has the sentences of "length"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--format", choices=FORMATS, required=True, help="the program that is to read it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument(
        "--scale", choices=arguments.SCALES, default=arguments.SCALES[0], help="how much data"
    )
    parser.add_argument("--experiment", choices=EXPERIMENTS, default="length", help="whose sentences")
    parser.add_argument(
        "--dataset", type=int, choices=DATASETS, default=1, metavar="N", help="which of its ten (default: 1)"
    )
    parser.add_argument("--model", choices=MODELS, default="RLSTM", help="which model is to be trained")
    parser.add_argument(
        "--run",
        type=count("run"),
        default=1,
        dest="number",
        metavar="N",
        help="whose initial word vectors (default: 1)",
    )
    arguments.add_seed(parser)
    for name, of in (("l2", "the cell"), ("l2-words", "the words"), ("l2-classifier", "the classifier")):
        parser.add_argument(
            f"--{name}", type=arguments.from_zero("L2"), metavar="X", help=f"L2 on {of} (default: the runs')"
        )


def run(args: argparse.Namespace) -> int:
    """Write the files; return the exit code."""
    settings = run_settings(
        args.experiment, args.dataset, args.model, args.number, scale=SCALES[args.scale], seed=args.seed
    )
    given = {name: getattr(args, name) for name in ("l2", "l2_words", "l2_classifier")}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    paths = export_trees(settings, args.out)
    print(f"{', '.join(path.name for path in paths)}: in {args.out}")
    return 0
