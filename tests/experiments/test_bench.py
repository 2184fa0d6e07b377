import json

import numpy as np
import pytest

from experiments import bench
from experiments.__main__ import main
from experiments.bench import agreement, growth, machine, report, rows, startup, systems
from experiments.bench.workload import Config, minibatches, vocabulary

TINY = rows.Plan(minibatches=1, rounds=1, passes=1)
CONFIG = Config("RNN", (1, 5), 2)


@pytest.fixture(scope="module")
def words():
    return vocabulary()


@pytest.fixture(scope="module")
def document():
    measured = rows.measure(TINY, [CONFIG])
    entries = [{"what": "chain", "nodes": n, "us_per_node": 2.0} for n in (10, 30)]
    about = {
        **machine.describe_machine(),
        "python": "3.11.9", "numpy": "2.4.6", "numba": "0.68.1", "torch": None, "blas": "openblas 0.3",
        "threads": {"libopenblas": 1}, "load_before": 0.1, "load_after": 1.0, "quiet": True,
    }  # fmt: skip
    return {
        "machine": about,
        **measured,
        "growth": entries,
        "import": {"minigrad_s": 0.5, "numba_s": 0.4, "ratio": 1.25},
        "compile": {"first_step_compiling_s": 5.0, "first_step_cached_s": 0.5, "second_step_s": 0.01},
    }


@pytest.mark.parametrize("name", ["torch-level", "torch-cell"])
@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
def test_torch_computes_what_minigrad_computes(name, cell, words):
    pytest.importorskip("torch")
    build = systems.builders()
    (forest,) = minibatches(Config(cell, (1, 30), 6), 1, words)
    seen = agreement.check(name, build[name], build["minigrad-level"], cell, forest)
    assert set(seen) == {"loss", "gradient", "updated_loss"}


@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
def test_torch_takes_trees_of_one_word(cell, words):
    pytest.importorskip("torch")
    build = systems.builders()
    (forest,) = minibatches(Config(cell, (1, 1), 3), 1, words)
    losses = []
    for name in ("minigrad-level", "torch-level", "torch-cell"):
        system = build[name](agreement.saturated_model(cell, words))
        losses.append(system.step(system.prepare(forest)))
    assert losses[1:] == pytest.approx(losses[:1] * 2, rel=1e-5)


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
    reference = systems.builders()["minigrad-level"]
    with pytest.raises(agreement.DisagreementError, match=text):
        agreement.check("peer", peer, reference, "RNN", forest)


def test_without_torch_only_minigrad_runs(monkeypatch):
    monkeypatch.setattr(systems, "torch_installed", lambda: False)
    assert set(systems.builders()) == {"minigrad-level", "minigrad-node"}


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
    assert names == list(systems.builders())
    for row in document["rows"]:
        assert set(row) == {"system", "cell", "lengths", "batch", "us_per_node"}
        assert (row["cell"], row["lengths"], row["batch"]) == ("RNN", [1, 5], 2)
        assert row["us_per_node"] > 0
    for spread in document["spread"]:
        assert spread["min"] <= spread["quartile_1"] <= spread["median"] <= spread["quartile_3"]
    assert json.loads(json.dumps(document)) == document


def test_growth_has_an_entry_per_size():
    entries = growth.measure([10, 30], 1, lambda: None)
    assert [(e["what"], e["nodes"]) for e in entries] == [(what, n) for what in growth.WHAT for n in (10, 30)]


def test_the_report_shows_ratios_to_level_mode(document):
    text = report.as_text(document)
    line = next(line for line in text.splitlines() if "minigrad-level  " in line)
    assert line.split()[:4] == ["RNN", "1–5", "2", "minigrad-level"]
    assert line.endswith("1.00")
    assert "Warning" not in text


def test_the_report_says_what_is_missing_and_what_disturbed(document):
    rows_of_minigrad = [row for row in document["rows"] if "torch" not in row["system"]]
    busy = {**document["machine"], "quiet": False, "threads": None}
    text = report.as_text({**document, "rows": rows_of_minigrad, "machine": busy})
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
    assert set(measured) == {"machine", "rows", "spread", "agreement", "growth", "import", "compile"}
    assert len(measured["rows"]) == 4 * len(systems.builders())
    assert measured["machine"]["threads"] is None or set(measured["machine"]["threads"].values()) == {1}
