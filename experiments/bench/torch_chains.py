"""The same classifier over chains with PyTorch's own LSTM."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from experiments.bench.torch_peers import TorchSystem, adagrad
from experiments.bench.workload import D
from models import Forest, TreeClassifier

GATES = "ifco"  # in the order of the rows of nn.LSTM's matrices
PACKED = {"U": "weight_ih_l0", "W": "weight_hh_l0", "b": "bias_ih_l0"}


class ChainBatch(NamedTuple):
    """A minibatch as `TorchLSTM` takes it: the words position by position."""

    words: Tensor
    labels: Tensor
    chains: int


class TorchLSTM(TorchSystem):
    """``torch.nn.LSTM``, and the softmax on its last state.

    Of its two biases one is left at 0 and not trained: together they would learn twice as fast.

    Parameters
    ----------
    model : TreeClassifier
        With an LSTM.
    onednn : bool
        Whether PyTorch may use oneDNN's LSTM.
    """

    def __init__(self, model: TreeClassifier, onednn: bool = True) -> None:
        super().__init__(model)
        self._onednn = onednn
        self._lstm = torch.nn.LSTM(D, D)
        parameters = dict(self._lstm.named_parameters())
        self._packed = {letter: parameters[name] for letter, name in PACKED.items()}
        with torch.no_grad():
            for letter, packed in self._packed.items():
                packed.copy_(torch.cat([self.w[letter + gate] for gate in GATES]))
            parameters["bias_hh_l0"].zero_().requires_grad_(False)
        self._optimizer = adagrad([*self._packed.values(), self.w["Ws"], self.w["bs"]])

    def prepare(self, forest: Forest) -> ChainBatch:
        """Set the words in an array (positions, chains); chains are equally long."""
        words = forest.word[forest.right[forest.inner]].reshape(len(forest), -1).T
        labels = torch.from_numpy(forest.label[forest.root])
        return ChainBatch(torch.from_numpy(words.ravel()), labels, len(forest))

    def fold(self, batch: ChainBatch, vectors: Tensor) -> Tensor:
        """Return the last states of all chains."""
        _, (h, _) = self._lstm(vectors.view(-1, batch.chains, D))
        return h[0]

    def backward(self, batch: ChainBatch) -> float:
        """Compute the loss and leave its gradients."""
        switch: Any = torch.backends.mkldnn
        before, switch.enabled = switch.enabled, self._onednn
        try:
            return super().backward(batch)
        finally:
            switch.enabled = before

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        for letter, packed in self._packed.items():
            assert packed.grad is not None
            for gate, gradient in zip(GATES, packed.grad.chunk(4), strict=True):
                self.w[letter + gate].grad = gradient
        return super().gradients()


class TorchLSTMWithoutOneDNN(TorchLSTM):
    """The same with PyTorch's usual operations."""

    def __init__(self, model: TreeClassifier) -> None:
        super().__init__(model, onednn=False)
