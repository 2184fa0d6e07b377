"""What is drawn from a run's seeds: weights and order differ from run to run, dev and test from train.

That the settings differ says little: what is compared here is what `fit` is given, and for runs without
training what they measure.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import models
from experiments.paper import run as paper
from experiments.paper.grids import experiment_jobs
from experiments.studies import STUDIES
from experiments.sweep import Job
from experiments.training.fingerprint import data_hash
from experiments.training.monitoring import MonitorWatcher
from tests.experiments.paper.recorder import Recorder
from tests.references import assert_reference

Perform = Callable[[Any, Any], object]


class Drawn(NamedTuple):
    """What a training starts from."""

    weights: dict[str, str]  # checksums of the parameters that are drawn: no zeros, no identity
    order: str
    seeds: list[str]  # of all generators made since the run began
    train: models.Forest
    dev: models.Forest
    asked: list[str]  # how `fit` is to train, and which rows a monitor looks at


Begin = Callable[[Perform, Any], Drawn]


class BegunError(Exception):
    """Ends a run where its training begins."""


def _checksum(values: np.ndarray) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()


def _options(options: dict[str, Any]) -> list[str]:
    plain = {name: value for name, value in options.items() if isinstance(value, int | float | str | None)}
    others = sorted(options.keys() - plain.keys())
    return [*(f"{name} = {value!r}" for name, value in sorted(plain.items())), f"given: {others}"]


def _optimizer(optimizer: Any) -> list[str]:
    kind = type(optimizer).__name__
    return [
        f"{kind} of {len(group['params'])}: { {name: of for name, of in group.items() if name != 'params'} }"
        for group in optimizer.groups
    ]


def _watched(watchers: Sequence[Any], train: models.Forest) -> list[str]:
    told = [type(watcher).__name__ for watcher in watchers]
    for watcher in watchers:
        if isinstance(watcher, MonitorWatcher):
            rows = None if watcher._nodes is None else watcher._nodes(train)[:8].tolist()
            told.append(f"every {watcher.monitor.every}, rows {rows}: {watcher.monitor.rules}")
    return told


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Begin:
    """Perform a run up to where its training begins."""
    seen: list[Drawn] = []
    seeds: list[str] = []
    default_rng = np.random.default_rng

    def generator(seed: Any = None) -> np.random.Generator:
        seeds.append(str(list(np.atleast_1d(seed))))
        return default_rng(seed)

    def fit(model: Any, optimizer: Any, train: Any, dev: Any, *, rng: Any, **options: Any) -> None:
        named = model.named_parameters()
        weights = {name: _checksum(p.data) for name, p in named if len(np.unique(p.data)) > 2}
        asked = [*_options(options), *_optimizer(optimizer), *_watched(options["watchers"], train)]
        seen.append(Drawn(weights, str(rng.bit_generator.state), [*seeds], train, dev, asked))
        raise BegunError

    monkeypatch.setattr("experiments.training.recorded.fit", fit)
    monkeypatch.setattr(np.random, "default_rng", generator)

    def perform(do: Perform, settings: Any) -> Drawn:
        seeds.clear()
        with pytest.raises(BegunError):
            do(settings, Recorder(tmp_path))
        return seen.pop()

    return perform


def _kinds(seed: int) -> Iterator[tuple[str, Perform, list[Job]]]:
    """Three runs of a kind, for each of the paper's experiments and each study, or each task of a study."""
    for experiment in ("length", "depth"):
        jobs = experiment_jobs(experiment, "smoke", seed=seed, runs=3, cells=["RNN"])
        yield experiment, paper.perform, [job for job in jobs if "/02/" in job.name]
    for name in STUDIES:
        study = importlib.import_module(f"experiments.studies.{name}").STUDY
        kinds: dict[str, list[Job]] = {}
        for job in study.jobs("smoke", seed, runs=3):
            if (
                "/bound/" not in job.name and "/eigenvalues/" not in job.name
            ):  # those of `spectrum` don't train
                kinds.setdefault(job.name.rpartition("/")[0], []).append(job)
        task = {kind.split("/")[1] if name in ("tasks", "count") else "": kind for kind in reversed(kinds)}
        for kind in task.values():
            yield kind, study.perform, kinds[kind]


KINDS, OTHERS = ({name: (perform, jobs) for name, perform, jobs in _kinds(seed)} for seed in (0, 1))


def _settings(job: Job) -> Any:
    return replace(job.settings, mode="level")  # type: ignore[type-var]


def _distinct(values: Sequence[Any]) -> bool:
    return len(set(values)) == len(values)


def _alike(one: models.Forest, other: models.Forest) -> float:
    """Return how many of the first trees are the same one by one, as a share."""
    return float(np.mean([a == b for a, b in zip(one[:20], other[:20], strict=False)]))


@pytest.mark.parametrize("name", KINDS)
def test_runs_start_from_weights_and_an_order_of_their_own(name: str, begin: Begin) -> None:
    perform, jobs = KINDS[name]
    runs = [begin(perform, _settings(job)) for job in jobs]
    assert len(runs) == 3
    assert _distinct([run.order for run in runs])
    assert len(runs[0].weights) >= 3  # the word vectors are among them
    for parameter in runs[0].weights:
        assert _distinct([run.weights[parameter] for run in runs]), parameter
    for run in runs:
        assert _distinct(list(run.weights.values()))  # no two parameters begin with the same numbers
        assert _distinct(run.seeds)  # train, dev and test are drawn by generators of their own
        assert _alike(run.train, run.dev) < 0.5
    first = runs[0]
    told = [first.order, str(first.train.to_tree(0)), data_hash(first.train, first.dev)]
    told += [*first.seeds, *first.asked]
    assert_reference(f"experiments/references/drawn-{name.replace('/', '-')}.txt", "\n".join(told))
    again = begin(perform, _settings(jobs[0]))
    assert (again.weights, again.order) == (runs[0].weights, runs[0].order)
    assert data_hash(again.train, again.dev) == data_hash(runs[0].train, runs[0].dev)


@pytest.mark.parametrize("name", KINDS)
def test_another_seed_gives_other_data_weights_and_order(name: str, begin: Begin) -> None:
    one, other = (begin(of[name][0], _settings(of[name][1][0])) for of in (KINDS, OTHERS))
    assert one.order != other.order
    assert not set(one.weights.values()) & set(other.weights.values())
    assert _alike(one.train, other.train) < 0.5


@pytest.mark.parametrize("experiment", ["length", "depth"])
def test_all_runs_of_a_dataset_and_all_models_have_the_same_data(experiment: str, begin: Begin) -> None:
    jobs = experiment_jobs(experiment, "smoke", runs=2)
    runs = [begin(paper.perform, _settings(job)) for job in jobs if "/02/" in job.name]
    assert len(runs) == 4
    assert len({data_hash(run.train, run.dev) for run in runs}) == 1
