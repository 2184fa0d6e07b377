"""What is in force in this thread while a graph is built: is it recorded, for what, and who watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.graph import Meta, Observer


class Context:
    """What ops ask of the code that calls them: of ordinary code, here; a fold has a context of its own."""

    def use_value(self, how: str) -> None:
        """Allow a value to be read by Python, or changed in place; elsewhere this may raise."""

    def once(self, op: Callable[[Any], Any], x: Any) -> Any:
        """Return op(x); code that runs for every node of a tree may compute it once for all of them."""
        return op(x)

    def mask(self, shape: tuple[int, ...], p: float, rng: np.random.Generator) -> Any:
        """Return a random mask, each element of which is False with probability `p`."""
        return rng.random(shape) >= p


class State:
    """What is in force in a thread.

    Attributes
    ----------
    recording_graph : bool
        False inside `no_grad`.
    meta : Meta
        What is known of every node that is made: its scope.
    observers : tuple of Observer
    context : Context
    """

    def __init__(self) -> None:
        self.recording_graph = True
        self.meta = Meta()
        self.observers: tuple[Observer, ...] = ()
        self.context = Context()

    @contextmanager
    def using(self, **values: Any) -> Iterator[None]:
        """Give attributes other values in this block."""
        before = {name: getattr(self, name) for name in values}
        vars(self).update(values)
        try:
            yield
        finally:
            vars(self).update(before)


class Thread(threading.local):
    """A state for each thread."""

    def __init__(self) -> None:
        self.state = State()


thread = Thread()


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without building a graph: evaluation, and in-place changes of parameters."""
    with thread.state.using(recording_graph=False):
        yield


@contextmanager
def scope(name: object) -> Iterator[None]:
    """Say what the ops of this block belong to; shown by `explain`, pictures, records and errors.

    `name` is printed by ``str`` only when it is needed, so an object with a lazy ``__str__`` costs nothing.
    """
    with thread.state.using(meta=Meta(name)):
        yield


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Let `observer` watch this thread's graphs in this block, instead of others of its class."""
    others = (other for other in thread.state.observers if type(other) is not type(observer))
    with thread.state.using(observers=(*others, observer)):
        yield
