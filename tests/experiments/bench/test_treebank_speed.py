"""The benchmark's training with a class at every node."""

from __future__ import annotations

import numpy as np

from experiments.bench import sentiment
from experiments.sentiment.settings import CHOSEN


def test_its_trees_are_like_the_treebank_s():
    forest = sentiment.trees(300)
    words = (np.diff(forest.root, prepend=-1) + 1) // 2
    assert (words.min(), words.max()) == (2, 36)
    assert abs(words.mean() - 19.1) < 2  # the treebank's train: 19.1 on average
    assert (forest.label >= 0).all()
    assert forest.label.max() == 4


def test_it_trains_with_the_settings_of_the_experiment(monkeypatch):
    clock = iter(np.arange(0, 1000, 2.0))  # two seconds from look to look
    monkeypatch.setattr(sentiment.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(sentiment, "COMPARED", [(name, "level") for name in CHOSEN])
    seen, told = [], []
    step = sentiment.training_step

    def watched(model, optimizer, forest, mode):
        seen.append((type(model.cell).__name__, len(forest), model.dropout.words, mode))
        return step(model, optimizer, forest, mode)

    monkeypatch.setattr(sentiment, "training_step", watched)
    entries = sentiment.measure(2, count=30, advance=lambda: told.append(1))
    assert [entry["cell"] for entry in entries] == list(CHOSEN)
    assert all(entry["trees_per_second"] == 15 for entry in entries)
    assert len(told) == len(entries)
    for name, settings in CHOSEN.items():
        mine = [call for call in seen if call[0] == name]
        assert {call[2:] for call in mine} == {(settings["dropout_words"], "level")}
        full, rest = divmod(30, settings["batch"])
        assert sorted(call[1] for call in mine) == sorted(
            2 * (full * [settings["batch"]] + [rest] * bool(rest)) + [min(settings["batch"], 30)]
        )
