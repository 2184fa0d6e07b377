"""Probes: what can be read off the layers of a language model by a linear classifier, and off their mix.

The mix is ELMo's (Peters et al. 2018, equation 1): γ Σⱼ sⱼ hⱼ with s = softmax(w), which is learned together
with the classifier, for each task anew; the language model stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import minigrad as mg
from minigrad.nn import Module, Parameter, initial
from minigrad.optim import Adam

Features = npt.NDArray[np.float32]


class Mix(Module):
    """A linear classifier of γ Σⱼ sⱼ hⱼ, s = softmax(w).

    Parameters
    ----------
    layers, width, classes : int
    rng : numpy.random.Generator

    Attributes
    ----------
    w : Parameter (1, layers)
        0 at first: all layers weigh the same. Of one layer s is 1, and the probe an ordinary one.
    gamma : Parameter (1, 1)
    W, b : Parameter (classes, width), (classes,)
    """

    def __init__(self, layers: int, width: int, classes: int, rng: np.random.Generator) -> None:
        self.w = Parameter(initial("zeros", rng, (1, layers), np.float32))
        self.gamma = Parameter(np.ones((1, 1), np.float32))
        self.W = Parameter(initial("fan_in_uniform", rng, (classes, width), np.float32))
        self.b = Parameter(initial("zeros", rng, (classes,), np.float32))

    def __call__(self, layers: Sequence[Features]) -> mg.Tensor:
        """Return the scores (n, classes) of places of which each layer has (n, width)."""
        weight = mg.softmax(self.w)
        mixed = weight[:, 0:1] * layers[0]
        for j, layer in enumerate(layers[1:], 1):
            mixed = mixed + weight[:, j : j + 1] * layer
        return self.gamma * mixed @ self.W.T + self.b

    def weights(self) -> list[float]:
        """Return s."""
        with mg.no_grad():
            return [float(s) for s in mg.softmax(self.w).data[0]]


@dataclass(frozen=True)
class Training:
    """How probes are trained: cross-entropy, by Adam.

    Attributes
    ----------
    steps, batch : int
        Updates, and places in each.
    lr : float
    """

    steps: int
    batch: int
    lr: float


def standardised(train: Features, test: Features) -> tuple[Features, Features]:
    """Return both minus the mean of `train`, divided by its standard deviation, column by column.

    A linear classifier can read the same from them, and layers of different scale are learned alike.
    """
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1).astype(np.float32)
    return (train - mean) / spread, (test - mean) / spread


def trained(
    layers: Sequence[Features],
    answers: npt.NDArray[np.intp],
    classes: int,
    how: Training,
    rng: np.random.Generator,
) -> Mix:
    """Return a probe that was trained.

    Parameters
    ----------
    layers : sequence of (n, width) arrays
    answers : (n,) array of int
    classes : int
    how : Training
    rng : numpy.random.Generator
        Draws the weights and the order.
    """
    probe = Mix(len(layers), layers[0].shape[1], classes, rng)
    optimizer = Adam(probe.parameters(), lr=how.lr)
    order = np.zeros(0, np.intp)
    for _ in range(how.steps):
        if not len(order):
            order = rng.permutation(len(answers))
        chosen, order = order[: how.batch], order[how.batch :]
        optimizer.zero_grad()
        mg.cross_entropy(probe([layer[chosen] for layer in layers]), answers[chosen]).backward()
        optimizer.step()
    return probe


def accuracy(probe: Mix, layers: Sequence[Features], answers: npt.NDArray[np.intp]) -> float:
    """Return how often the likeliest class is the right one."""
    with mg.no_grad():
        scores = probe(layers).data
    return float(np.mean(scores.argmax(axis=1) == answers))
