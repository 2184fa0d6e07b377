"""Draw one tree through training: a strip for print, or with .html a page with a slider.

It needs the models of one training, one per epoch, for example those of the demo:

  python -m experiments demo --keep-epochs
  python -m viz epochs "(6 (12) (607))" --model demo/epochs/rlstm-*.npz --keyword 607 -o epochs.html
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from viz.commands import inputs, output
from viz.epochs import epochs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    inputs.add_tree(parser)
    order = "epoch by epoch; if their names end in different numbers, those are the epochs"
    inputs.add_models(parser, order)
    parser.add_argument(
        "--columns",
        type=int,
        metavar="N",
        help="pictures in a row of the strip; what can be read if left out",
    )
    parser.add_argument("--numbers", action="store_true", help="print numbers in the strip too")
    inputs.add_look(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the tree in every epoch; return the exit code."""
    tree = inputs.read_tree(args)
    numbered = by_epoch(args.model)
    loaded = inputs.load_models(numbered.values(), args.cell)
    with inputs.mistakes():
        values, scale, caption = inputs.drawn(
            args, tree, {f"epoch {epoch}": loaded[path] for epoch, path in numbered.items()}
        )
        options = inputs.options(args, tree, caption)
        options["numbers"] = args.numbers
        picture = epochs(tree, values, scale, columns=args.columns, **options)
    return output.deliver(picture, args)


def by_epoch(paths: list[Path]) -> dict[int, Path]:
    """Return the files by their epochs, ascending: the numbers at the ends of their names, or counted from 1.

    A shell lists ``rnn-10`` before ``rnn-2``; numbers decide the order if all names end in different ones.
    """
    numbers = [re.search(r"\d+$", path.stem) for path in paths]
    told = [int(number[0]) for number in numbers if number is not None]
    if len(set(told)) < len(paths):
        told = list(range(1, len(paths) + 1))
    return dict(sorted(zip(told, paths, strict=True)))
