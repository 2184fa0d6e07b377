"""`fit(…, keep_epochs=folder)`: a model per epoch, for any training, resumed or not."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training import Watcher, fit
from viz.commands.epochs import by_epoch

WORDS = models.Vocabulary(["good", "bad", "not"])
TREES = [models.Tree.parse(text) for text in ("(1 (1 good) (0 bad))", "(0 (0 bad) (1 good))", "(0 not)")]


class _Stop(Watcher):
    """Interrupts training in an epoch."""

    def __init__(self, epoch):
        self._epoch = epoch

    def epoch(self, epoch):
        if epoch.number == self._epoch:
            raise KeyboardInterrupt


def _train(folder, epochs=3, cell=models.RNN, **options):
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(cell(3, rng), WORDS, 2, rng)
    forest = models.Forest(TREES, WORDS)
    fit(
        model, mg.optim.SGD(model.parameters(), lr=0.5), forest, forest, batch_size=2, rng=rng,
        max_epochs=epochs, patience=epochs, mode="level", keep_epochs=folder, **options,
    )  # fmt: skip
    return model


def _kept(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class _States(Watcher):
    """Keeps a model's parameters in memory."""

    def __init__(self, model):
        self._model = model
        self.seen = [model.state_dict()]

    def epoch(self, epoch):
        self.seen.append(self._model.state_dict())


def test_every_epoch_is_there_from_0_on(tmp_path):
    folder = tmp_path / "new" / "epochs"
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RNN(3, rng), WORDS, 2, rng)
    forest, states = models.Forest(TREES, WORDS), _States(model)
    fit(
        model, mg.optim.SGD(model.parameters(), lr=0.5), forest, forest, batch_size=2, rng=rng,
        max_epochs=11, patience=11, mode="level", watchers=[states], keep_epochs=folder,
    )  # fmt: skip
    seen = states.seen
    paths = by_epoch(sorted(folder.iterdir()))  # as `python -m viz epochs rnn-*.npz` orders them
    assert list(paths) == list(range(12))
    for number, path in paths.items():
        assert path.name == f"rnn-{number}.npz"
        state = models.load(path).state_dict()
        assert all(np.array_equal(state[name], seen[number][name]) for name in state)
    assert any(not np.array_equal(seen[0][name], seen[1][name]) for name in seen[0])


@pytest.mark.parametrize("every", [0.0, 1e9])
def test_a_resumed_training_leaves_the_same_files(tmp_path, every):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    _train(whole)
    options = {"checkpoint": tmp_path / "checkpoint", "checkpoint_every": every}
    with pytest.raises(KeyboardInterrupt):
        _train(resumed, watchers=[_Stop(2)], **options)
    assert len(_kept(resumed)) == 2  # epochs 0 and 1
    _train(resumed, watchers=[_Stop(0)], **options)
    assert _kept(resumed) == _kept(whole)


def test_a_training_that_goes_on_may_begin_to_keep(tmp_path):
    options = {"checkpoint": tmp_path / "checkpoint"}
    with pytest.raises(KeyboardInterrupt):
        _train(None, watchers=[_Stop(2)], **options)
    _train(tmp_path / "late", watchers=[_Stop(0)], **options)
    assert sorted(_kept(tmp_path / "late")) == ["rnn-2.npz", "rnn-3.npz"]


def test_another_training_replaces_its_own_files_only(tmp_path):
    _train(tmp_path, epochs=4)
    (tmp_path / "rnn-best.npz").write_bytes(b"mine")
    _train(tmp_path, epochs=2, cell=models.TreeLSTM)
    _train(tmp_path, epochs=2)
    names = [f"{cell}-{k}.npz" for cell in ("rnn", "treelstm") for k in range(3)]
    assert sorted(_kept(tmp_path)) == sorted([*names, "rnn-best.npz"])


def test_a_folder_that_can_not_be_written_is_reported_before_training(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(OSError, match="taken"):
        _train(tmp_path / "taken", watchers=[_Stop(1)])
