"""Which classes are negative, neutral and positive: what binary accuracy needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Polarity:
    """The classes of either side; nodes whose class is neutral are left out of the binary accuracy.

    Attributes
    ----------
    negative, neutral, positive : tuple of int
        Together all classes, each once.
    """

    negative: tuple[int, ...]
    neutral: tuple[int, ...]
    positive: tuple[int, ...]

    def __str__(self) -> str:
        return ":".join(",".join(map(str, side)) for side in (self.negative, self.neutral, self.positive))


NONE = "none"  # the option's value for classes that have no such sides
_USUAL = {
    2: Polarity((0,), (), (1,)),
    3: Polarity((0,), (1,), (2,)),
    5: Polarity((0, 1), (2,), (3, 4)),
}


def polarity(classes: int, text: str | None = None, names: Sequence[str] | None = None) -> Polarity | None:
    """Return the sides of so many classes; None if they have none.

    Parameters
    ----------
    classes : int
    text : str, optional
        "0,1:2:3,4", the negative, the neutral and the positive classes, by number or name, or "none". By
        default those of the Stanford Sentiment Treebank for five classes, of negative, neutral and positive
        for three, of negative and positive for two; none for other numbers, and for classes with names.
    names : sequence of str, optional
        Of the classes.

    Raises
    ------
    ValueError
        If the text has another form, or does not name every class once.
    """
    if text is None:
        return _USUAL.get(classes) if names is None else None
    if text == NONE:
        return None
    sides = text.split(":")
    if names is not None:
        number = {name: str(k) for k, name in enumerate(names)}
        sides = [",".join(number.get(part, part) for part in side.split(",")) for side in sides]
    if len(sides) != 3 or not all(part.isdecimal() for side in sides if side for part in side.split(",")):
        raise ValueError(
            f"polarity is none, or the negative, the neutral and the positive classes, as 0,1:2:3,4 or 0::1, "
            f"not {text!r}"
        )
    negative, neutral, positive = (tuple(map(int, side.split(","))) if side else () for side in sides)
    named = [*negative, *neutral, *positive]
    if sorted(named) != list(range(classes)) or not negative or not positive:
        raise ValueError(
            f"polarity names every class of the treebank once, "
            f"{f'0..{classes - 1}' if names is None else ', '.join(names)}, and at least one negative "
            f"and one positive one, not {text!r}"
        )
    return Polarity(negative, neutral, positive)


def rule(of: Polarity, names: Sequence[str] | None = None) -> str:
    """Return when the answer is positive, in a formula: ``p(3) + p(4) > p(0) + p(1)``, or with names."""
    return f"{_sum(of.positive, names)} > {_sum(of.negative, names)}"


def _sum(classes: Sequence[int], names: Sequence[str] | None) -> str:
    return " + ".join(f"p({k if names is None else names[k]})" for k in classes)
