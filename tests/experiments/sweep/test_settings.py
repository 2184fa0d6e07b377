"""Settings as frozen dataclasses, and the JSON that is stored of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from experiments import sweep
from experiments.dashboard.places import canonical
from experiments.sweep.settings import defaults, later


@dataclass(frozen=True)
class Settings:
    lr: float
    lengths: tuple[int, int]
    sizes: dict[str, int]
    seeds: dict[str, tuple[int, ...]]
    pairs: tuple[tuple[int, int], ...] = ()
    vectors: str | None = None


@dataclass(frozen=True)
class More(Settings):
    gain: float = 1.0


@dataclass(frozen=True)
class Added(Settings):
    shuffle: str = later("every_epoch")


HERE = Settings(0.1, (1, 10), {"train": 5}, {"data": (0, 1)}, ((1, 2), (3, 4)))
STORED = {
    "lr": 0.1,
    "lengths": [1, 10],
    "sizes": {"train": 5},
    "seeds": {"data": [0, 1]},
    "pairs": [[1, 2], [3, 4]],
    "vectors": None,
}


def _job(settings: Any) -> sweep.Job:
    return sweep.Job("a/1", settings, 1, "nobody:calls")


def test_json_has_the_fields_in_their_order_and_lists_for_tuples():
    assert json.dumps(sweep.to_json(HERE)) == json.dumps(STORED)
    more = More(**vars(HERE), gain=2.0)
    assert list(sweep.to_json(more)) == [*STORED, "gain"]


def test_settings_come_back_from_the_text_that_is_stored():
    assert sweep.from_json(Settings, json.loads(json.dumps(STORED))) == HERE
    assert sweep.from_json(Settings, dict(reversed(STORED.items()))) == HERE


def test_missing_and_unknown_settings_are_named():
    stored = {"rate" if name == "lr" else name: value for name, value in STORED.items()}
    with pytest.raises(sweep.SweepError, match=r"test_settings\.Settings: missing: lr; unknown: rate$"):
        sweep.from_json(Settings, stored)
    with pytest.raises(sweep.SweepError, match=r"Settings: unknown: gain$"):
        sweep.from_json(Settings, {**STORED, "gain": 1.0})


def test_a_setting_that_was_added_leaves_the_ids_of_stored_runs_as_they_are():
    added = Added(**vars(HERE))
    assert sweep.to_json(added) == STORED
    assert _job(added).id == _job(HERE).id
    assert sweep.from_json(Added, STORED) == added
    assert defaults(Added)["shuffle"] == "every_epoch"


def test_an_added_setting_with_another_value_is_stored_and_is_another_run():
    once = Added(**vars(HERE), shuffle="once")
    assert sweep.to_json(once) == {**STORED, "shuffle": "once"}
    assert _job(once).id != _job(HERE).id
    assert sweep.from_json(Added, sweep.to_json(once)) == once


def test_a_dataclass_and_its_json_are_the_same_run():
    assert _job(HERE).id == _job(STORED).id
    assert _job(HERE).json == STORED
    assert _job(replace(HERE, lr=0.2)).id != _job(HERE).id
    assert _job(HERE).settings is HERE  # what the worker's function gets


@pytest.mark.parametrize("sizes", [{1: 5}, {"train": float("nan")}, {"train": {1, 2}}])
def test_values_that_json_lacks_are_refused(sizes):
    with pytest.raises((ValueError, TypeError)):
        _job(replace(HERE, sizes=sizes))


def test_canonical_text_does_not_depend_on_the_order():
    assert canonical(STORED) == canonical(dict(reversed(STORED.items())))
