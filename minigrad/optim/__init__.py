"""Optimisers, and schedules of their learning rates.

Each step is done in place, and touches only the rows that a sparse gradient names.
"""

from minigrad.optim.adadelta import AdaDelta
from minigrad.optim.adagrad import AdaGrad
from minigrad.optim.adam import Adam
from minigrad.optim.adamw import AdamW
from minigrad.optim.clip import clip_grad_norm, clip_grad_value
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.plateau import Plateau
from minigrad.optim.registry import OPTIMIZERS, by_name
from minigrad.optim.rmsprop import RMSProp
from minigrad.optim.schedule import Cosine, Schedule, StepDecay, WarmUp
from minigrad.optim.sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Cosine",
    "Optimizer",
    "Plateau",
    "RMSProp",
    "Schedule",
    "StepDecay",
    "WarmUp",
    "by_name",
    "clip_grad_norm",
    "clip_grad_value",
]
