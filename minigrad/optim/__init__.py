"""Optimisers. Each step is done in place, and touches only the rows that a sparse gradient names."""

from minigrad.optim.adadelta import AdaDelta
from minigrad.optim.adagrad import AdaGrad
from minigrad.optim.adam import Adam
from minigrad.optim.clip import clip_grad_norm, clip_grad_value
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.registry import OPTIMIZERS, by_name
from minigrad.optim.rmsprop import RMSProp
from minigrad.optim.sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "Optimizer",
    "RMSProp",
    "by_name",
    "clip_grad_norm",
    "clip_grad_value",
]
