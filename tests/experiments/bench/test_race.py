"""What is trained, who takes turns, and what is made of the times."""

from functools import partial

import numpy as np
import pytest

from experiments.bench import peak, race
from experiments.bench.process import BenchError
from experiments.bench.systems import Minigrad
from experiments.bench.workload import Config, D, minibatches, new_model

PLAN = race.Plan(minibatches=2, rounds=2, passes=2)
CONFIG = Config("RNN", (1, 5), 2)


def test_minibatches_are_the_same_for_every_cell_for_trees():
    one, two = (minibatches(Config(cell, (21, 30), 5), 2) for cell in ("RLSTM", "RNN"))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.left, b.left)
        assert np.array_equal(a.word, b.word)
    words = (np.diff(one[0].root, prepend=-1) + 1) // 2
    assert len(one[0]) == 5
    assert words.min() >= 21
    assert words.max() <= 30
    assert np.array_equal(np.flatnonzero(one[0].label >= 0), one[0].root)


def test_chains_are_equally_long_and_have_a_class_at_their_end():
    (forest,) = minibatches(Config("LSTM", (9, 9), 4), 1)
    assert np.array_equal(np.diff(forest.root, prepend=-1), [19] * 4)
    assert np.array_equal(np.flatnonzero(forest.label >= 0), forest.root)


def test_every_node_has_a_class_and_dropout_is_drawn_where_all_are_labelled():
    config = Config("RNN", (2, 9), 3, labelled=True)
    (forest,), model = minibatches(config, 1), new_model(config)
    assert (forest.label >= 0).all()
    assert len(model.labels(forest)) == forest.n_nodes
    assert model.dropout is not None
    assert new_model(CONFIG).dropout is None


def test_turns_are_taken_and_the_steps_after_a_pause_are_not_timed(monkeypatch):
    calls, now, lasts = [], [0], {"a": 6, "b": 10, "s": 3000}
    monkeypatch.setattr(race, "WARM_UP", 20)
    monkeypatch.setattr(race.time, "perf_counter", lambda: now[0])

    def step(name, batch):
        now[0] += lasts[name]
        calls.append(name + batch)

    lanes = [race.Lane(partial(step, name), ["1", "2"], slow=name == "s") for name in "abs"]
    rounds = []
    samples = race.take_turns(PLAN, lanes, lambda: rounds.append(len(calls)))
    one, other, slow = ["a1", "a2"] * 3, ["b1", "b2"] * 2, ["s1", "s1", "s2"]  # the warm-up, then a pass
    a_round = one + other + one + other + slow
    assert calls == one + other + 2 * a_round
    assert rounds == [10 + 23, 10 + 46]
    assert samples == [[12] * 4, [20] * 4, [6000] * 2]


@pytest.fixture
def told(monkeypatch):
    """A clock that says what is told here: seconds of every pass; 100 GFLOP/s of multiply-adds."""
    seconds, lanes = [], []

    def take_turns(plan, given, end_round):
        lanes.extend(given)
        end_round()
        return seconds[: len(given)]

    monkeypatch.setattr(race, "take_turns", take_turns)
    monkeypatch.setattr(race, "fma_peak", lambda: 100.0)
    return seconds, lanes


def test_what_an_entry_says(told):
    seconds, lanes = told
    seconds += [[0.1, 0.1, 0.3, 0.5, 0.2], [0.6, 0.6]]
    level = partial(Minigrad, "level")
    found = race.race("rows", PLAN, [race.Entrant(name, CONFIG, level) for name in ("one", "other")])
    forests = minibatches(CONFIG, 2)
    nodes = sum(len(forest.inner) for forest in forests)
    flop = sum(peak.training_flop(CONFIG, forest) for forest in forests)
    one, other = found["rows"]
    identity = {"system": "one", "cell": "RNN", "lengths": [1, 5], "batch": 2, "D": 50}
    assert one == {
        **identity,
        "us_per_node": round(0.2 / nodes * 1e6, 3),
        "peak_share": round(flop / 0.2 / 100e9, 4),
        "trees_per_second": 4 / 0.2,
        "ratio": 1.0,
    }
    assert (other["system"], other["ratio"]) == ("other", 3.0)
    quartiles = [round(s / nodes * 1e6, 3) for s in (0.1, 0.1, 0.2, 0.3)]
    spread = dict(zip(race.SPREAD, quartiles, strict=True))
    assert found["spread"][0] == {**identity, "samples": 5, **spread}
    assert [entry["gradient"] for entry in found["agreement"]] == [0.0, 0.0]
    assert [len(lane.batches) for lane in lanes] == [2, 2]


def test_who_computes_something_else_does_not_start(told):
    class Forgetful(Minigrad):
        def step(self, batch):
            return self.backward(batch)

    entrant = race.Entrant("forgetful", CONFIG, partial(Forgetful, "level"))
    with pytest.raises(BenchError, match="forgetful is not timed"):
        race.race("rows", PLAN, [entrant])
    assert told[1] == []


def test_documents_are_merged_key_by_key():
    assert race.merged([{"a": [1], "b": [2]}, {"a": [3]}]) == {"a": [1, 3], "b": [2]}


@pytest.mark.parametrize("cell", ["RNN", "LSTM"])
def test_models_are_the_same_for_the_same_cell(cell):
    one, other = (new_model(Config(cell, (1, 2), 1)) for _ in range(2))
    assert one.L.shape[1] == D
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert a.data.tobytes() == b.data.tobytes()
