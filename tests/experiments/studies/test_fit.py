"""How the studies train: seeds, data and classifiers of their own, and what the settings have decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.studies.fit import CellSettings, classifier, parts, streams, train
from experiments.training.watcher import Watcher
from tests.experiments.paper.recorder import Recorder

WORDS = models.Vocabulary(["0", "1", "start"])


@dataclass(frozen=True, kw_only=True)
class Settings(CellSettings):
    """Of a network that reads six bits."""

    cell: str = "Elman"
    run: int = 1
    seed: int = 0
    seeds: dict = None
    D: int = 4
    mode: str = "level"


def _settings(**changes):
    return Settings(seeds=streams(0, 1), **changes)


def _bits(rng, n):
    bits = rng.integers(2, size=(n, 6))
    return models.chain_forest(bits.ravel(), [6] * n, WORDS, labels=bits.cumsum(1).ravel() % 2)


def _trained(folder, settings, **options):
    model = classifier(settings, WORDS, 2, head="labelled")
    forests = (_bits(np.random.default_rng(part), 40) for part in (0, 1))
    recorder = Recorder(folder)
    return recorder, train(recorder, settings, model, *forests, **{"epochs": 4, **options})


def test_streams_and_parts_are_drawn_from_generators_of_their_own():
    assert streams(7, 201, 3) == {"data": (7, 201, 3, 0), "model": (7, 201, 3, 1), "order": (7, 201, 3, 2)}
    assert streams(7, names=["a", "b"]) == {"a": (7, 0), "b": (7, 1)}
    drawn = parts((1, 2), lambda rng, name: (name, float(rng.random())))
    assert [name for name, _ in drawn] == ["train", "dev", "test"]
    assert [x for _, x in drawn] == [np.random.default_rng([1, 2, part]).random() for part in range(3)]


def test_a_classifier_is_that_of_its_settings():
    first, again = (classifier(_settings(), WORDS, 3, 2.0).state_dict() for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert 1 < np.abs(first["L"]).max() <= 2
    assert first["Ws"].shape == (3, 4)


def test_all_epochs_are_run_unless_there_is_a_patience(tmp_path):
    same = _settings(lr=0.0)  # the dev accuracy never changes
    assert [epoch.number for epoch in _trained(tmp_path, same)[1]] == [1, 2, 3, 4]
    (tmp_path / "checkpoint.npz").unlink()
    recorder, epochs = _trained(tmp_path, same, patience=2)
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert all(row["alerts"] == [] for row in recorder.rows)  # the monitor looked on


@pytest.mark.parametrize("clip", [None, 1e-3])
def test_gradients_are_clipped_if_asked_for(tmp_path, clip):
    norms = []

    class Norms(Watcher):
        def batch(self, trees, forest, states):
            norms.append(mg.optim.clip_grad_norm(self.model.parameters(), np.inf))

    watcher = Norms()
    settings = _settings()
    watcher.model = classifier(settings, WORDS, 2, head="labelled")
    forests = (_bits(np.random.default_rng(part), 40) for part in (0, 1))
    train(Recorder(tmp_path), settings, watcher.model, *forests, epochs=1, clip=clip, watchers=[watcher])
    assert len(norms) == 2  # minibatches of 20
    if clip is None:
        assert min(norms) > 1e-2
    else:
        assert max(norms) == pytest.approx(clip, rel=1e-5)
