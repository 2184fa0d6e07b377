"""How long a sweep may take, and how it tells how far it is."""

from __future__ import annotations

import re

import pytest

from experiments import sweep
from experiments.sweep import drive, progress
from experiments.sweep.folder import Folder
from experiments.sweep.progress import Progress, expected
from experiments.sweep.worker import Outcome, Task


def _run(name, *, work=100, epochs=2, seconds=1.0):
    rows = [{"kind": "epoch", "epoch": k} for k in range(1, epochs + 1)]
    return sweep.Run(name, {}, work, rows, {"kind": "result", "timing": {"seconds": seconds}}, [])


def _job(name, work=100):
    return sweep.Job(name, {"seed": 0}, work, "nobody:calls")


def test_nothing_is_expected_before_a_run_is_finished():
    assert expected([_job("a/1")], []) == {}


def test_runs_whose_names_differ_in_numbers_only_tell_what_a_job_takes():
    finished = [
        _run("length/01/RLSTM/1", epochs=10, seconds=10.0),
        _run("length/10/RLSTM/2", epochs=12, seconds=12.0),
        _run("length/01/RNN/1", epochs=50, seconds=500.0),
    ]
    job = _job("length/03/RLSTM/5", work=200)
    assert expected([job], finished) == {job.id: (11, pytest.approx(22.0))}


def test_where_there_are_none_of_those_all_runs_tell():
    finished = [_run("x/A/1", epochs=2, seconds=2.0), _run("x/B/1", epochs=4, seconds=10.0)]
    job = _job("y/1")
    assert expected([job], finished) == {job.id: (3, pytest.approx(3 * 2.0))}


def test_runs_without_epochs_take_what_the_others_took():
    finished = [_run(f"x/A/{k}", epochs=0, seconds=3.0) for k in (1, 2)]
    job = _job("x/A/3")
    assert expected([job], finished) == {job.id: (1, pytest.approx(3.0))}


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def _tell(folder, job, nodes):
    folder.checkpoints.mkdir(exist_ok=True)
    folder.progress(job.id).write_text(str(nodes))


def test_a_line_after_3_seconds_and_then_every_30_where_stderr_is_no_terminal(tmp_path, clock, capsys):
    folder, jobs = Folder(tmp_path), [_job(f"x/A/{k}") for k in (1, 2, 3)]
    _tell(folder, jobs[0], 100)  # before this sitting
    told = Progress(folder, jobs, [], ready=1)
    for _ in range(32):
        clock[0] += 1
        told.show(2)
    _tell(folder, jobs[0], 400)
    assert capsys.readouterr().err == "1 of 4 runs: 100node [00:03, ?node/s]\n"  # no node of this sitting
    clock[0] += 28
    told.show(2)
    assert capsys.readouterr().err == "1 of 4 runs: 400node [01:00, 5.00node/s]\n"

    told.finish(jobs[0], _run(jobs[0].name, epochs=6))
    told.fail(jobs[1])
    _tell(folder, jobs[2], 200)
    clock[0] += 30
    told.show(0)
    # 600 nodes are done, of the third run's 600 expected ones 200; 700 of this sitting in 90 s.
    line = r"2 of 4 runs, 1 failed, waiting for a worker: +67% 800/1\.20k \[01:30<00:51, +7\.78node/s\]\n"
    assert re.fullmatch(line, capsys.readouterr().err)


def test_a_run_that_takes_longer_than_others_has_an_epoch_left(tmp_path, clock, capsys):
    folder, job = Folder(tmp_path), _job("x/A/2")
    told = Progress(folder, [job], [_run("x/A/1", epochs=2)], ready=0)
    _tell(folder, job, 900)
    clock[0] += 30
    told.show(1)
    assert "90% 900/1.00k" in capsys.readouterr().err


def test_what_a_run_has_noticed_is_said_whether_it_fails_or_not(tmp_path, capsys, monkeypatch):
    jobs = [_job("x/A/1"), _job("x/A/2")]
    one, other = (Task(job, Folder(tmp_path), "", False) for job in jobs)
    monkeypatch.setattr(drive, "read_run", lambda path: _run(jobs[0].name))
    told = Progress(one.folder, jobs, [], ready=0)
    drive._report(one, Outcome(notices=["a torn line", "begins afresh"]), told)
    said = capsys.readouterr().err
    assert said.index("a torn line") < said.index("begins afresh")
    drive._report(other, Outcome("ValueError: no\n", notices=["a torn line"]), told)
    said = capsys.readouterr().err
    assert said.index("a torn line") < said.index("x/A/2 failed:\nValueError: no\n")
