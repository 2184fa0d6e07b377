"""A sweep on a dask cluster; needs the extra ``cluster``."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest

from tests.experiments.sweep.process import ROOT, export, interrupt, kill, start, sweep, until, workers

pytestmark = pytest.mark.slow


@pytest.fixture
def dask():
    pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "undisturbed"
    assert sweep(out) == (0, "")
    return export(out)


def _cluster_process(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def scheduler(dask):
    process = _cluster_process("dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
    for line in process.stderr:
        if found := re.search(r"Scheduler at: +(tcp://\S+)", line):
            break
    yield found.group(1)
    process.terminate()
    process.communicate()


@pytest.fixture
def worker(scheduler):
    """Start a worker with so many threads."""
    started = []

    def start(threads=1):
        started.append(
            _cluster_process("dask_worker", scheduler, "--nthreads", str(threads), "--no-dashboard")
        )
        for line in started[-1].stderr:
            if "Registered to" in line:
                break

    yield start
    for process in started:
        process.terminate()
        process.communicate()


def test_the_export_is_that_of_one_process(dask, tmp_path, undisturbed):
    assert sweep(tmp_path / "out", "--local-cluster", "2") == (0, "")
    assert export(tmp_path / "out") == undisturbed


def test_a_worker_that_dies_costs_no_row(dask, tmp_path, undisturbed):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, err = sweep(tmp_path / "out", "--local-cluster", "2", SWEEP_TEST_MISHAP=f"3:die:{marks}:2")
    assert (code, err) == (0, "")
    assert len(list(marks.iterdir())) == 2
    assert export(tmp_path / "out") == undisturbed


def test_a_run_that_died_three_times_has_failed(dask, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, err = sweep(tmp_path / "out", "--local-cluster", "2", SWEEP_TEST_MISHAP=f"3:die:{marks}:99")
    assert code == 1
    assert len(list(marks.iterdir())) == 3
    assert "test/02/B/1 failed:\nthe cluster gave it up" in err
    assert len(list((tmp_path / "out" / "runs").glob("*.jsonl"))) == 5


def test_a_sweep_that_is_interrupted_or_killed_leaves_no_workers(dask, tmp_path, undisturbed):
    out = tmp_path / "out"
    for end in (interrupt, kill):
        process = start(out, "--local-cluster", "2", SWEEP_TEST_SLEEP=0.1)
        until(lambda: any((out / "runs").glob("*.part")), seconds=60)
        ended = end(process)
        assert ended in ((130, "interrupted; the same command continues where this one stopped\n"), None)
        until(lambda process=process: not workers(process), seconds=20)
    assert sweep(out, "--local-cluster", "2") == (0, "")
    assert export(out) == undisturbed


def test_a_cluster_elsewhere_ends_its_runs_when_the_sweep_is_gone(worker, scheduler, tmp_path, undisturbed):
    out = tmp_path / "out"
    worker()
    process = start(out, "--scheduler", scheduler, SWEEP_TEST_SLEEP=0.1)
    until(lambda: any((out / "runs").glob("*.part")), seconds=60)
    process.kill()
    process.communicate()
    code, err = sweep(out, "--scheduler", scheduler)
    assert (code, err) == (0, "")
    assert export(out) == undisturbed


def test_a_worker_of_several_threads_is_refused(worker, scheduler, tmp_path):
    worker(threads=2)
    code, err = sweep(tmp_path / "out", "--scheduler", scheduler)
    assert code == 2
    assert "--nthreads 1" in err
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_a_clear_error(dask, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", "no address"):
        code, err = sweep(tmp_path / "out", "--scheduler", address)
        assert code == 2
        assert err.startswith(f"minigrad: no dask scheduler answers at {address!r}")
        assert not (tmp_path / "out").exists()


def test_without_dask_the_extra_is_named(tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError\n")
    code, err = sweep(tmp_path / "out", "--local-cluster", "2", PYTHONPATH=f"{tmp_path}")
    assert code == 2
    assert 'clusters need the extra "cluster"' in err
