"""What optimisers and clipping take: leaves that require a gradient, in a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from minigrad.nn import Parameter
from minigrad.tensor import Tensor

Entry = TypeVar("Entry")


def leaves(parameters: Iterable[Parameter], owner: str) -> list[Parameter]:
    """Return parameters as a list; `owner` says who asks.

    Raises
    ------
    TypeError
        If something else than a leaf that requires a gradient is among them: its gradient would never be
        there. And as `listed` does.
    """
    found = listed(parameters, owner)
    for parameter in found:
        node = getattr(parameter, "node", None)
        if node is None or node.op is not None:
            raise TypeError(
                f"{owner} takes a list of leaves that require a gradient, as model.parameters() returns; "
                f"this is none: {parameter!r}"
            )
    return found


def listed(entries: Iterable[Entry], owner: str) -> list[Entry]:
    """Return entries as a list.

    Raises
    ------
    TypeError
        If it is a single tensor, whose rows would be taken for parameters, or nothing that has entries.
    """
    if isinstance(entries, Tensor):
        raise TypeError(f"{owner} takes a list of parameters, as model.parameters() returns; or [w] for one")
    if not isinstance(entries, Iterable):
        raise TypeError(f"{owner} takes a list of parameters, as model.parameters() returns, not {entries!r}")
    return list(entries)
