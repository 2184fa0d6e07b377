"""A sweep on several processes: the same rows, whoever dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import BrokenExecutor
from contextlib import suppress

import numpy as np
import pytest

from experiments.sweep.folder import Folder
from experiments.sweep.processes import Processes
from experiments.threads import VARIABLES
from tests.experiments.sweep.process import (
    PRETENDED,
    export,
    interrupt,
    kill,
    start,
    sweep,
    until,
    without_progress,
    workers,
)
from tests.experiments.sweep.training import jobs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sweeps need flock")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "undisturbed"
    assert sweep(out) == (0, "")
    return export(out)


def _begun(out):
    return lambda: any(b'"epoch"' in path.read_bytes() for path in (out / "runs").glob("*.part"))


def _environment(names):
    return {name: os.environ[name] for name in names}


def test_workers_have_one_thread_each_before_numpy_is_loaded(monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "7")
    with Processes(1) as processes:
        limits = processes.submit(_environment, VARIABLES).result()
    assert limits == dict.fromkeys(VARIABLES, "1")


def test_processes_end_at_once_where_the_block_raises():
    with suppress(KeyboardInterrupt), Processes(1) as processes:
        processes.submit(_environment, VARIABLES).result()
        began = time.monotonic()
        future = processes.submit(time.sleep, 60)
        time.sleep(0.2)
        raise KeyboardInterrupt
    assert time.monotonic() - began < 20
    with pytest.raises(BrokenExecutor):
        future.result()


@pytest.mark.slow  # two processes start, and import all
def test_the_export_does_not_depend_on_the_number_of_processes(tmp_path, undisturbed):
    assert sweep(tmp_path / "two", "--jobs", "2") == (0, "")
    assert export(tmp_path / "two") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2])
def test_a_worker_that_dies_costs_no_row(tmp_path, undisturbed, n):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, err = sweep(tmp_path / "out", "--jobs", str(n), SWEEP_TEST_MISHAP=f"3:die:{marks}:2")
    assert (code, err) == (0, "")
    assert len(list(marks.iterdir())) == 2
    assert export(tmp_path / "out") == undisturbed


class _Dead:
    """The pipe to a process that died at once."""

    def send(self, task):
        pass

    def recv(self):
        raise EOFError


def test_a_task_is_given_to_three_processes_and_no_more(monkeypatch):
    started = []

    def start(processes):
        assert len(started) < 3, "a fourth process was started"
        started.append(_Dead())
        return started[-1]

    monkeypatch.setattr(Processes, "_start", start)
    with Processes(1) as pool, pytest.raises(BrokenExecutor, match="its process died 3 times"):
        pool.submit(abs, -1).result(timeout=10)
    assert len(started) == 3


@pytest.mark.slow
def test_a_run_that_died_three_times_has_failed_and_takes_no_other_with_it(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, err = sweep(tmp_path / "out", "--jobs", "2", SWEEP_TEST_MISHAP=f"3:die:{marks}:99")
    assert code == 1
    assert len(list(marks.iterdir())) == 3
    assert "test/02/B/1 failed:\nits process died 3 times" in err
    assert len(list((tmp_path / "out" / "runs").glob("*.jsonl"))) == 5


@pytest.mark.slow
def test_ctrl_c_ends_all_workers_and_keeps_what_is_finished(tmp_path, undisturbed):
    out = tmp_path / "out"
    process = start(out, "--jobs", "2", SWEEP_TEST_SLEEP=0.06)
    until(lambda: any((out / "runs").glob("*.jsonl")), seconds=60)
    before = workers(process)
    for worker in before:
        os.kill(worker, signal.SIGINT)  # theirs to pass over: the sweep ends them
    time.sleep(0.2)
    assert process.poll() is None
    assert workers(process) == before
    assert interrupt(process) == (130, "interrupted; the same command continues where this one stopped\n")
    assert workers(process) == []
    assert any((out / "runs").glob("*.part"))  # they ended at once, in the middle of their runs
    kept = {path: path.read_bytes() for path in (out / "runs").glob("*.jsonl")}
    assert kept
    assert (out / "manifest.json").exists()
    assert sweep(out) == (0, "")
    assert all(path.read_bytes() == content for path, content in kept.items())
    assert export(out) == undisturbed


@pytest.mark.slow
def test_orphaned_workers_end_soon_and_hold_no_lock(tmp_path, undisturbed):
    out = tmp_path / "out"
    process = start(out, "--jobs", "2", SWEEP_TEST_SLEEP=0.2)
    until(_begun(out), seconds=60)
    assert len(workers(process)) == 2
    kill(process, seconds=5)
    assert sweep(out, "--jobs", "2") == (0, "")
    assert export(out) == undisturbed


@pytest.mark.slow
def test_two_sweeps_at_once_on_one_folder(tmp_path, undisturbed):
    out = tmp_path / "out"
    first = start(out, SWEEP_TEST_SLEEP=0.03)
    until(_begun(out), seconds=60)
    code, err = sweep(out)
    assert code == 2
    assert err.startswith(f"minigrad: another sweep (process {first.pid}) is writing into")
    assert err.count("\n") == 1
    _, err = first.communicate(timeout=100)
    assert (first.returncode, without_progress(err)) == (0, "")
    assert export(out) == undisturbed


@pytest.mark.slow
def test_a_part_that_an_orphan_still_holds_is_waited_for(tmp_path, undisturbed):
    # A worker that is stopped can't notice that its sweep has ended; it goes on later, and may not harm.
    out = tmp_path / "out"
    process = start(out, SWEEP_TEST_SLEEP=0.05)
    until(_begun(out), seconds=60)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSTOP)
    try:
        process.kill()
        process.wait()
        resumed = start(out)
        time.sleep(2)
        assert resumed.poll() is None
        assert any(Folder(out).part(job.id).exists() for job in jobs())
    finally:
        os.kill(worker, signal.SIGCONT)
    _, err = resumed.communicate(timeout=100)
    process.communicate()
    assert (resumed.returncode, without_progress(err)) == (0, "")
    assert export(out) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ([PRETENDED[0], PRETENDED[1]], []),
        (["tests.experiments.sweep.real", "length"], ["--scale", "smoke", "--runs", "1"]),
        (["tests.experiments.sweep.real", "gradient"], ["--scale", "smoke", "--runs", "2"]),
    ],
    ids=lambda value: value[-1] if value else "",
)
def test_ten_kills_at_random_moments_leave_the_export_byte_identical(tmp_path, command, options):
    undisturbed = tmp_path / "undisturbed"
    # By the command as users have it, where there is one.
    plain = ["experiments", command[1]] if command[0] != PRETENDED[0] else command
    assert sweep(undisturbed, *options, command=plain)[0] == 0

    rng = np.random.default_rng()
    out = tmp_path / "out"
    for attempt in range(10):
        process = start(out, *options, "--jobs", "2", command=command, SWEEP_TEST_SLEEP=0.03)
        until(lambda process=process: len(workers(process)) > 1 or process.poll() is not None, seconds=60)
        time.sleep(rng.uniform(0.0, 3.0))
        if attempt % 3 == 2 and (alive := workers(process)):
            os.kill(int(rng.choice(alive)), signal.SIGKILL)
            time.sleep(rng.uniform(0.0, 0.5))
        kill(process)
    assert sweep(out, *options, "--jobs", "2", command=command)[0] == 0
    assert export(out) == export(undisturbed)
