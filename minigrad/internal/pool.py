"""Memory that waits to be used again, by any thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar


class Sized(Protocol):
    """What has memory of so many bytes."""

    @property
    def nbytes(self) -> int:
        """How many."""


Item = TypeVar("Item", bound=Sized)


class Pool(list[Item]):
    """What waits, the last one given back at the end."""

    def take(self, fits: Callable[[Item], bool]) -> Item | None:
        """Remove and return the last one that fits; None if there is none."""
        for item in self[::-1]:
            if fits(item):
                with suppress(ValueError):  # another thread has just taken it
                    self.remove(item)
                    return item
        return None

    def give_back(self, item: Item, most: int) -> None:
        """Keep one, if it is one of two or all together are no larger than `most` bytes."""
        if len(self) < 2 or sum(kept.nbytes for kept in (*self, item)) <= most:
            self.append(item)
