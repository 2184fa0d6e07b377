"""Sweeps that are looked at: the rows are the same, whatever happens, and only the dashboard sees looks."""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from experiments import sweep
from experiments.paper.grids import job
from experiments.paper.settings import SCALES, run_settings
from experiments.sweep.export import as_csv
from experiments.sweep.folder import Folder
from tests.experiments.sweep.process import export, kill, start, until, workers
from tests.experiments.sweep.process import sweep as run_sweep

REAL = ["tests.experiments.sweep.real", "gradient"]
SMALL = {
    "sizes": {"train": 60, "dev": 20, "test": 20},
    "max_epochs": 2,
    "min_epochs": 2,
    "extra": 0,
    "extra_depths": (),
}


def _jobs(**changes):
    scale = SCALES["smoke"]
    return [
        job(f"gradient/01/{model}/1", run_settings("gradient", 1, model, 1, scale=scale, seed=0, **changes))
        for model in ("RNN", "LSTM")
    ]


def _run(out, *options, jobs=None):
    parser = argparse.ArgumentParser()
    sweep.add_arguments(parser, out="rows")
    args = parser.parse_args(["--out", str(out), *options])
    with ThreadPoolExecutor(1) as executor:
        assert sweep.run(_jobs(**SMALL) if jobs is None else jobs, args, executor=executor) == 0


def _rows(out):
    """Return all rows without what is timed."""
    found = {}
    for path in sorted(Folder(out).runs.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
        found[path.name] = [{key: row[key] for key in row if key != "timing"} for row in rows]
    return found


def test_rows_and_export_are_the_same_with_looks_and_without(tmp_path, capsys):
    _run(tmp_path / "plain")
    _run(tmp_path / "seen", "--live")
    assert capsys.readouterr().err.count("dashboard: http://127.0.0.1:") == 1
    assert _rows(tmp_path / "seen") == _rows(tmp_path / "plain") != {}
    plain, seen = (as_csv(sweep.finished(tmp_path / name)) for name in ("plain", "seen"))
    assert seen == plain
    looks = sorted(Folder(tmp_path / "seen").looks.iterdir())
    assert [path.stem for path in looks] == [run.id for run in sweep.finished(tmp_path / "seen")]
    assert not Folder(tmp_path / "plain").looks.exists()
    for path in looks:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["epoch"] for line in lines if line["kind"] == "epoch"] == [1, 2]
        assert lines[-1] == {"kind": "end", "why": "finished"}
        assert lines[0]["sentence"]["marked"]


def test_looks_are_removed_with_the_run_that_is_replaced(tmp_path):
    _run(tmp_path, "--live")
    before = {path.name for path in Folder(tmp_path).looks.iterdir()}
    _run(tmp_path, "--overwrite", jobs=_jobs(**SMALL | {"lr": 0.01}))
    assert len(before) == 2
    assert not list(Folder(tmp_path).looks.iterdir())
    _run(tmp_path, "--live", jobs=_jobs(**SMALL | {"lr": 0.01}))  # finished: nothing to look at
    assert not list(Folder(tmp_path).looks.iterdir())


def test_looks_that_can_t_be_written_are_told_once_a_run(tmp_path, capsys):
    (tmp_path / "live").write_text("in the way")
    _run(tmp_path, "--live")
    assert capsys.readouterr().err.count("training goes on without looks at it") == 2
    assert len(sweep.finished(tmp_path)) == 2


@pytest.mark.slow
def test_kills_and_resumes_with_looks_leave_the_export_byte_identical(tmp_path):
    options = ["--scale", "smoke", "--runs", "1"]
    undisturbed = tmp_path / "undisturbed"
    assert run_sweep(undisturbed, *options, command=["experiments", "gradient"])[0] == 0
    rng = np.random.default_rng()
    out = tmp_path / "out"
    for attempt in range(6):
        live = ["--live"] * (attempt % 3 != 1)  # looked at, not looked at, looked at again
        process = start(out, *options, *live, "--jobs", "2", command=REAL)
        until(lambda process=process: len(workers(process)) > 1 or process.poll() is not None, seconds=60)
        time.sleep(rng.uniform(0.0, 3.0))
        kill(process)
    assert run_sweep(out, *options, "--live", "--jobs", "2", command=REAL)[0] == 0
    assert export(out) == export(undisturbed)
    assert _rows(out).keys() == _rows(undisturbed).keys()
