"""Draw a tree: its labels, or, with a trained model, the gradient from its root to every node.

For example:

  python -m viz tree "(3 (2 not) (1 bad))" -o tree.svg
  python -m viz tree test.txt --tree 7 --model rlstm.npz --scale ratio -o tree.pdf
  python -m viz tree - --model rlstm.npz < trees.txt
"""

from __future__ import annotations

import argparse
from typing import Any

from viz.command_line import InputError
from viz.commands import inputs, output
from viz.tree_picture import TreePicture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    inputs.add_tree(parser)
    inputs.add_models(parser)
    parser.add_argument("--title", metavar="TEXT", help="printed above the tree")
    inputs.add_look(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the tree; return the exit code."""
    given = args.scale, args.limits, args.label, args.jacobian, args.cell
    if args.model is None and given != (None, None, None, None, []):
        raise InputError(
            "--scale, --limits, --label, --jacobian and --cell are about gradients: they need --model"
        )
    tree = inputs.read_tree(args, binary=args.model is not None)
    with inputs.mistakes():
        values: Any = None
        scale: Any = "norm"
        caption = None
        if args.model is not None:
            (model,) = inputs.load_models([args.model], args.cell).values()
            numbers, scale, caption = inputs.drawn(args, tree, {"": model})
            values = numbers[""]
        picture = TreePicture(tree, values, scale, title=args.title, **inputs.options(args, tree, caption))
    return output.deliver(picture, args)
