"""The systems that are compared, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from experiments.bench.workload import LEARNING_RATE
from experiments.training.step import training_step
from minigrad.cotangent import as_dense
from minigrad.optim import AdaGrad
from models import Forest, TreeClassifier

PEERS = ("RNN", "RLSTM")  # the cells that were written for the other systems too
SLOW = frozenset({"minigrad-node", "torch-cell"})


class System(Protocol):
    """Something that trains the classifier."""

    def prepare(self, forest: Forest) -> Any:
        """Return the minibatch in the form that `step` takes; not timed."""

    def backward(self, batch: Any) -> float:
        """Compute the loss and leave its gradients."""

    def gradients(self) -> Mapping[str, np.ndarray]:
        """Return the gradient of each parameter, by the names that minigrad gives them."""

    def step(self, batch: Any) -> float:
        """Make a whole training step and return the loss before it; this is timed."""


Builder = Callable[[TreeClassifier], System]


class Minigrad:
    """minigrad's fold in one of its modes."""

    def __init__(self, model: TreeClassifier, mode: str) -> None:
        self._model = model
        self._mode = mode
        self._optimizer = AdaGrad(model.parameters(), lr=LEARNING_RATE)

    def prepare(self, forest: Forest) -> Forest:
        """Return the forest as it is."""
        return forest

    def backward(self, batch: Forest) -> float:
        """Compute the loss and leave its gradients."""
        loss, _ = self._model.loss(batch, self._mode)
        self._optimizer.zero_grad()
        loss.backward()
        return float(loss.item())

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        return {name: np.array(as_dense(p.grad)) for name, p in self._model.named_parameters()}

    def step(self, batch: Forest) -> float:
        """Train on one minibatch."""
        loss, _ = training_step(self._model, self._optimizer, batch, self._mode)
        return loss


def installed(package: str) -> bool:
    """Return whether a peer's package is there."""
    return find_spec(package) is not None


def builders(cell: str) -> dict[str, Builder]:
    """Return, by name, how each system that can train this cell here is made from a model."""
    found = {f"minigrad-{mode}": _minigrad(mode) for mode in ("compiled", "level")}
    if cell not in PEERS:
        return found
    found["minigrad-node"] = _minigrad("node")
    if installed("torch"):
        found["torch-level"] = _peer("torch_peers", "TorchLevel")
        found["torch-cell"] = _peer("torch_peers", "TorchCell")
    if installed("dynet"):
        found["dynet"] = _peer("dynet_peer", "Dynet")
    return found


def chain_builders() -> dict[str, Builder]:
    """Return, by name, how each system that can train an LSTM over chains here is made from a model."""
    found = {f"minigrad-{mode}": _minigrad(mode) for mode in ("compiled", "level")}
    if installed("torch"):
        found["torch-lstm"] = _peer("torch_chains", "TorchLSTM")
        found["torch-lstm without oneDNN"] = _peer("torch_chains", "TorchLSTMWithoutOneDNN")
    return found


def _minigrad(mode: str) -> Builder:
    return lambda model: Minigrad(model, mode)


def _peer(module: str, name: str) -> Builder:
    """Return a builder that imports the peer's library when it is called, and not before."""

    def build(model: TreeClassifier) -> System:
        system: System = getattr(import_module(f"experiments.bench.{module}"), name)(model)
        return system

    return build
