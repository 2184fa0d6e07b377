"""Every generator that training draws from goes on where it was, and shared ones stay shared."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.paper import data
from experiments.training import Watcher, fit
from experiments.training.checkpoint import FORMAT
from experiments.training.generators import Generators
from minigrad.nn import StateError, load_document, save_document


class Dropped(models.RNN):
    """Drops out inside the cell, from a generator that is an attribute of a module below it."""

    def __init__(self, D, rng, own):
        super().__init__(D, rng)
        self.drop = mg.nn.Dropout(0.2, own)

    def compose(self, left, right):
        return self.drop(super().compose(left, right))


class Noisy(Watcher):
    """Moves the model's weights at random after each minibatch, by two generators in a list of dicts."""

    def __init__(self, model, rngs):
        self.model = model
        self.sources = [{"rng": rng} for rng in rngs]

    def batch(self, trees, forest, states):
        for source in self.sources:
            self.model.Ws.data += source["rng"].normal(0, 1e-3, self.model.Ws.shape)


def run(kind, epochs, seed=0, checkpoint=None):
    """Train; `seed` is that of generators which a resumed training takes from its checkpoint instead."""
    draws = np.random.default_rng(0)
    train, dev = (data.sentences(draws, n, (1, 4)) for n in (20, 10))
    rng = np.random.default_rng(seed)
    own = {"apart": np.random.Generator(np.random.MT19937(seed + 7)), "together": rng}.get(kind)
    cell = models.RNN(4, draws) if own is None else Dropped(4, draws, own)
    model = models.TreeClassifier(cell, data.VOCABULARY, data.CLASSES, draws)
    watchers = []
    if kind == "apart":
        model.dropout = models.Dropout(0.3, 0.3, np.random.Generator(np.random.Philox(seed + 8)))
        watchers = [Watcher(), Noisy(model, [np.random.default_rng(seed + k) for k in (8, 9)])]
    elif kind == "together":
        model.dropout = models.Dropout(0.3, 0.3, rng)
        watchers = [Watcher(), Noisy(model, [rng])]
    history = fit(
        model, mg.optim.AdaGrad(model.parameters(), lr=0.05), train, dev, batch_size=10, rng=rng,
        max_epochs=epochs, patience=50, watchers=watchers, checkpoint=checkpoint, mode="level",
    )  # fmt: skip
    return history, {name: values.tobytes() for name, values in model.state_dict().items()}


@pytest.mark.parametrize("kind", ["apart", "together", "none"])
def test_a_resumed_training_draws_what_an_undisturbed_one_draws(tmp_path, kind):
    path = tmp_path / "run.npz"
    whole = run(kind, 4)
    run(kind, 2, checkpoint=path)
    assert run(kind, 4, seed=50, checkpoint=path) == whole
    assert run(kind, 4, seed=50) != whole  # it is drawn from them


def test_generators_that_were_shared_have_to_be_shared_and_the_other_way_round(tmp_path):
    for then, now, text in (
        ("together", "apart", "were one generator, and are several now"),
        ("apart", "together", "there is no generator now|were one generator|one generator now"),
        (
            "none",
            "apart",
            r"does not hold the state of model\.dropout\.rng, model\.cell\.drop\.rng, watchers\[1\]",
        ),
        ("apart", "none", r"holds the state of model\.dropout\.rng, where there is no generator now"),
    ):
        path = tmp_path / f"{then}-{now}.npz"
        run(then, 1, checkpoint=path)
        content = path.read_bytes()
        with pytest.raises(StateError, match=f"not a checkpoint of this run: .*({text}).* delete it"):
            run(now, 2, checkpoint=path)
        assert path.read_bytes() == content


@pytest.mark.parametrize("kind", ["apart", "together", "none"])
def test_a_checkpoint_of_an_earlier_version_loads_where_its_one_generator_was_all(tmp_path, kind):
    path = tmp_path / "run.npz"
    whole = run(kind, 3)
    run(kind, 2, checkpoint=path)
    header, arrays = load_document(path, FORMAT)
    (header["rng"],) = (g["state"] for g in header.pop("generators") if "rng" in g["paths"])
    save_document(path, FORMAT, header, arrays)
    if kind == "apart":
        with pytest.raises(StateError, match=r"does not hold the state of model\.dropout\.rng"):
            run(kind, 3, checkpoint=path)
    else:
        assert run(kind, 3, seed=50, checkpoint=path) == whole


KINDS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def _draw(rng: Any) -> Any:
    if isinstance(rng, random.Random):
        return rng.gauss(0, 1), rng.random()
    if isinstance(rng, np.random.RandomState):
        return rng.normal(), rng.randint(9)
    return rng.integers(9, dtype=np.uint32), rng.normal()  # half of a 64-bit number is kept


@pytest.mark.parametrize(
    "make",
    [
        *(lambda seed, kind=kind: np.random.Generator(getattr(np.random, kind)(seed)) for kind in KINDS),
        np.random.RandomState,
        random.Random,
    ],
    ids=[*KINDS, "RandomState", "random.Random"],
)
def test_every_kind_of_generator_goes_through_json(make):
    one, other = make(1), make(2)
    _draw(one)
    saved = json.loads(json.dumps(Generators({"rng": one}).state()))
    expected = [_draw(one) for _ in range(3)]
    Generators({"rng": other}).load_state(saved)
    assert [_draw(other) for _ in range(3)] == expected


def test_a_state_is_that_of_its_time():
    rng = np.random.Generator(np.random.MT19937(0))
    found = Generators({"rng": rng})
    saved = found.state()
    before = json.dumps(saved)
    rng.random(700)
    assert json.dumps(saved) == before != json.dumps(found.state())


@dataclass(frozen=True, slots=True)
class Slotted:
    rng: np.random.Generator
    rest: Any


class Hidden:
    __slots__ = "__rng"

    def __init__(self, rng):
        self.__rng = rng


def test_generators_are_found_wherever_objects_hold_them():
    rngs = [np.random.default_rng(k) for k in range(6)]
    root = Slotted(
        rngs[0], [{"a": deque([(rngs[1],)])}, Hidden(rngs[2]), rngs[3].bit_generator, {3: rngs[3]}]
    )
    root.rest.append(root)  # a circle
    root.rest.append({rngs[4].bit_generator.seed_seq, "no generator"})
    found = Generators({"x": root, "y": rngs[0], "z": random.SystemRandom()}).state()
    assert [entry["paths"] for entry in found] == [
        ["y", "x.rng"],
        ["x.rest[2]", "x.rest[3][3]"],
        ["x.rest[1]._Hidden__rng"],
        ["x.rest[0]['a'][0][0]"],
    ]


def test_a_generator_in_a_set_is_refused():
    with pytest.raises(TypeError, match=r"the generator x\[0\]\.rng stands in a set: put it into a list"):
        Generators({"x": {Slotted(np.random.default_rng(0), 1)}})
