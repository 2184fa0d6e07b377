"""The systems that are compared, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from experiments.bench.workload import LEARNING_RATE
from experiments.training.step import training_step
from minigrad.cotangent import as_dense
from minigrad.optim import AdaGrad
from models import CHAIN_CELLS, NARY_CELLS, Forest, TreeClassifier


class System(Protocol):
    """Something that trains the classifier."""

    def prepare(self, forest: Forest) -> Any:
        """Return the minibatch in the form that `step` takes; not timed."""

    def backward(self, batch: Any) -> float:
        """Compute the loss and its gradients."""

    def gradients(self) -> Mapping[str, np.ndarray]:
        """Return the gradient of each parameter, by the names that minigrad gives them."""

    def step(self, batch: Any) -> float:
        """Make a whole training step and return the loss before it; this is timed."""


Builder = Callable[[TreeClassifier], System]
PEERS = {  # package, module and class, the cells that it was written for
    "torch-level": ("torch", "torch_peers:TorchLevel", ("RNN", "RLSTM")),
    "torch-cell": ("torch", "torch_peers:TorchCell", ("RNN", "RLSTM")),
    "torch-children": ("torch", "torch_children:TorchChildren", ("ChildSumTreeLSTM",)),
    "torch-lstm": ("torch", "torch_peers:TorchLSTM", ("LSTM",)),
    "dynet": ("dynet", "dynet_peer:Dynet", ("RNN", "RLSTM")),
}
SLOW = ("minigrad-node", "torch-cell")


class Minigrad:
    """minigrad's fold in one of its modes."""

    def __init__(self, mode: str, model: TreeClassifier, threads: int = 1) -> None:
        self.model, self.mode, self._threads = model, mode, threads
        self._optimizer = AdaGrad(model.parameters(), lr=LEARNING_RATE)

    def prepare(self, forest: Forest) -> Forest:
        """Return the forest as it is."""
        return forest

    def backward(self, batch: Forest) -> float:
        """Compute the loss and its gradients."""
        loss, _ = self.model.loss(batch, self.mode)
        self._optimizer.zero_grad()
        loss.backward()
        return float(loss.item())

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        return {name: np.array(as_dense(p.grad)) for name, p in self.model.named_parameters()}

    def step(self, batch: Forest) -> float:
        """Train on one minibatch."""
        loss, _ = training_step(self.model, self._optimizer, batch, self.mode, threads=self._threads)
        return loss


def builders(cell: str) -> dict[str, Builder]:
    """Return, by name, how each system that can train this cell here is made from a model."""
    modes = {"compiled": cell not in NARY_CELLS, "level": True, "node": cell not in CHAIN_CELLS}
    found: dict[str, Builder] = {
        f"minigrad-{mode}": partial(Minigrad, mode) for mode, has in modes.items() if has
    }
    for name, (package, path, cells) in PEERS.items():
        if cell in cells and installed(package):
            found[name] = partial(_peer, path)
    return found


def installed(package: str) -> bool:
    """Return whether a peer's package is there."""
    return find_spec(package) is not None


def _peer(path: str, model: TreeClassifier) -> System:
    """Import a peer's library, not before one is wanted, and make it from a model."""
    module, _, name = path.partition(":")
    system: System = getattr(import_module(f"experiments.bench.{module}"), name)(model)
    return system
