"""Optimisers. Each step is done in place, and touches only the rows that a sparse gradient names."""

from minigrad.optim.adagrad import AdaGrad
from minigrad.optim.clip import clip_grad_norm
from minigrad.optim.optimizer import SGD, Optimizer

__all__ = ["SGD", "AdaGrad", "Optimizer", "clip_grad_norm"]
