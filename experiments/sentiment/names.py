"""Classes with names: labels such as "good" at the roots, beside others such as NP below them."""

from __future__ import annotations

import sys
from collections import Counter
from multiprocessing import parent_process
from pathlib import Path

import models
from models.binary import is_inserted
from models.class_names import some_names
from models.forest_checks import topmost
from models.notation import shorten


def root_names(trees: list[models.Tree]) -> tuple[str, ...] | None:
    """Return the labels of the roots, sorted; None if all that there are are numbers."""
    return models.class_names(_own(tree.label) for tree in trees)


def tell_mixed(path: Path, trees: list[models.Tree], lines: list[int], names: tuple[str, ...]) -> None:
    """Tell where names come from if other roots have numbers: a label of these may be wrong."""
    words = [name for name in names if not (name.isascii() and name.isdigit())]
    if len(words) < len(names) and parent_process() is None:
        odd = [line for tree, line in zip(trees, lines, strict=True) if _own(tree.label) in words]
        roots = f"{len(odd)} {'root has a label' if len(odd) == 1 else 'roots have labels'}"
        print(
            f"note: {path}: {roots} that {'is' if len(odd) == 1 else 'are'} no number, the first in line "
            f"{odd[0]}, so all labels are names, of {len(names)} classes: {some_names(names)}",
            file=sys.stderr,
        )


def with_numbers(
    path: Path, trees: list[models.Tree], lines: list[int], names: tuple[str, ...]
) -> list[models.Tree]:
    """Return the trees with the numbers of their classes as labels, and with no other labels.

    How many nodes lose a label that is no class is told.

    Raises
    ------
    ForestError
        If a root's label is no class, or there is only one class; the text names file and line.
    """
    if len(names) < 2:
        raise models.ForestError(
            f"{path}: all roots have the label {names[0]!r}; there are at least two classes"
        )
    number = {name: str(k) for k, name in enumerate(names)}
    lost: Counter[str] = Counter()

    def numbered(label: str | None) -> str | None:
        if label is None or is_inserted(label):
            return None
        own = label if label in number else topmost(label)
        if own and own not in number:
            lost[own] += 1
        return number.get(own)

    for tree, line in zip(trees, lines, strict=True):
        label = _own(tree.label)
        if label is not None and label not in number:
            raise models.ForestError(
                f"{path}, line {line}: the root has the label '{shorten(label)}'; the classes, the labels of "
                f"roots in train, are {some_names(names)}"
            )
    made = [tree.map(label=numbered) for tree in trees]
    if lost and parent_process() is None:
        print(
            f"note: {path}: {lost.total()} nodes below the roots have labels that are no class "
            f"({some_names(sorted(lost))}); they are read without",
            file=sys.stderr,
        )
    return made


def _own(label: str | None) -> str | None:
    """Return the label of the topmost node of those that `collapse_unary` has made one."""
    return None if label is None else topmost(label) or None
