"""A recorder in memory, for runs that are tested without a sweep."""

from __future__ import annotations

import json


class Recorder:
    """What `experiments.sweep.Recorder` is to a run."""

    def __init__(self, folder, stop_after=None, model=None):
        self.rows, self.results, self.nodes = [], [], 0
        self.checkpoint = folder / "checkpoint.npz"
        self.model = model
        self.live = None
        self.stop_after = stop_after

    def row(self, row):
        assert row["epoch"] == (self.rows[-1]["epoch"] + 1 if self.rows else row["epoch"])
        self.rows.append(json.loads(json.dumps(row, allow_nan=False)))

    def rewind(self, epochs):
        assert {row["epoch"] for row in self.rows} >= set(range(1, epochs + 1))
        self.rows = [row for row in self.rows if row["epoch"] <= epochs]

    def progress(self, nodes):
        self.nodes += nodes
        if self.stop_after is not None and self.nodes > self.stop_after:
            raise KeyboardInterrupt

    def result(self, row):
        self.results.append(json.loads(json.dumps(row, allow_nan=False)))
