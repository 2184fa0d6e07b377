"""The benchmark's cells and chains: what is measured, against what, and that it is the same computation."""

from functools import partial

import numpy as np
import pytest

import models
from experiments.bench import agreement, cells, chains, peak, systems, turns
from experiments.bench.workload import Config, minibatches, new_model, vocabulary
from minigrad.kernels.jit import JIT_ENABLED

TINY = turns.Plan(minibatches=2, rounds=1, passes=1)
TORCH = ("torch-lstm", "torch-lstm without oneDNN")


@pytest.fixture(scope="module")
def words():
    return vocabulary()


@pytest.fixture
def told(monkeypatch):
    """A clock that says what is told here: seconds of every pass, by name; 100 GFLOP/s of multiply-adds."""
    seconds, lanes = {}, {}

    def take_turns(plan, given, advance):
        lanes.update(given)
        advance()
        return {name: seconds[name] for name in given}

    for module in (cells, chains):
        monkeypatch.setattr(module, "take_turns", take_turns)
        monkeypatch.setattr(module, "fma_peak", lambda: 100.0)
    return seconds, lanes


@pytest.fixture
def without_compiler(monkeypatch):
    level = systems.builders("RNN")["minigrad-level"]
    both = {"minigrad-compiled": level, "minigrad-level": level}
    monkeypatch.setattr(cells, "builders", lambda cell: both)


def test_turns_are_taken_and_the_steps_after_a_pause_are_not_timed(monkeypatch):
    calls, now, lasts = [], [0], {"a": 6, "b": 10, "s": 3000}
    monkeypatch.setattr(turns, "WARM_UP", 20)
    monkeypatch.setattr(turns.time, "perf_counter", lambda: now[0])

    def step(name: str, batch: str) -> None:
        now[0] += lasts[name]
        calls.append(name + batch)

    lanes = {name: turns.Lane(partial(step, name), ["1", "2"]) for name in "abs"}
    rounds = []
    samples = turns.take_turns(turns.Plan(2, 2, 2), lanes, lambda: rounds.append(len(calls)), slow={"s"})
    one, other, slow = ["a1", "a2"] * 3, ["b1", "b2"] * 2, ["s1", "s1", "s2"]  # the warm-up, then a pass
    a_round = one + other + one + other + slow
    assert calls == one + other + 2 * a_round
    assert rounds == [10 + 23, 10 + 46]
    for name, timed in samples.items():
        assert timed == [2 * lasts[name]] * (2 if name == "s" else 4)


def test_all_cells_for_trees_are_held_against_the_rlstm_on_the_same_trees(
    told, without_compiler, words, monkeypatch
):
    assert (cells.LENGTHS, cells.BATCH) == ((1, 100), 10)
    monkeypatch.setattr(cells, "LENGTHS", (1, 12))  # spares seconds
    seconds, lanes = told
    seconds.update({cell: [9.0, 1.0 + k, 0.1] for k, cell in enumerate(models.TREE_CELLS)})
    steps = []
    entries = cells.measure(TINY, advance=lambda: steps.append(1))
    assert [entry["cell"] for entry in entries] == list(models.TREE_CELLS)
    assert len(steps) == len(models.TREE_CELLS) + TINY.rounds
    forests = minibatches(Config("RLSTM", (1, 12), 10), 2, words)
    nodes = sum(len(forest.inner) for forest in forests)
    shares = {}
    for k, entry in enumerate(entries):
        assert (entry["lengths"], entry["batch"]) == ([1, 12], 10)
        assert entry["us_per_node"] == pytest.approx((1.0 + k) / nodes * 1e6, abs=1e-3)
        flop = sum(peak.training_flop(entry["cell"], forest) for forest in forests)
        shares[entry["cell"]] = flop / (1.0 + k) / 100e9
        assert entry["peak_share"] == pytest.approx(shares[entry["cell"]], abs=1e-4)
    for entry in entries:
        assert entry["of_rlstm"] == pytest.approx(shares[entry["cell"]] / shares["RLSTM"], abs=1e-3)
    for cell, lane in lanes.items():
        assert lane.step.__self__._mode == "compiled"
        assert type(lane.step.__self__._model.cell) is models.TREE_CELLS[cell]
        assert len(lane.batches) == len(forests)
        assert all(np.array_equal(a.left, b.left) for a, b in zip(lane.batches, forests, strict=True))


def test_a_cell_that_computes_something_else_when_compiled_is_not_timed(told, monkeypatch):
    class Forgetful(systems.Minigrad):
        def __init__(self, model):
            super().__init__(model, "level")

        def step(self, batch):
            return self.backward(batch)

    both = {"minigrad-compiled": Forgetful, "minigrad-level": systems.builders("RNN")["minigrad-level"]}
    monkeypatch.setattr(cells, "builders", lambda cell: both)
    with pytest.raises(agreement.DisagreementError, match="loss after one update of RLSTM"):
        cells.measure(TINY, ["RLSTM"])


def test_chains_are_equally_long_and_have_a_class_at_their_end(words):
    (forest,) = chains.minibatches(1, words, chains=4, steps=9)
    assert len(forest) == 4
    assert np.array_equal(np.diff(forest.root, prepend=-1), [19] * 4)
    assert np.array_equal(np.flatnonzero(forest.label >= 0), forest.root)


def test_a_step_over_chains_is_held_against_the_compiled_one(told):
    seconds, lanes = told
    level = systems.chain_builders()["minigrad-level"]
    build = {"minigrad-compiled": level, "peer": level, "minigrad-level": level}
    seconds.update({"minigrad-compiled": [0.5, 0.2, 0.1], "peer": [0.5, 0.6, 0.7]})
    entries = chains.measure(TINY, chains=2, steps=5, build=build)
    assert [entry["system"] for entry in entries] == ["minigrad-compiled", "peer"]
    assert [entry["ms_per_step"] for entry in entries] == [100.0, 300.0]  # of each of two minibatches
    assert [entry["ratio"] for entry in entries] == [1.0, 3.0]
    ideal = 3 * 2 * (8 * 5 - 4) * 2 * 50 * 50 / 100e9
    assert [entry["peak_share"] for entry in entries] == [round(ideal / 0.1, 4), round(ideal / 0.3, 4)]
    assert all(entry["agreement"]["gradient"] == 0 for entry in entries)
    assert len(lanes["peer"].batches) == 2


def test_without_pytorch_only_minigrad_runs_over_chains(monkeypatch):
    monkeypatch.setattr(systems, "installed", lambda package: False)
    assert list(systems.chain_builders()) == ["minigrad-compiled", "minigrad-level"]


@pytest.mark.parametrize("name", [*TORCH, pytest.param("minigrad-compiled", marks=pytest.mark.slow)])
def test_every_system_computes_what_level_mode_computes_over_chains(name, words):
    if name in TORCH:
        pytest.importorskip("torch")
    (forest,) = chains.minibatches(1, words, chains=3, steps=20)
    build = systems.chain_builders()
    seen = agreement.check(name, build[name], build["minigrad-level"], "LSTM", forest)
    assert set(seen) == {"loss", "gradient", "updated_loss"}


def test_onednn_is_used_by_the_one_and_not_by_the_other_and_then_as_before(monkeypatch, words):
    torch = pytest.importorskip("torch")
    from experiments.bench.torch_chains import TorchLSTM

    (forest,) = chains.minibatches(1, words, chains=2, steps=3)
    seen = []
    fold = TorchLSTM.fold

    def watched(self, batch, vectors):
        seen.append(torch.backends.mkldnn.enabled)
        return fold(self, batch, vectors)

    monkeypatch.setattr(TorchLSTM, "fold", watched)
    build = systems.chain_builders()
    before = torch.backends.mkldnn.enabled
    for name in TORCH:
        system = build[name](new_model("LSTM", words))
        system.step(system.prepare(forest))
    assert seen == [True, False]
    assert torch.backends.mkldnn.enabled == before


@pytest.mark.slow
@pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled code")
def test_a_compiled_cell_is_timed(words):
    (entry,) = cells.measure(turns.Plan(1, 1, 1), ["RLSTM"])
    assert entry["of_rlstm"] == 1
    assert 0 < entry["peak_share"] < 1
