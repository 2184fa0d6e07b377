"""The command: processes, the document, the tables."""

import json
import os
import warnings

import pytest

import minigrad as mg
from experiments.__main__ import main
from experiments.bench import __main__ as worker
from experiments.bench import machine, process, report, sections, steps, systems

IDENTITY = {"system": "minigrad-compiled", "cell": "RNN", "lengths": [1, 100], "batch": 10}
ROW = {**IDENTITY, "us_per_node": 0.683, "peak_share": 0.264, "trees_per_second": 12_345, "ratio": 1.0}


@pytest.fixture
def document():
    about = {
        "processor": "a processor", "cores": 2, "python": "3.11.9", "numpy": "2.4.6", "numba": "0.68.1",
        "torch": None, "dynet": None, "blas": "openblas 0.3", "fma_peak_gflops": 217.3,
        "load_before": 0.1, "load_after": 1.0, "quiet": True,
    }  # fmt: skip
    return {
        "machine": about,
        "rows": [ROW, {**ROW, "system": "minigrad-node", "us_per_node": 74.0}],
        "spread": [{**IDENTITY, "min": 0.5}],
        "memory": [{"system": "minigrad-level", "first_step_s": 1234.5, "peak_mb": None}],
    }


@pytest.fixture
def measured(document, monkeypatch):
    """What is measured, without measuring."""
    seen = []

    def measure(what, quick):
        seen.append((what, quick))
        return document

    monkeypatch.setattr(sections, "measure", measure)
    return seen


def test_the_report_sets_all_in_tables(document):
    text = report.as_text(document)
    lines = text.splitlines()
    assert lines[0] == "a processor, 2 cores, load 0.1 before, 1.0 after"
    assert "217 GFLOP/s" in lines[2]
    assert max(map(len, lines)) <= 100
    start = lines.index("Whole training steps, by system:")
    assert lines[start + 1 : start + 4] == [
        "system             cell  lengths  batch  µs per inner node  of peak  trees/s  × first",
        "minigrad-compiled  RNN     1–100     10              0.683    26.4%   12,345     1.00",
        "minigrad-node      RNN     1–100     10               74.0    26.4%   12,345     1.00",
    ]
    assert "minigrad-level           1,234     unknown" in text
    assert "Warning" not in text


def test_the_report_says_what_is_missing_and_what_disturbed(document):
    document["machine"]["quiet"] = False
    text = report.as_text(document)
    assert "PyTorch is not installed" in text
    assert "DyNet is not installed" in text
    assert 'pip install -e ".[bench]"' in text
    assert text.splitlines()[-1].startswith("Warning")


@pytest.mark.parametrize(
    ("before", "after", "quiet"),
    [
        (0.1, 1.1, True),
        (0.5, 1.6, True),
        (0.6, 1.1, False),
        (0.1, 1.7, False),
        (1.2, 1.3, False),
        (0.1, 2.4, False),
        (None, None, True),
    ],
)
def test_a_busy_machine_is_noticed(before, after, quiet):
    assert machine.was_quiet(before, after) is quiet


@pytest.mark.parametrize(
    ("options", "expected"),
    [([], (sections.SECTIONS, False)), (["--passes", "--quick"], (sections.PASSES, True))],
)
def test_the_command_prints_and_writes(options, expected, document, measured, capsys, tmp_path):
    file = tmp_path / "bench.json"
    assert main(["bench", *options, "--json", str(file)]) == 0
    assert measured == [expected]
    assert json.loads(file.read_text(encoding="utf-8")) == document
    out = capsys.readouterr().out
    assert "µs per inner node" in out
    assert out.splitlines()[-1] == f"wrote {file}: machine, rows, spread, memory"


@pytest.mark.parametrize("name", ["missing/bench.json", "."])
def test_a_file_that_cannot_be_written_is_refused_before_measuring(name, measured, capsys, tmp_path):
    assert main(["bench", "--json", str(tmp_path / name)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "can't write" in message
    assert not measured
    assert list(tmp_path.iterdir()) == []


def test_a_failed_measurement_leaves_no_file(monkeypatch, capsys, tmp_path):
    def fail(what, quick):
        raise process.BenchError("torch-level is not timed")

    monkeypatch.setattr(sections, "measure", fail)
    assert main(["bench", "--json", str(tmp_path / "bench.json")]) == 1
    assert "not timed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_sections_are_called_in_fresh_processes_and_their_entries_collected(monkeypatch):
    calls = []

    def call(function, *arguments):
        calls.append((function, arguments))
        return {"processor": "x"} if function is machine.describe else {"rows": [len(calls)], "spread": [0]}

    monkeypatch.setattr(sections, "call", call)
    monkeypatch.setattr(machine, "load_average", lambda: 9.0)
    document = sections.measure(sections.SECTIONS[:2], True)
    assert calls == [(machine.describe, ()), (steps.systems, (True,)), (steps.sizes, (True,))]
    assert document["rows"] == [2, 3]
    assert document["spread"] == [0, 0]
    assert document["machine"] == {"processor": "x", "load_before": 9.0, "load_after": 9.0, "quiet": False}


def threads() -> dict[str, str]:
    return {name: os.environ.get(name, "") for name in process.VARIABLES}


def test_a_fresh_process_has_one_thread_and_gives_back_json(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert process.call(threads) == dict.fromkeys(process.VARIABLES, "1")


def test_a_process_that_fails_is_an_error():
    with pytest.raises(process.BenchError, match="exit code 3"):
        process.fresh("-c", "raise SystemExit(3)")


def not_compiled() -> None:
    warnings.warn("runs as level", mg.CompileWarning, stacklevel=1)


def wrong() -> None:
    raise process.BenchError("it differs")


@pytest.mark.parametrize(("function", "text"), [(not_compiled, "runs as level"), (wrong, "it differs")])
def test_what_would_mean_nothing_is_no_result(function, text, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as outside of pytest
        assert worker.main(f"{function.__module__}:{function.__name__}", "[]") == 1
    assert capsys.readouterr() == ("", f"{text}\n")


@pytest.mark.slow
def test_the_whole_benchmark_runs(tmp_path):
    file = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(file)]) == 0
    measured = json.loads(file.read_text(encoding="utf-8"))
    assert set(measured) == {
        "machine", "rows", "sizes", "threads", "prediction", "spread", "agreement", "breakdown", "cells",
        "along_rows", "chains", "dependencies", "sentiment", "memory",
        "growth", "import", "compile", "first_use",
    }  # fmt: skip
    assert len(measured["rows"]) == sum(len(systems.builders(config.cell)) for config in steps.CONFIGS)
    for row in [*measured["rows"], *measured["cells"], *measured["chains"]]:
        assert 0 <= row["peak_share"] < 1
