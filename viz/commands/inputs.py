"""Options that the commands share: the tree, the models, and how it is drawn."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import models
from models.checkpoint import UnknownCellError
from models.forest_checks import one_word, span_text
from models.notation import shorten
from viz.arguments import any_cell, whole
from viz.command_line import InputError
from viz.commands import output
from viz.directions import JACOBIANS, jacobian_values
from viz.heat import root_gradient_norms
from viz.reading import Reading, add_reading
from viz.root_class import in_words, root_class
from viz.rooted import RootLabelError
from viz.scale import SCALES, Scale
from viz.tree_panel import Options

_PARAMETER = re.compile(r"\b(max_depth|align_leaves|max_nodes)\b")  # of pictures, and an option each


def add_tree(parser: argparse.ArgumentParser) -> None:
    """Declare the tree."""
    parser.add_argument(
        "source",
        metavar="TREE",
        help='a tree in brackets, "(3 (2 not) (1 bad))"; or a file of trees; or - for standard input',
    )
    parser.add_argument(
        "--tree",
        type=whole("the number of a tree"),
        default=1,
        metavar="N",
        help="which tree of a file, from 1",
    )
    add_reading(parser)


def read_tree(args: argparse.Namespace, *, binary: bool = True) -> Any:
    """Return the tree that the user means, a Tree or a DependencyTree.

    `binary`: whether a model is to read it, for which a Tree is binary.
    """
    tree, place = _read_tree(args)
    if isinstance(tree, models.DependencyTree):
        return tree
    _tell_labelled_words(tree)
    tree = Reading.of(args).shaped(tree)
    if binary:
        _check_binary(tree, place)
    return tree


def _tell_labelled_words(tree: models.Tree) -> None:
    """Tell if leaves alone have labels, and not numbers: they may be meant as words."""
    if any(node.label is not None for node in tree.preorder() if not node.is_leaf):
        return
    for leaf in tree.leaves():
        if leaf.label is not None and not leaf.label.isdecimal():
            print(f"note: {one_word(leaf)}", file=sys.stderr)
            return


def add_look(parser: argparse.ArgumentParser) -> None:
    """Declare how trees are drawn, and where they are written."""
    parser.add_argument(
        "--scale",
        choices=list(SCALES),
        help="colour gradient norms, or their ratios to the root's (default: norm)",
    )
    parser.add_argument(
        "--limits",
        nargs=2,
        type=float,
        metavar=("MIN", "MAX"),
        help="of the scale, for pictures that are compared; fitted if left out",
    )
    parser.add_argument(
        "--keyword",
        metavar="WORD",
        help="draw the leaf of this word with a double border; WORD#2 is the second of that word",
    )
    add_label(parser)
    parser.add_argument(
        "--jacobian",
        choices=list(JACOBIANS),
        help="colour by the singular values of ∂p(root)/∂p instead: the largest, the median, or how many are "
        "above a tenth of the largest",
    )
    parser.add_argument(
        "--leaf-labels", action="store_true", help="print the labels of leaves above their words"
    )
    parser.add_argument("--align-leaves", action="store_true", help="draw all leaves on one line")
    parser.add_argument(
        "--max-depth", type=int, metavar="N", help="draw no deeper levels; say how many nodes they have"
    )
    output.add_out(parser)


def add_label(parser: argparse.ArgumentParser) -> None:
    """Declare the class whose cross-entropy is taken."""
    parser.add_argument(
        "--label",
        metavar="CLASS",
        help="whose cross-entropy J is, by number or name; the root's label if left out",
    )


def options(args: argparse.Namespace, tree: models.Tree, caption: str | None = None) -> Options:
    """Return the options of a picture."""
    return {
        "caption": caption,
        "keyword": None if args.keyword is None else _keyword_row(tree, args.keyword),
        "leaf_labels": args.leaf_labels,
        "align_leaves": args.align_leaves,
        "max_depth": args.max_depth,
    }


def scale(args: argparse.Namespace) -> Scale | str:
    """Return the scale, or its name if no limits are given."""
    kind: str = args.scale or "norm"
    return kind if args.limits is None else SCALES[kind](*args.limits)


def drawn(
    args: argparse.Namespace, tree: models.Tree, of: Mapping[str, models.TreeClassifier]
) -> tuple[dict[str, npt.NDArray[np.float64]], Scale | str, str | None]:
    """Return what a tree is coloured by under each model, by title; the scale, or its name; the caption."""
    if args.jacobian is None:
        try:
            classes = {title: root_class(model, tree, args.label) for title, model in of.items()}
        except RootLabelError as error:
            raise InputError(f"{error}: --label CLASS") from None
        norms = {title: root_gradient_norms(model, tree, args.label) for title, model in of.items()}
        kind = SCALES[args.scale or "norm"]
        return norms, scale(args), f"{kind.caption}\n{in_words(classes)}"
    if (args.scale, args.label) != (None, None):
        raise InputError(
            "--scale and --label are about gradients of a loss, --jacobian about the root's vector"
        )
    try:
        values = {title: jacobian_values(model, tree, args.jacobian) for title, model in of.items()}
    except TypeError as error:  # a cell that has no one path from a word to the root
        raise InputError(f"--jacobian: {error}") from None
    measure = JACOBIANS[args.jacobian][1]
    return values, measure.fit(*values.values()) if args.limits is None else measure(*args.limits), None


def add_models(parser: argparse.ArgumentParser, several: str = "") -> None:
    """Declare the model, or models; `several`: in which order, in words."""
    many: dict[str, Any] = {"nargs": "+", "required": True} if several else {}
    what = f"models that models.save wrote, {several}" if several else "a model that models.save wrote"
    parser.add_argument("--model", type=Path, metavar="FILE", help=what, **many)
    parser.add_argument(
        "--cell",
        action="append",
        type=any_cell,
        default=[],
        metavar="MODULE:CLASS",
        help="the class of a model's cell, if that is one of your own: package.module:Class; may be repeated",
    )


def load_models(paths: Iterable[Path], cells: Iterable[Any]) -> dict[Path, models.TreeClassifier]:
    """Return trained models by their files; `cells`: the classes that ``--cell`` named.

    The name of a cell that is found in a file is looked up among these and minigrad's own, never imported.
    """
    own = {kind.__name__: kind for kind in cells}
    loaded = {}
    for path in paths:
        try:
            loaded[path] = models.load(path, own)
        except UnknownCellError as error:
            name = shorten(error.name)
            given = f", and --cell names {', '.join(own)}" if own else ""
            raise InputError(
                f"{path} holds a model of the cell {name!r}, which is not one of minigrad's{given}; "
                f"say where its class is: --cell package.module:{name if name.isidentifier() else 'Class'}"
            ) from None
    if unused := set(own) - {type(model.cell).__name__ for model in loaded.values()}:
        raise InputError(f"--cell names {min(unused)}, but no model here has that cell")
    return loaded


@contextmanager
def mistakes() -> Iterator[None]:
    """Report what a picture refuses as wrong input, by the names of the options."""
    try:
        yield
    except ValueError as error:
        told = _PARAMETER.sub(lambda match: f"--{match[0].replace('_', '-')}", str(error))
        raise InputError(told) from error


def _read_tree(args: argparse.Namespace) -> tuple[Any, str]:
    """Return the tree that the user means, and where it is, in words."""
    source = args.source
    if source.lstrip().startswith("("):
        if args.tree != 1:
            raise InputError(f"--tree {args.tree} chooses from a file of trees; TREE is a tree itself")
        reader = Reading.of(args).reader([source])
        models.Tree.parse(source)  # one tree, and no other
        tree: Any = next(reader, None)
        if tree is None:
            raise InputError("--strip-traces leaves nothing of this tree")
        return tree, "the tree"
    file = sys.stdin if source == "-" else source
    if source == "-" and hasattr(sys.stdin, "buffer"):
        file = sys.stdin.buffer
    trees = Reading.of(args).reader(file)
    name = "standard input" if source == "-" else source
    for number, tree in enumerate(trees, start=1):
        if number == args.tree:
            return (
                tree,
                f"tree {number} of {name if trees.source is None else trees.source}, line {trees.line},",
            )
    have = f"{trees.n_trees} tree{'s' * (trees.n_trees != 1)}"
    raise InputError(f"{name} has {have}; there is no --tree {args.tree}")


def _check_binary(tree: models.Tree, place: str) -> None:
    for node in tree.postorder():
        n = len(node.children)
        if n not in (0, 2):
            raise InputError(
                f"{place} has a node with {n} child{'ren' * (n != 1)}, {span_text(node.words())!r}; models "
                "need binary trees: add --binarise left, right or balanced"
            )


def _keyword_row(tree: models.Tree | models.DependencyTree, wanted: str) -> int:
    if isinstance(tree, models.DependencyTree):
        words = tree.words()
        rows = [(row, words[place]) for row, place in enumerate(tree.postorder())]
    else:
        rows = [(row, node.word) for row, node in enumerate(tree.postorder()) if node.word is not None]
    exact = [row for row, word in rows if word == wanted]
    word, mark, number = wanted.rpartition("#")
    if not exact and mark and number.isdecimal():
        several = [row for row, of in rows if of == word]
        if not 1 <= int(number) <= len(several):
            raise InputError(
                f"--keyword {wanted}: the word {word!r} occurs {len(several)} times in this tree"
            )
        return several[int(number) - 1]
    if not exact:
        raise InputError(f"--keyword {wanted}: there is no such word in {span_text(tree.words(), 12)!r}")
    if len(exact) > 1:
        raise InputError(
            f"--keyword {wanted}: that word occurs {len(exact)} times; say which, from {wanted}#1 on"
        )
    return exact[0]
