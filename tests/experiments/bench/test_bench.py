import importlib.util
import json
import sys
import warnings

import numpy as np
import pytest

import minigrad as mg
from experiments.__main__ import main
from experiments.bench import (
    agreement,
    growth,
    machine,
    memory,
    phases,
    report,
    rows,
    startup,
    systems,
    turns,
)
from experiments.bench.worker import SECTIONS
from experiments.bench.worker import main as work
from experiments.bench.workload import CONFIGS, Config, minibatches, new_model, vocabulary
from experiments.commands import bench
from experiments.training.step import training_step
from minigrad.kernels.jit import JIT_ENABLED

TINY = turns.Plan(minibatches=1, rounds=1, passes=1)
CONFIG = Config("RNN", (1, 5), 2)
PEERS = {"torch-level": "torch", "torch-cell": "torch", "dynet": "dynet"}


@pytest.fixture(scope="module", autouse=True)
def no_flush_to_zero():
    """Give other tests their subnormal numbers back, which importing DyNet has this process round to zero."""
    yield
    if "dynet" in sys.modules and importlib.util.find_spec("torch"):
        importlib.import_module("torch").set_flush_denormal(False)


@pytest.fixture(scope="module")
def words():
    return vocabulary()


@pytest.fixture(scope="module")
def document():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "fma_peak", lambda: 100.0)  # without the JIT there is none
        measured = rows.measure(TINY, [CONFIG])
    assert measured.pop("fma_peak_gflops") == 100.0
    entries = [{"what": "chain", "nodes": n, "us_per_node": 2.0} for n in (10, 30)]
    about = {
        **machine.describe_machine(),
        "python": "3.11.9", "numpy": "2.4.6", "numba": "0.68.1", "torch": None, "dynet": None,
        "blas": "openblas 0.3", "threads": {"libopenblas": 1}, "fma_peak_gflops": 100.0,
        "load_before": 0.1, "load_after": 1.0, "quiet": True,
    }  # fmt: skip
    return {
        "machine": about,
        **measured,
        "breakdown": [{**CONFIG.key(), **dict.fromkeys(phases.PHASES, 0.5)}],
        "cells": [
            {**CONFIG.key(), "cell": "SLSTM", "us_per_node": 3.9, "peak_share": 0.22, "of_rlstm": 0.917}
        ],
        "chains": [
            {"system": name, "cell": "LSTM", "chains": 20, "steps": 100, "D": 50, **numbers}
            for name, numbers in {
                "minigrad-compiled": {"ms_per_step": 4.7, "peak_share": 0.24, "ratio": 1.0},
                "torch-lstm": {"ms_per_step": 9.4, "peak_share": 0.12, "ratio": 2.0},
            }.items()
        ],
        "sentiment": [{"cell": "RNN", "D": 32, "batch": 25, "mode": "compiled", "trees_per_second": 12_345}],
        "memory": [{"system": "minigrad-compiled", "before_mb": 150.0, "peak_mb": 151.0}],
        "growth": entries,
        "import": {"minigrad_s": 0.5, "numba_s": 0.4, "ratio": 1.25},
        "compile": {"first_step_compiling_s": 5.0, "first_step_cached_s": 0.5, "second_step_s": 0.01},
        "first_use": {
            caches: {"cell_s": 8.0, "rest_s": 2.0, "next_step_s": 0.001}
            for caches in ("fresh_cache", "warm_cache")
        },
    }


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("minigrad-compiled", "RNN"),
        pytest.param("minigrad-compiled", "RLSTM", marks=pytest.mark.slow),
        pytest.param("minigrad-compiled", "MGU", marks=pytest.mark.slow),
        *((name, cell) for name in PEERS for cell in ("RNN", "RLSTM")),
    ],
)
def test_every_system_computes_what_level_mode_computes(name, cell, words):
    if name in PEERS:
        pytest.importorskip(PEERS[name])
    build = systems.builders(cell)
    (forest,) = minibatches(Config(cell, (1, 30), 6), 1, words)
    seen = agreement.check(name, build[name], build["minigrad-level"], cell, forest)
    assert set(seen) == {"loss", "gradient", "updated_loss"}


@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
def test_every_system_takes_trees_of_one_word(cell, words):
    (forest,) = minibatches(Config(cell, (1, 1), 3), 1, words)
    losses = []
    for build in systems.builders(cell).values():
        system = build(agreement.saturated_model(cell, words))
        losses.append(system.step(system.prepare(forest)))
    assert losses[1:] == pytest.approx(losses[:1] * (len(losses) - 1), rel=1e-5)


class Exchanged(systems.Minigrad):
    """A peer with two matrices exchanged."""

    def __init__(self, model):
        model.cell.W1, model.cell.W2 = model.cell.W2, model.cell.W1
        super().__init__(model, "level")


class WithoutUpdate(systems.Minigrad):
    """A peer that forgets to train."""

    def __init__(self, model):
        super().__init__(model, "level")

    def step(self, batch):
        return self.backward(batch)


class ScaledGradient(systems.Minigrad):
    """A peer whose gradients are a little wrong."""

    def __init__(self, model):
        super().__init__(model, "level")

    def gradients(self):
        return {name: g * (1.01 if name == "bs" else 1) for name, g in super().gradients().items()}


@pytest.mark.parametrize(
    ("peer", "text"),
    [
        (Exchanged, "loss of RNN"),
        (WithoutUpdate, "loss after one update"),
        (ScaledGradient, "gradient of bs"),
    ],
)
def test_a_wrong_peer_is_not_timed(peer, text, words):
    (forest,) = minibatches(Config("RNN", (5, 9), 4), 1, words)
    reference = systems.builders("RNN")["minigrad-level"]
    with pytest.raises(agreement.DisagreementError, match=text):
        agreement.check("peer", peer, reference, "RNN", forest)


def test_without_peers_only_minigrad_runs(monkeypatch):
    monkeypatch.setattr(systems, "installed", lambda package: False)
    assert list(systems.builders("RLSTM")) == ["minigrad-compiled", "minigrad-level", "minigrad-node"]


def test_a_cell_of_the_benchmark_runs_in_two_modes():
    assert list(systems.builders("MGU")) == ["minigrad-compiled", "minigrad-level"]


@pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled code")
def test_phases_have_a_time_each():
    (entry,) = phases.measure(1, 1, [CONFIG])
    assert set(entry) == {"cell", "lengths", "batch", *phases.PHASES}
    assert all(entry[phase] > 0 for phase in phases.PHASES)


@pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled code")
def test_the_phases_are_a_training_step(words):
    (forest,) = minibatches(CONFIG, 1, words)
    models = [new_model("RNN", words) for _ in range(2)]
    one, other = (mg.optim.AdaGrad(model.parameters(), lr=0.05) for model in models)
    phases._step(models[0], one, forest)
    training_step(models[1], other, forest, "compiled")
    for a, b in zip(*(model.parameters() for model in models), strict=True):
        assert np.array_equal(a.data, b.data)


def test_memory_is_measured():
    pytest.importorskip("resource")
    measured = memory.measure("minigrad-level")
    assert measured["system"] == "minigrad-level"
    assert 0 < measured["before_mb"] <= measured["peak_mb"]


def test_minibatches_are_the_same_for_the_same_seed(words):
    config = Config("RLSTM", (21, 30), 5)
    one, two = (minibatches(config, 2, words) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.left, b.left)
        assert np.array_equal(a.word, b.word)
    sizes = np.diff(one[0].root, prepend=-1)
    assert ((sizes + 1) // 2 >= 21).all()
    assert ((sizes + 1) // 2 <= 30).all()
    assert len(one[0]) == 5


def test_one_row_per_system_with_nothing_else_in_it(document):
    names = [row["system"] for row in document["rows"]]
    assert names == list(systems.builders("RNN"))
    for row in document["rows"]:
        assert set(row) == {"system", "cell", "lengths", "batch", "us_per_node", "peak_share"}
        assert (row["cell"], row["lengths"], row["batch"]) == ("RNN", [1, 5], 2)
        assert row["us_per_node"] > 0
        assert row["peak_share"] >= 0
    for spread in document["spread"]:
        assert spread["min"] <= spread["quartile_1"] <= spread["median"] <= spread["quartile_3"]
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("what", [growth.CHAINS, pytest.param(growth.COMPILED, marks=pytest.mark.slow)])
def test_growth_has_an_entry_per_size(what, monkeypatch):
    monkeypatch.setattr(growth, "SHORTEST", 10)
    entries = growth.measure(what, [9, 99], 1, lambda: None)
    assert [(e["what"], e["nodes"]) for e in entries] == [(name, n) for name in what for n in (9, 99)]


def test_the_report_shows_shares_and_ratios(document):
    text = report.as_text(document)
    level, compiled = (
        next(line.split() for line in text.splitlines() if f"minigrad-{mode} " in line and "RNN" in line)
        for mode in ("level", "compiled")
    )
    assert level[:4] == ["RNN", "1–5", "2", "minigrad-level"]
    assert level[-1] == compiled[-2] == "1.00"
    assert level[5].endswith("%")
    assert "RNN   32  25     compiled            12,345" in text
    assert "SLSTM  1–5      2                   3.90    22.0%       0.92" in text
    assert "an LSTM over 20 chains of 100 words, D 50" in text
    assert "torch-lstm         9.40    12.0%        2.00" in text
    assert "Warning" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_report_says_what_is_missing_and_what_disturbed(document):
    rows_of_minigrad = [row for row in document["rows"] if row["system"].startswith("minigrad")]
    busy = {**document["machine"], "quiet": False, "threads": None}
    text = report.as_text({**document, "rows": rows_of_minigrad, "machine": busy})
    assert "PyTorch is not installed" in text
    assert "DyNet is not installed" in text
    assert 'pip install -e ".[bench]"' in text
    assert "Warning" in text
    assert "not verified" in text


def test_columns_of_a_table_are_aligned():
    text = report.table(("what", "n", "time"), [("a", "10", "1.00"), ("bbbbbb", "3", "12.00")])
    assert text.splitlines() == ["what     n   time", "a       10   1.00", "bbbbbb   3  12.00"]


def test_run_prints_the_table_and_writes_the_file(document, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "measure", lambda quick: document)
    file = tmp_path / "bench.json"
    assert main(["bench", "--json", str(file)]) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == document
    out = capsys.readouterr().out
    assert "µs per inner node" in out
    assert out.splitlines()[-1].startswith(f"wrote {file}: machine, rows")


@pytest.mark.parametrize("name", ["missing/bench.json", "."])
def test_a_file_that_cannot_be_written_is_refused_before_measuring(name, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "measure", lambda quick: pytest.fail("it measured"))
    assert main(["bench", "--json", str(tmp_path / name)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "can't write" in message
    assert list(tmp_path.iterdir()) == []


def test_a_failed_measurement_leaves_no_file(monkeypatch, capsys, tmp_path):
    def fail(quick):
        raise bench.BenchError("torch-level is not timed")

    monkeypatch.setattr(bench, "measure", fail)
    assert main(["bench", "--json", str(tmp_path / "bench.json")]) == 1
    assert "not timed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_is_not_compiled_is_not_timed_as_compiled(monkeypatch, capsys):
    def fold(quick):
        warnings.warn("runs as level", mg.CompileWarning, stacklevel=1)

    monkeypatch.setitem(SECTIONS, "rows", fold)
    monkeypatch.setattr("sys.argv", ["worker", "rows"])
    with warnings.catch_warnings():
        assert work() == 1
    assert capsys.readouterr() == ("", "runs as level\n")


@pytest.mark.slow
def test_imports_are_timed_in_fresh_processes():
    times = startup.import_times(1, lambda: None)
    assert set(times) == {"minigrad_s", "numba_s", "ratio"}
    assert min(times.values()) > 0


def test_a_process_that_fails_is_an_error():
    with pytest.raises(bench.process.BenchError, match="exit code 3"):
        bench.process.in_fresh_process("-c", "raise SystemExit(3)")


@pytest.mark.parametrize(
    ("before", "after", "quiet"), [(0.1, 1.1, True), (1.2, 1.3, False), (0.1, 2.4, False), (None, None, True)]
)
def test_a_busy_machine_is_noticed(before, after, quiet):
    assert machine.was_quiet(before, after) is quiet


@pytest.mark.slow
def test_the_whole_benchmark_runs(tmp_path):
    file = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(file)]) == 0
    measured = json.loads(file.read_text(encoding="utf-8"))
    assert set(measured) == {
        "machine", "rows", "spread", "agreement", "breakdown", "cells", "chains", "sentiment", "memory",
        "growth", "import", "compile", "first_use",
    }  # fmt: skip
    assert len(measured["rows"]) == sum(len(systems.builders(config.cell)) for config in CONFIGS)
    for row in [*measured["rows"], *measured["cells"], *measured["chains"]]:
        assert 0 <= row["peak_share"] < 1
    assert measured["machine"]["threads"] is None or set(measured["machine"]["threads"].values()) == {1}
