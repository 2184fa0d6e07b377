"""What a cell declares, what it defines, and the context that its `compose` runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.context import Context
from minigrad.errors import GraphError, line_in
from minigrad.nn import Module
from minigrad.tensor import Tensor, as_tensor


@dataclass(frozen=True)
class Part:
    """One part of a tree node's state, for instance its hidden vector or its memory.

    Attributes
    ----------
    name : str
        How ``compose`` reads and returns it.
    width : int
        Length of its vector, at least 1.
    leaf : "vector" or "zero"
        Its value at a leaf: the leaf's own vector, or zeros.

    Raises
    ------
    TypeError, ValueError
        If `width` or `leaf` is invalid.
    """

    name: str
    width: int
    leaf: str = "vector"

    def __post_init__(self) -> None:
        if not isinstance(self.width, int | np.integer) or isinstance(self.width, bool):
            raise TypeError(f"the width of part {self.name!r} is an integer, not {self.width!r}")
        if self.width < 1:
            raise ValueError(f"the width of part {self.name!r} is at least 1, not {self.width}")
        if self.leaf not in ("vector", "zero"):
            raise ValueError(f"part {self.name!r} is 'vector' or 'zero' at a leaf, not {self.leaf!r}")


class Child:
    """A child as ``compose`` sees it: one row per tree node that is being computed.

    Each state part is an attribute, a tensor (rows, width). ``is_leaf`` is a boolean array (rows, 1), made
    for ``mg.where``.
    """

    def __init__(self, parts: Mapping[str, Tensor], is_leaf: np.ndarray) -> None:
        self.__dict__.update(parts)
        self.is_leaf = is_leaf

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"this child has no part {name!r}; its cell declares {', '.join(self.__dict__)}",
            name=name,
            obj=self,
        )


class MissingParts:
    """What `parts` is before a cell has set it."""

    def __get__(self, cell: Any, kind: type) -> tuple[Part, ...]:
        raise AttributeError(
            f"{kind.__name__} has no `parts`, the state of a tree node; set it in __init__, as in "
            'self.parts = (minigrad.Part("h", D),)',
            name="parts",
            obj=cell,
        )


class Cell(Module):
    """A composition function p = F(x, y), the one definition of how two children make their parent.

    A subclass sets ``parts`` and writes ``compose`` with ordinary tensor operations on rows. `fold` decides
    how many tree nodes the rows stand for.

    Attributes
    ----------
    parts : tuple of Part
        The state of a node, and what a leaf's state is.
    right_parts : tuple of Part, or None
        Set by cells of chains, which read an input at each step: what the *right* child is, always a leaf,
        whose vector may have another width than the state. Leaves then have the state zero, so that a
        left-branching chain starts from zeros, and the vector of the leftmost leaf is not read.
    """

    parts: tuple[Part, ...] = MissingParts()  # type: ignore[assignment]
    right_parts: tuple[Part, ...] | None = None

    def compose(self, left: Child, right: Child) -> Tensor | Mapping[str, Tensor]:
        """Return the parent's state: {part name: tensor (rows, width)}, or one tensor for a single part."""
        raise NotImplementedError(
            f"{type(self).__name__} has no compose(self, left, right), which returns a parent's state"
        )


def composed(cell: Cell, left: Child, right: Child) -> dict[str, Tensor]:
    """Return the parent's state by part, as ``compose`` computes it.

    Raises
    ------
    TypeError
        If ``compose`` returns nothing, or several tensors without their parts' names.
    ValueError
        If it returns other parts than the cell declares.
    """
    return named_parts(cell, cell.compose(left, right))


def named_parts(cell: Any, found: Any) -> dict[str, Tensor]:
    """Return what ``compose`` returned by part; errors as in `composed`."""
    if found is None or isinstance(found, tuple | list):
        raise TypeError(_advice(cell, found))
    if isinstance(found, Tensor) or not isinstance(found, Mapping):
        found = {cell.parts[0].name: found}
    if found.keys() != {part.name for part in cell.parts}:
        raise ValueError(_advice(cell, found))
    return {name: as_tensor(state) for name, state in found.items()}


def _advice(cell: Any, found: Any) -> str:
    """Say what ``compose`` returned instead of the parts of its cell, and how it should end."""
    names = [part.name for part in cell.parts]
    pairs = ", ".join(f'"{name}": {name}' for name in names)
    end = f"it should end with `return {names[0] if len(names) == 1 else f'{{{pairs}}}'}`"
    what = "nothing" if found is None else f"a {type(found).__name__}"
    if isinstance(found, Mapping):
        what = f"the parts {', '.join(found)}" if found else "no parts"
        end = f"the cell declares {', '.join(names)}, so {end}"
    return f"compose of {type(cell).__name__} returned {what}; {end}"


class ComposeContext(Context):
    """The context of ``compose``, which runs for many tree nodes at once and so can't branch on values."""

    def use_value(self, how: str) -> None:
        """Refuse."""
        raise GraphError(
            f"compose may not use {how}: it runs for many tree nodes at once. Choose per row with mg.where, "
            f"or by the mask left.is_leaf{line_in('compose')}"
        )
