"""Gradients of which no tensor keeps a trace: `.grad` is as it was when they have been taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from minigrad.cotangent import Gradient
from minigrad.graph import Node, reachable


@contextmanager
def gradients_aside(root: Node, wanted: Iterable[Node]) -> Iterator[None]:
    """Inside, backward from `root` leaves its gradients in nodes that are empty, the `wanted` among them.

    Whatever they held before is there again afterwards.
    """
    without = [node for node in wanted if node.gradient is None]
    for node in without:
        node.gradient = Gradient()
    slots = {id(node.gradient): node.gradient for node in reachable(root) if node.gradient is not None}
    held = [(slot, slot.value) for slot in slots.values()]
    try:
        for slot, _ in held:
            slot.value = None
        yield
    finally:
        for slot, value in held:
            slot.value = value
        for node in without:
            node.gradient = None
