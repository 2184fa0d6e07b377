"""The races: who is in them, and that what is left out of the compiler changes no number."""

import numpy as np
import pytest

import models
from experiments.bench import race, startup, steps, systems
from experiments.bench.workload import Config, minibatches, new_model
from experiments.training.step import training_step
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.run import compile_with, compiled
from minigrad.fold.compiler.writer import CHUNK
from minigrad.fold.shards import shards
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import AdaGrad
from tests.minigrad.fold_contract.cells import Memory
from tests.minigrad.fold_contract.forests import Trees
from tests.minigrad.fold_contract.reference import Case, close

emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
LEFT_OUT = {name: options for name, options in steps.VARIANTS.items() if options}


@pytest.fixture
def races(monkeypatch):
    """Those that would be run."""
    seen = []

    def pretended(key, plan, entrants, checked=True):
        seen.append((key, plan, list(entrants), checked))
        return {
            key: [
                {**entrant.key(), "peak_share": 0.2 + 0.1 * k, "trees_per_second": 1}
                for k, entrant in enumerate(entrants)
            ]
        }

    monkeypatch.setattr(steps, "race", pretended)
    return seen


def test_every_system_trains_every_config_and_node_by_node_is_slow(races):
    steps.systems(quick=True)
    assert [entrants[0].config for _, _, entrants, _ in races] == list(steps.CONFIGS)
    for _, plan, entrants, checked in races:
        assert (plan, checked) == (race.PLANS[True], True)
        assert [e.name for e in entrants] == list(systems.builders(entrants[0].config.cell))
        assert [e.slow for e in entrants] == [e.name in ("minigrad-node", "torch-cell") for e in entrants]


def test_other_sizes_are_raced_by_whoever_is_not_slow(races):
    steps.sizes(quick=True)
    assert [(e.config.batch, e.config.D) for _, _, (e, *_), _ in races] == [
        (1, 50),
        (256, 50),
        (25, 150),
        (1, 300),
    ]
    assert all(checked and not any(e.slow for e in entrants) for _, _, entrants, checked in races)


def test_one_thread_is_raced_against_two_on_minibatches_that_are_cut_in_shards(races, monkeypatch):
    steps.threads(quick=True)
    taken = []
    monkeypatch.setattr(systems, "training_step", lambda *_, threads: (taken.append(threads), None))
    for _, _, entrants, checked in races:
        assert checked
        (forest,) = minibatches(entrants[0].config, 1)
        assert len(shards(forest)) > 1
        for entrant in entrants:
            entrant.build(new_model(entrant.config)).step(forest)
    assert taken == [1, 2, 1, 2]


def test_prediction_is_told_in_microseconds_a_call(races):
    found = steps.prediction(quick=True)["prediction"]
    assert [(e["batch"], e["system"], e["us"]) for e in found] == [
        (n, f"minigrad-{mode}", 1e6 * n) for n in (1, 10) for mode in ("compiled", "level")
    ]
    entrant = races[0][2][1]
    (forest,) = minibatches(entrant.config, 1)
    model = new_model(entrant.config)
    before = model.state_dict()
    assert entrant.build(model).step(forest) == 0
    assert all(np.array_equal(before[name], values) for name, values in model.state_dict().items())


def test_all_cells_for_trees_run_compiled_beside_the_rlstm(races):
    found = steps.cells(quick=False)["cells"]
    assert found[0]["cell"] == "RLSTM"
    assert {entry["cell"] for entry in found} == set(models.TREE_CELLS)
    assert {(entry["system"], *entry["lengths"], entry["batch"]) for entry in found} == {
        ("minigrad-compiled", 1, 100, 10)
    }
    assert [entry["of_rlstm"] for entry in found] == [round(1 + k / 2, 3) for k in range(len(found))]


def test_chains_are_of_100_words(races):
    steps.chains(quick=True)
    assert [{entrant.config for entrant in entrants} for _, _, entrants, _ in races] == [
        {Config("LSTM", (100, 100), 20)},
        {Config("LSTM", (100, 100), 32, D=128)},
    ]


def test_training_on_the_treebank_is_timed_in_two_modes(races):
    found = steps.sentiment(quick=True)["sentiment"]
    assert [(e["cell"], e["system"]) for e in found] == [
        (cell, f"minigrad-{mode}") for cell in ("RNN", "RLSTM") for mode in ("compiled", "level")
    ]
    assert all(entrant.config.labelled for _, _, entrants, _ in races for entrant in entrants)


def test_trees_grow_to_100_000_leaves_and_level_mode_s_chains_to_10_000(races):
    found = steps.growth(quick=False)["growth"]
    largest = {entry["system"]: entry["lengths"][0] for entry in found}
    assert largest == {
        "compiled, balanced": 100_000, "compiled, left_chain": 100_000, "level, left_chain": 10_000,
    }  # fmt: skip
    assert not any(checked for _, _, _, checked in races)


@emitted
def test_the_parts_of_a_step_change_nothing_but_the_whole_one_trains():
    config = Config("RNN", (1, 5), 2)
    (forest,) = minibatches(config, 1)
    one, other = new_model(config), new_model(config)
    optimizer = AdaGrad(other.parameters(), lr=0.05)
    before = other.state_dict()
    for part in reversed(steps.PARTS):
        assert all(np.array_equal(before[name], a) for name, a in one.state_dict().items())
        system = steps.Part(part, one)
        system.step(forest)
    training_step(other, optimizer, forest, "compiled")
    after = other.state_dict()
    assert all(np.array_equal(after[name], a) for name, a in one.state_dict().items())
    assert not np.array_equal(before["bs"], after["bs"])


@emitted
@pytest.mark.slow
@pytest.mark.parametrize("name", LEFT_OUT)
def test_every_variant_computes_the_same(name):
    (forest,) = minibatches(Config("RLSTM", (1, 40), 30), 1)
    case = Case(Memory, Trees(forest.left, forest.right))
    compile_with(case.cell, np.dtype(np.float64), **LEFT_OUT[name])
    for a, b in zip(case.fold("compiled"), case.fold("node"), strict=True):
        close(a, b, 1e-12)


@emitted
def test_every_variant_is_what_it_is_called_and_it_is_what_runs(monkeypatch):
    monkeypatch.setattr(CompiledCell, "_machine_code", lambda self: {})  # nothing is computed here
    codes, model = {}, new_model(Config("RLSTM", (1, 40), 30))
    for name in steps.VARIANTS:  # one after the other for one cell: the last one counts
        system = steps.Variant(name, model)
        codes[name] = compiled(system.model.cell, np.float32)
        assert isinstance(codes[name], CompiledCell)
        assert system.mode == "compiled"
    programs = {name: code.program for name, code in codes.items()}
    products = {name: len([*p.forward.products, *p.backward.products]) for name, p in programs.items()}
    loops = {name: len([*p.forward.loops, *p.backward.loops]) for name, p in programs.items()}
    usual = "all passes"
    assert codes[usual].source == CompiledCell(models.RLSTM(50, np.random.default_rng(0)), np.float32).source
    assert products["without grouping"] > products[usual]
    assert loops["without fusion"] > loops[usual]
    assert any(p.side for p in programs[usual].forward.products)
    assert not any(p.side for p in programs["without leaves"].forward.products)
    assert codes["one chunk"].chunk > 10 * 100 > codes[usual].chunk == CHUNK


def test_a_quick_look_at_the_passes_is_at_one_cell(races):
    assert [e["system"] for e in steps.passes(quick=True)["passes"]] == list(steps.VARIANTS)
    steps.passes(quick=False)
    assert [entrants[0].config.cell for _, _, entrants, _ in races] == ["RLSTM", "RLSTM", "RNN"]


def test_first_steps_and_memory_are_measured():
    measured = startup.first_steps("minigrad-level")
    assert measured["first_step_s"] > 0
    assert measured["second_step_s"] > 0
    if measured["peak_mb"] is not None:
        assert 0 < measured["before_mb"] <= measured["peak_mb"]


def test_the_breakdown_says_nothing_of_a_whole_step_s_peak(races):
    found = steps.breakdown(quick=True)["breakdown"]
    assert [entry["system"] for entry in found] == list(steps.PARTS) * len(steps.CONFIGS)
    assert not any("peak_share" in entry or "trees_per_second" in entry for entry in found)
