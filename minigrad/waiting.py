"""Telling people what they wait for: one line on stderr, once nothing has been said for three seconds."""

from __future__ import annotations

import functools
import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

SILENCE = 3.0  # seconds
LOGGER = logging.getLogger("minigrad")


class Clock(Protocol):
    """What `waiting` needs of time."""

    def now(self) -> float:
        """Return the seconds since some fixed moment."""

    def call_later(self, seconds: float, function: Callable[[], object]) -> Callable[[], object]:
        """Have a function called, from another thread perhaps; return what cancels that."""


class WallClock:
    """The time that passes for everybody."""

    def now(self) -> float:
        """Return the seconds since some fixed moment."""
        return time.monotonic()

    def call_later(self, seconds: float, function: Callable[[], object]) -> Callable[[], object]:
        """Call a function from a thread of its own; return what cancels that."""
        timer = threading.Timer(max(seconds, 0.0), function)
        timer.daemon = True
        timer.start()
        return timer.cancel


CLOCK: Clock = WallClock()


class Stages:
    """The stages of something that may take long; called with the name of each as it begins.

    Attributes
    ----------
    told : list of str
        Those that have been said.
    """

    def __init__(self, clock: Clock) -> None:
        self.told: list[str] = []
        self._clock, self._last = clock, clock.now()
        self._cancel: Callable[[], object] = lambda: None

    def __call__(self, stage: str) -> None:
        """Begin the next stage, and so end the last."""
        self.end()
        silent = self._clock.now() - self._last
        self._cancel = self._clock.call_later(SILENCE - silent, functools.partial(self._tell, stage))

    def end(self) -> None:
        """Say nothing more."""
        self._cancel()

    def _tell(self, stage: str) -> None:
        self._last = self._clock.now()
        self.told.append(stage)
        say(stage)


@contextmanager
def waiting(stage: str, clock: Clock | None = None) -> Iterator[Stages]:
    """Run a block that may take long; where it does, say at which stage it is.

    A stage is told once, as soon as nothing has been said for `SILENCE` seconds: what is quick is silent.
    The line goes through the logger ``"minigrad"`` at level WARNING, to whatever handlers a program has
    set; without any, to stderr, above a progress bar if one is there.
    ``logging.getLogger("minigrad").setLevel("ERROR")`` silences it.

    Parameters
    ----------
    stage : str
        What the block does first, such as "reading rows".
    clock : Clock, optional
        Another one than `CLOCK`, for tests.

    Yields
    ------
    Stages
        To be called where the next stage begins.

    Examples
    --------
    ::

        with waiting("reading rows") as stage:
            rows = read(folder)
            for number in FIGURES:
                stage(f"drawing Figure {number}")
                draw(number, rows)
    """
    stages = Stages(clock or CLOCK)
    stages(stage)
    try:
        yield stages
    finally:
        stages.end()


def say(text: str) -> None:
    """Write a line for whoever watches: to the logger's handlers, or to stderr if there are none."""
    line = f"minigrad: {text}"
    if LOGGER.hasHandlers():
        LOGGER.warning(line)
    elif LOGGER.isEnabledFor(logging.WARNING):
        if sys.stderr.isatty():  # where a progress bar may stand in the line
            line = f"\r{line:{shutil.get_terminal_size().columns - 1}}"
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
