"""Clocks for tests of `minigrad.waiting`."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """A clock that stands still until `pass_` moves it."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.due: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self.seconds

    def call_later(self, seconds: float, function: Callable[[], object]) -> Callable[[], object]:
        entry = (self.seconds + max(seconds, 0.0), function)
        self.due.append(entry)
        return lambda: self.due.remove(entry) if entry in self.due else None

    def pass_(self, seconds: float) -> None:
        end = self.seconds + seconds
        while self.due and min(self.due, key=lambda entry: entry[0])[0] <= end:
            entry = min(self.due, key=lambda entry: entry[0])
            self.due.remove(entry)
            self.seconds = entry[0]
            entry[1]()
        self.seconds = end


class Impatient(FakeClock):
    """A clock on which everything takes too long: every stage is told."""

    def call_later(self, seconds: float, function: Callable[[], object]) -> Callable[[], object]:
        function()
        return lambda: None
