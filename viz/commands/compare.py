"""Draw one tree under several models, side by side on one scale.

For example:

  python -m viz compare "(6 (12) (607))" --model rnn.npz rlstm.npz --keyword 607 -o compare.svg
"""

from __future__ import annotations

import argparse

from viz.command_line import InputError
from viz.commands import inputs, output
from viz.comparison import compare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    inputs.add_tree(parser)
    inputs.add_models(parser, "left to right")
    parser.add_argument(
        "--name", nargs="+", metavar="TEXT", help="a title for each model; the file's name if left out"
    )
    parser.add_argument("--columns", type=int, metavar="N", help="pictures in a row; all if left out")
    inputs.add_look(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the tree under every model; return the exit code."""
    names = args.name or [path.stem for path in args.model]
    if len(names) != len(args.model):
        raise InputError(f"--name has {len(names)} titles for {len(args.model)} models")
    if len(set(names)) < len(names):
        raise InputError(f"two models are called {_repeated(names)!r}; tell them apart with --name")
    tree = inputs.read_tree(args)
    loaded = inputs.load_models(args.model, args.cell).values()
    with inputs.mistakes():
        values, scale, caption = inputs.drawn(args, tree, dict(zip(names, loaded, strict=True)))
        picture = compare(tree, values, scale, columns=args.columns, **inputs.options(args, tree, caption))
    return output.deliver(picture, args)


def _repeated(names: list[str]) -> str:
    return next(name for k, name in enumerate(names) if name in names[:k])
