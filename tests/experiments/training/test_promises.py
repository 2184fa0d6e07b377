"""Defaults and edges of training, and results that share nothing with what training goes on with."""

from __future__ import annotations

import inspect
import json
import time
from functools import partial

import numpy as np
import pytest

import minigrad as mg
from experiments.paper import data
from experiments.training import Watcher, accuracy, fit, passes
from experiments.training.checkpoint import FORMAT
from experiments.training.evaluation import hits
from experiments.training.monitoring import MonitorWatcher, quiet_monitor
from experiments.training.ratios import RatioWatcher
from experiments.training.recorded import CHECKPOINT_EVERY
from experiments.training.step import training_step
from experiments.training.summaries import CONFIDENCE, QUANTILES, RESAMPLES, SAMPLE, overall
from minigrad.nn import load_document
from tests.experiments.training.test_loop import _fit, _setup


def _defaults(function):
    parameters = inspect.signature(function).parameters.items()
    return {name: p.default for name, p in parameters if p.default is not p.empty}


def test_defaults_are_those_of_the_docstrings():
    assert _defaults(fit) == {
        "max_epochs": 50, "patience": 5, "min_epochs": 1, "watchers": (), "checkpoint": None,
        "checkpoint_every": 0.0, "keep_epochs": None, "mode": "compiled", "penalty": None, "clip": None,
        "shuffle": "every_epoch", "threads": 1, "schedule": None, "progress": None, "score": None,
        "enough": None,
    }  # fmt: skip
    assert _defaults(accuracy) == _defaults(hits) == {"batch": 500, "mode": "compiled"}
    assert _defaults(training_step) == {"mode": "compiled", "penalty": None, "clip": None, "threads": 1}
    assert _defaults(RatioWatcher.__init__) == {"definitions": ("post",), "f": "tanh"}
    assert CHECKPOINT_EVERY == 5.0
    assert (QUANTILES, SAMPLE, RESAMPLES, CONFIDENCE) == ((0.05, 0.25, 0.5, 0.75, 0.95), 300, 1000, 0.99)
    monitor = quiet_monitor()
    assert monitor.every == 10
    assert {rule.name: rule.min_count for rule in monitor.rules}["stuck"] == 10


@pytest.mark.parametrize(("scores", "patience", "epochs"), [
    ([0.5, 0.4, 0.3], 2, 3),  # best, one, two: the patience is exactly reached
    ([0.5, 0.4, 0.6, 0.5, 0.6], 2, 5),
    ([0.5, 0.5], 1, 2),  # as good is no better
    ([0.5, 0.6, 0.7, 0.7], 1, 4),
])  # fmt: skip
def test_training_ends_when_its_patience_is_exactly_reached(scores, patience, epochs):
    left = iter(scores)
    assert len(_fit(*_setup(), max_epochs=50, patience=patience, score=lambda model: next(left))) == epochs


def test_the_least_number_of_epochs_is_exactly_reached():
    """Epoch 1 is the best; with a patience of 2 training could end after 3, so 3 change nothing and 4 do."""
    for least, epochs in ((1, 3), (3, 3), (4, 4)):
        assert len(_fit(*_setup(lr=0.0), max_epochs=9, patience=2, min_epochs=least)) == epochs


@pytest.mark.parametrize(
    ("every", "written"), [(2.0, [0, 1, 2, 3]), (2.0001, [0, 0, 2, 2]), (4.0, [0, 0, 2, 2])]
)
def test_a_checkpoint_is_written_when_its_seconds_are_exactly_over(tmp_path, monkeypatch, every, written):
    path, now, numbers = tmp_path / "run.npz", [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Clock(Watcher):
        def epoch(self, epoch):
            numbers.append(len(load_document(path, FORMAT)[0]["epochs"]))  # before this epoch's
            now[0] += 2.0

    _fit(*_setup(), max_epochs=4, patience=9, watchers=[Clock()], checkpoint=path, checkpoint_every=every)
    assert numbers == written


class _Last(Watcher):
    """Overwrites all weights in place after each epoch, when the best epoch has been kept."""

    def __init__(self, model):
        self.model, self.seen = model, []

    def epoch(self, epoch):
        self.seen.append({name: values.tobytes() for name, values in self.model.state_dict().items()})
        for parameter in self.model.parameters():
            parameter.data[...] = epoch.number


@pytest.mark.parametrize("resumed", [False, True])
def test_the_best_epochs_parameters_are_a_copy(tmp_path, resumed):
    scores = iter([0.1, 0.9, 0.5, 0.4])
    path = tmp_path / "run.npz"

    def run(epochs):
        model, *rest = _setup()
        last = _Last(model)
        _fit(
            model,
            *rest,
            max_epochs=epochs,
            patience=9,
            watchers=[last],
            score=lambda m: next(scores),
            checkpoint=path,
        )
        return last.seen, {name: values.tobytes() for name, values in model.state_dict().items()}

    seen, left = run(3 if resumed else 4)
    if resumed:
        _, left = run(4)
    assert left == seen[1]


def test_what_a_checkpoint_holds_does_not_move_with_the_training_that_goes_on(tmp_path):
    path = tmp_path / "run.npz"
    contents = []

    class Read(Watcher):
        def epoch(self, epoch):
            contents.append(path.read_bytes())

    _fit(*_setup(), max_epochs=3, patience=9, watchers=[Read()], checkpoint=path)
    assert len(set(contents)) == 3
    model, optimizer, *rest = _setup()
    _fit(model, optimizer, *rest, max_epochs=3, patience=9, watchers=[Watcher()], checkpoint=path)
    before = path.read_bytes()
    training_step(model, optimizer, rest[0], "level")
    assert path.read_bytes() == before


@pytest.mark.parametrize("make", [
    lambda model: RatioWatcher(data.keyword_rows),
    lambda model: MonitorWatcher(quiet_monitor(every=1), model),
])  # fmt: skip
def test_a_watchers_state_is_a_copy_in_both_directions(make):
    model, optimizer, train, dev, rng = _setup()
    watcher, other = make(model), make(model)
    _fit(model, optimizer, train, dev, rng, max_epochs=2, watchers=[watcher])
    state = json.loads(json.dumps(watcher.state_dict()))
    live = watcher.state_dict()
    other.load_state_dict(live)
    _fit(model, optimizer, train, dev, rng, max_epochs=1, watchers=[watcher])
    assert json.loads(json.dumps(live)) == state
    assert json.loads(json.dumps(other.state_dict())) == state
    for values in live.values():
        if isinstance(values, list | dict):
            values.clear()
    assert json.loads(json.dumps(other.state_dict())) == state


@pytest.mark.parametrize("batch", [1, 7, 29, 30, 31])
def test_every_tree_is_passed_once_however_large_the_parts_are(batch):
    model, _, _, dev, _ = _setup()
    trees = [seen[0] for seen in passes(model, dev, batch, "level")]
    assert np.array_equal(np.concatenate(trees), np.arange(30))
    assert max(map(len, trees)) == min(batch, 30)


def test_a_ratio_of_2_is_not_above_2_and_depths_2_and_8_are_deep():
    found = overall(np.array([2, 7, 8, 1]), np.array([2.0, 0.5, 0.25, 2.5]))
    assert found["above_2"] == 0.25
    assert found["median_from_8"] == 0.25
    assert found["q95_from_2"] == pytest.approx(np.quantile([2.0, 0.5, 0.25], 0.95), rel=1e-5)
    assert overall(np.array([1, 7]), np.array([3.0, 1.0]))["median_from_8"] is None


def test_a_loss_is_weighted_by_trees_and_a_penalty_belongs_to_it():
    model, optimizer, train, dev, rng = _setup(lr=0.0, n=25)
    plain, _ = model.loss(train, "level")
    (epoch,) = _fit(
        model, optimizer, train, dev, rng, max_epochs=1, batch_size=10,
        penalty=lambda forest, states: mg.sum(states.h * 0.0) + float(len(forest)),
    )  # fmt: skip
    assert epoch.loss == pytest.approx(float(plain) + (10 * 10 + 10 * 10 + 5 * 5) / 25, rel=1e-6)


class _Norms(Watcher):
    def __init__(self):
        self.seen = []

    def batch(self, trees, forest, states):
        self.seen.append(float(np.linalg.norm(states.h.grad)))


def test_clipping_leaves_the_gradients_of_states_which_watchers_see():
    norms = []
    for clip in (None, partial(mg.optim.clip_grad_norm, max_norm=1e-6)):
        watcher = _Norms()
        _fit(*_setup(lr=0.0), max_epochs=1, clip=clip, watchers=[watcher])
        norms.append(watcher.seen)
    assert norms[0] == norms[1]
    assert min(norms[0]) > 1e-6
