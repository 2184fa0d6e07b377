"""Draw a tree: its labels, or, with a trained model, the gradient from its root to every node.

For example:

  python -m viz tree "(3 (2 not) (1 bad))" -o tree.svg
  python -m viz tree test.txt --tree 7 --model rlstm.npz --scale ratio -o tree.pdf
  python -m viz tree - --model rlstm.npz < trees.txt
"""

from __future__ import annotations

import argparse

from viz.command_line import InputError
from viz.commands import inputs
from viz.heat import root_gradient_norms
from viz.tree_picture import TreePicture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    inputs.add_tree(parser)
    inputs.add_models(parser)
    parser.add_argument("--title", metavar="TEXT", help="printed above the tree")
    inputs.add_look(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the tree; return the exit code."""
    if args.model is None and (args.scale, args.limits, args.label, args.cell) != (None, None, None, []):
        raise InputError("--scale, --limits, --label and --cell are about gradients: they need --model")
    tree = inputs.read_tree(args, binary=args.model is not None)
    with inputs.mistakes():
        values = None
        if args.model is not None:
            (model,) = inputs.load_models([args.model], args.cell).values()
            values = root_gradient_norms(model, tree, args.label)
        picture = TreePicture(
            tree, values, inputs.scale(args), title=args.title, **inputs.options(args, tree)
        )
    return inputs.deliver(picture, args.out)
