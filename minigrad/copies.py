"""Copies and pickles of tensors.

Backward relies on it that every node has an id of its own, larger than those of its operands. So a copy of a
leaf is a leaf with a node and memory of its own, whatever process it comes from, and a computed tensor is not
copied at all: its copy would have no operands.
"""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np

from minigrad.context import thread
from minigrad.errors import GraphError
from minigrad.graph import Meta, Node, Storage


class Copied:
    """What `copy`, `deepcopy` and `pickle` do with a tensor, and so process pools."""

    __slots__ = ("_node", "_storage", "data", "name")
    data: np.ndarray
    name: str | None
    _node: Node | None
    _storage: Storage | None

    def __getstate__(self) -> dict[str, Any]:
        """Return values, name, gradient and a subclass's attributes; GraphError for a computed tensor."""
        node = self._node
        if node is not None and node.op is not None:
            called = f"tensor {self.name!r}" if self.name else f"a tensor {node.shape}"
            raise GraphError(
                f"{called} is the result of {node.op.name} and can't be copied or pickled: the copy would be "
                "cut off from the graph; copy its values, t.detach() or t.numpy()"
            )
        return {
            "data": self.data,
            "name": self.name,
            "gradient": None if node is None else (node.gradient and node.gradient.value,),
            "attributes": vars(self) if type(self).__dictoffset__ else {},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a leaf with these values."""
        self.data = np.array(state["data"], order="C")  # which the state of a detached tensor may share
        self.name, self._storage, self._node = state["name"], Storage(), None
        if state["gradient"] is not None:
            self._node = Node.leaf(self.data, Meta(thread.state.meta.scope, self.name))
            (self._node.gradient.value,) = state["gradient"]  # type: ignore[union-attr]
        if state["attributes"]:
            vars(self).update(state["attributes"])

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # no two leaves share memory
