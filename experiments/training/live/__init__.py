"""Looks at a training while it runs: gradients by depth and in one sentence, eigenvalues, gates, rules.

They are timed, so they differ from run to run: they go into ``FOLDER/live``, beside the rows, not among them.
Start at `watcher.py`; `board.py` is for training loops of your own.
"""

from experiments.training.live.board import Board, dashboard
from experiments.training.live.watcher import LiveWatcher

__all__ = ["Board", "LiveWatcher", "dashboard"]
