"""Classes that have names, such as "good" and "bad", and not only numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.notation import shorten

Names = tuple[str, ...] | None


def class_names(labels: Iterable[str | None]) -> tuple[str, ...] | None:
    """The classes that some labels name: all distinct ones, sorted; None if all are numbers.

    Examples
    --------
    >>> class_names(["good", "bad", None, "good"])
    ('bad', 'good')
    """
    distinct = sorted({label for label in labels if label is not None})
    return None if all(label.isascii() and label.isdigit() for label in distinct) else tuple(distinct)


def checked_names(classes: Iterable[str]) -> tuple[str, ...]:
    """The names of classes as a tuple.

    Raises
    ------
    TypeError
        If it is a str, or a name is none.
    ValueError
        If there are fewer than two, one is empty, or one is there twice.
    """
    if isinstance(classes, str):
        raise TypeError(f"the classes are a list of names, not one str {shorten(repr(classes))}")
    names = tuple(classes)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a class is called by a str, not by {type(name).__name__}")
        if not name:
            raise ValueError("the name of a class is not empty")
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(
            f"there are at least two classes, of different names, not {', '.join(names) or 'none'}"
        )
    return names


def numbered_names(classes: Iterable[str] | None) -> tuple[tuple[str, ...] | None, dict[str, int] | None]:
    """The names of classes, checked, and the number of each; None, and None, without names."""
    if classes is None:
        return None, None
    names = checked_names(classes)
    return names, {name: number for number, name in enumerate(names)}


def label_text(label: int, names: Sequence[str] | None) -> str | None:
    """A label as the text that a tree has: the name of the class, or its number; None if it is negative."""
    return None if label < 0 else str(label) if names is None else names[label]


def some_names(names: Sequence[str], most: int = 8) -> str:
    """Names for a message, cut with … after the first few."""
    shown = ", ".join(map(shorten, names[:most]))
    return shown + ", …" * (len(names) > most)
