"""Classify sentences with a trained model: a line of JSON for each, its label and all probabilities.

TREES is a file of trees in brackets, a folder of .mrg files, a pattern such as "trees/*.txt", or - for
standard input; a file that ends in .conllu holds dependency trees. Their labels are not read. A record has
the file and the line of its tree, the label with the highest probability, the probability of every class at
the root, and the words that the model does not know, which it reads as its entry for unknown words.

example: python -m experiments predict sentiment.npz new.txt --binarise left > answers.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.training.prediction import Predictions
from models.notation import shorten
from viz.arguments import any_cell
from viz.commands.inputs import load_models
from viz.reading import AnyTree, Reading, add_reading

_SHOWN = 5  # unknown words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="a model that models.save wrote")
    parser.add_argument("trees", metavar="TREES", help="a file, folder or pattern of trees, or -")
    parser.add_argument(
        "--cell",
        action="append",
        type=any_cell,
        default=[],
        metavar="MODULE:CLASS",
        help="the class of the model's cell, if that is one of your own: package.module:Class",
    )
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Print a record per tree; return the exit code."""
    (model,) = load_models([args.model], args.cell).values()
    predictions = Predictions(model.eval())
    # As escapes of JSON where the output's encoding does not have every letter.
    escaped = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    for record in predictions.of(_read(args)):
        print(json.dumps(record, ensure_ascii=escaped))
    if not predictions.words:
        print(f"note: there are no trees in {args.trees}", file=sys.stderr)
    if predictions.unknown:
        count, words = predictions.unknown.total(), predictions.unknown.most_common(_SHOWN)
        shown = ", ".join(repr(shorten(word)) for word, _ in words)
        more = ", …" * (len(predictions.unknown) > _SHOWN)
        print(
            f"note: {count} of {predictions.words} words are unknown to the model, which reads them as "
            f"{model.vocabulary.unknown!r}: {shown}{more}",
            file=sys.stderr,
        )
    return 0


def _read(args: argparse.Namespace) -> Iterator[tuple[AnyTree, dict[str, Any]]]:
    """Yield the trees, each with the place that its record tells."""
    reading = Reading.of(args)
    source = sys.stdin.buffer if args.trees == "-" and hasattr(sys.stdin, "buffer") else args.trees
    reader = reading.reader(sys.stdin if source == "-" else source)
    for tree in reader:
        file = "standard input" if args.trees == "-" else reader.source
        yield reading.shaped(tree), {"file": file, "line": reader.line}
