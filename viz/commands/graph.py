"""Draw the autodiff graph behind a tree's loss.

Ops and tensors with their shapes, coloured by the norms of their cotangents; arrows lead from an operand to
the op that reads it. The ops of a tree node are one box, unless that node is expanded. For example:

  python -m viz graph "(3 (2 not) (1 bad))" --cell RLSTM --width 4 --expand ROOT -o graph.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
import models
from viz.arguments import any_cell, count, seed, whole
from viz.command_line import InputError
from viz.commands import inputs, output
from viz.op_graph import CAPTION, OpGraphPicture
from viz.root_class import in_words, root_class
from viz.rooted import RootLabelError, rooted_forest

TREE_CELLS = [*models.TREE_CELLS, *models.NARY_CELLS]
CLASSES = 5  # of a model without training
CELL, NARY_CELL, WIDTH, SEED = "RLSTM", "ChildSumTreeLSTM", 4, 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m viz graph`."""
    inputs.add_tree(parser)
    parser.add_argument("--model", type=Path, metavar="FILE", help="a model that models.save wrote")
    parser.add_argument(
        "--cell",
        type=any_cell,
        metavar="NAME",
        help="without --model: the cell of a model with random weights, word vectors from U(-1, 1) and "
        f"{CLASSES} classes: {', '.join(TREE_CELLS)}, or package.module:Class for one of your own "
        f"(default: {CELL}, or {NARY_CELL} for a dependency tree); with --model: the class of its cell, "
        "if it is one of your own",
    )
    parser.add_argument("--width", type=whole("a width"), metavar="D", help=f"its width (default: {WIDTH})")
    parser.add_argument("--seed", type=seed, metavar="N", help=f"its seed (default: {SEED})")
    inputs.add_label(parser)
    parser.add_argument(
        "--expand",
        action="append",
        default=[],
        metavar="SCOPE",
        help="draw the ops of this tree node: ROOT, all, or words of its name, as 'node 2'; may be repeated",
    )
    parser.add_argument(
        "--max-nodes", type=count("boxes"), default=300, metavar="N", help="draw no more boxes"
    )
    parser.add_argument("--values", action="store_true", help="print the values")
    output.add_out(parser, "--picture-width")


def run(args: argparse.Namespace) -> int:
    """Draw the graph; return the exit code."""
    tree = inputs.read_tree(args)
    if args.model is None:
        model = _untrained(tree, args)
    elif (args.width, args.seed) != (None, None):
        raise InputError("--width and --seed describe a model without training: leave out --model")
    else:
        (model,) = inputs.load_models([args.model], [args.cell] if args.cell else []).values()
    try:
        told = in_words({"": root_class(model, tree, args.label)})
    except RootLabelError as error:
        raise InputError(f"{error}: --label CLASS") from None
    except ValueError as error:
        raise InputError(str(error)) from None
    with mg.record_values():
        loss, forest = _loss(model, tree, args.label)
    with mg.record_gradients():
        loss.backward()
    with inputs.mistakes():
        picture = OpGraphPicture(
            loss,
            expand=_scopes(args.expand, forest),
            max_nodes=args.max_nodes,
            values=args.values,
            caption=f"{CAPTION}\n{told}",
            names={name.removeprefix("cell."): tensor for name, tensor in model.named_parameters()},
        )
    return output.deliver(picture, args)


def _loss(
    model: models.TreeClassifier, tree: models.Tree, label: str | None
) -> tuple[mg.Tensor, models.Forest]:
    """Return the cross-entropy at the root alone, of this class, its own or the predicted one."""
    model.eval()
    forest = rooted_forest(model, tree, label)
    return model.loss(forest, "node")[0], forest


def _untrained(tree: models.Tree, args: argparse.Namespace) -> models.TreeClassifier:
    rng = np.random.default_rng(SEED if args.seed is None else args.seed)
    usual: Any = models.TREE_CELLS[CELL]
    if isinstance(tree, models.DependencyTree):
        usual = models.NARY_CELLS[NARY_CELL]
    cell = (args.cell or usual)(args.width or WIDTH, rng)
    if cell.right_parts is not None:
        raise InputError(f"{type(cell).__name__} reads sequences; choose one of {', '.join(TREE_CELLS)}")
    words = models.Vocabulary(tree.words())
    model = models.TreeClassifier(cell, words, CLASSES, rng)
    with mg.no_grad():
        model.L.copy_(rng.uniform(-1, 1, model.L.shape))
    return model


def _scopes(wanted: list[str], forest: models.Forest) -> str | list[str]:
    if "all" in wanted:
        return "all"
    return [forest.describe(forest.root[0]) if name == "ROOT" else name for name in wanted]
