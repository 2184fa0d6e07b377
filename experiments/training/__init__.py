"""Training: one step, a loop of epochs, and what watches it. Start at `loop.py`."""

from experiments.training.evaluation import accuracy
from experiments.training.loop import TrainingError, fit
from experiments.training.step import passes, training_step
from experiments.training.watcher import Epoch, Watcher

__all__ = ["Epoch", "TrainingError", "Watcher", "accuracy", "fit", "passes", "training_step"]
