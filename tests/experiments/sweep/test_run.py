"""A sweep from its plan to its manifest, its runs in a thread of the test."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from experiments import sweep
from experiments.sweep.folder import Folder
from experiments.sweep.lock import sweep_lives, sweep_lock
from tests.experiments.sweep.training import jobs


def _args(out, *options):
    parser = argparse.ArgumentParser()
    sweep.add_arguments(parser, out="nowhere")
    return parser.parse_args(["--out", str(out), *options])


def _run(out, *options, runs=None, **more):
    with ThreadPoolExecutor(1) as executor:
        return sweep.run(jobs(4) if runs is None else runs, _args(out, *options), executor=executor, **more)


def _rows(out):
    """Everything that has to be the same: no timing."""
    return [
        (run.name, run.settings, [{k: v for k, v in row.items() if k != "timing"} for row in run.rows])
        for run in sweep.finished(out)
    ]


def test_finished_runs_are_never_repeated(tmp_path, monkeypatch):
    assert _run(tmp_path) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "runs").iterdir()}
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "0:fail")  # would show if run 0 were repeated
    assert _run(tmp_path, runs=jobs(6)) == 0
    after = {path.name: path.read_bytes() for path in (tmp_path / "runs").iterdir()}
    assert len(after) == 6
    assert before.items() <= after.items()


def test_a_temporary_file_that_another_sweep_has_just_removed_is_no_error(tmp_path, monkeypatch):
    (tmp_path / ".gone.part").write_text("")
    unlink = Path.unlink

    def faster(path, missing_ok=False):
        if path.name == ".gone.part":
            unlink(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", faster)
    assert _run(tmp_path) == 0
    assert not (tmp_path / ".gone.part").exists()


def test_changed_settings_are_refused_with_the_difference_and_nothing_is_touched(tmp_path):
    _run(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(sweep.SweepError, match=r"test/01/A/1: lr 3\.7 stored, 3\.6 now") as error:
        _run(tmp_path, runs=jobs(4, lr=3.6))
    assert "--overwrite" in str(error.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_settings_that_are_new_or_gone_are_told_as_such(tmp_path):
    def one(settings):
        return [sweep.Job("a", settings, 1, jobs(1)[0].perform)]

    settings = jobs(1)[0].settings
    _run(tmp_path, runs=one({**settings, "old": None}))
    with pytest.raises(sweep.SweepError, match=r"old null stored, nothing now, new nothing stored, 1 now"):
        _run(tmp_path, runs=one({**settings, "new": 1}))


def test_a_run_under_way_with_other_settings_is_refused_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "1:fail")
    assert _run(tmp_path, runs=jobs(2)) == 1
    with pytest.raises(sweep.SweepError, match="test/01/B/1"):
        _run(tmp_path, runs=jobs(2, lr=3.6)[1:])


def test_overwrite_replaces_what_differs_and_only_that(tmp_path):
    _run(tmp_path)
    kept = Folder(tmp_path).finished(jobs()[0].id)
    content = kept.read_bytes()
    mixed = [jobs(4)[0], *jobs(4, lr=3.6)[1:]]
    assert _run(tmp_path, "--overwrite", runs=mixed) == 0
    assert kept.read_bytes() == content
    assert [run.settings["lr"] for run in sweep.finished(tmp_path)] == [3.7, 3.6, 3.6, 3.6]


def test_a_failing_run_is_reported_with_its_traceback_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "2:fail")
    assert _run(tmp_path) == 1
    printed = capsys.readouterr()
    assert "test/02/A/1 failed:\nTraceback" in printed.err
    assert "ArithmeticError: as the test wants it" in printed.err
    assert "failed: test/02/A/1; the same command tries them again" in printed.err
    assert printed.out.startswith("3 of 4 runs are finished")
    assert [run.name for run in sweep.finished(tmp_path)] == ["test/01/A/1", "test/01/B/1", "test/02/B/1"]

    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    _run(tmp_path / "undisturbed")
    assert _run(tmp_path) == 0
    assert _rows(tmp_path) == _rows(tmp_path / "undisturbed")
    assert len(sweep.finished(tmp_path)[2].environments) == 2  # it went on, and did not begin afresh


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 torn", "half", "flip", "of another run"])
def test_a_damaged_checkpoint_means_a_clean_retry(tmp_path, monkeypatch, capsys, damage):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "1:fail")
    assert _run(tmp_path, runs=jobs(2)) == 1
    path = Folder(tmp_path).checkpoint(jobs(2)[1].id)
    content = path.read_bytes()
    if damage == "half":
        damage = content[: len(content) // 2]
    elif damage == "flip":
        middle = len(content) // 3
        damage = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
    elif damage == "of another run":
        from minigrad.nn import save_npz

        save_npz(path, {})
        damage = path.read_bytes()
    path.write_bytes(damage)
    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    assert _run(tmp_path, runs=jobs(2)) == 0
    assert "the run begins afresh" in capsys.readouterr().err
    _run(tmp_path / "undisturbed", runs=jobs(2))
    assert _rows(tmp_path) == _rows(tmp_path / "undisturbed")


def test_a_second_sweep_on_the_folder_gets_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.sweep.lock.PATIENCE", 0.1)
    with (
        sweep_lock(tmp_path / ".lock"),
        pytest.raises(sweep.SweepError, match=rf"another sweep \(process {os.getpid()}\) is writing into"),
    ):
        _run(tmp_path)
    assert not (tmp_path / "runs").exists()
    assert _run(tmp_path) == 0  # a lock does not stay


def test_workers_know_whether_their_sweep_lives(tmp_path):
    path = tmp_path / ".lock"
    with sweep_lock(path) as token:
        assert sweep_lives(path, token)
        assert not sweep_lives(path, "of another sweep")
    assert not sweep_lives(path, token)
    assert not sweep_lives(tmp_path / "missing", token)


def test_a_full_disk_ends_the_sweep_with_one_message_and_no_wrong_row(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs privileges")
    try:
        out = disk / "out"
        many = jobs(40)
        with pytest.raises(OSError, match="What is finished is kept; free some space") as error:
            _run(out, runs=many)
        assert error.value.errno == errno.ENOSPC
        assert 0 < len(sweep.finished(out)) < 40
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert _run(out, runs=many) == 0
        _run(tmp_path / "undisturbed", runs=many)
        assert _rows(out) == _rows(tmp_path / "undisturbed")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(OSError, match="can't write into the folder"):
            _run(out, runs=jobs(41))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_write_that_fails_half_way_ends_the_sweep(tmp_path, monkeypatch):
    from experiments.sweep.recorder import Recorder

    write, left = Recorder._write, [9]

    def fail(self, line):
        left[0] -= 1
        if left[0] > 0:
            return write(self, line)
        if left[0] == 0:
            write(self, line[: len(line) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")  # for the run that has begun meanwhile as well

    with monkeypatch.context() as full:
        full.setattr(Recorder, "_write", fail)
        with pytest.raises(OSError, match="No space left on device"):
            _run(tmp_path)
    assert sweep.finished(tmp_path) == []
    assert _run(tmp_path) == 0
    _run(tmp_path / "undisturbed")
    assert _rows(tmp_path) == _rows(tmp_path / "undisturbed")


def test_a_dry_run_lists_the_runs_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "out"
    assert _run(out, "--dry-run") == 0
    printed = capsys.readouterr().out
    assert not out.exists()
    assert [line.split()[0] for line in printed.splitlines()[:-1]] == [job.name for job in jobs(4)]
    assert "4 of 4 runs to do; time with 1 at a time: not known" in printed

    _run(out, runs=jobs(2))
    capsys.readouterr()
    assert _run(out, "--dry-run") == 0
    first, _, third, _, total = capsys.readouterr().out.splitlines()
    assert "finished, 6 epochs" in first
    assert "to do, about 0 s" in third
    assert total == "2 of 4 runs to do; time with 1 at a time: about 00:00"


def test_the_longest_work_comes_first(tmp_path):
    class Seen(ThreadPoolExecutor):
        names: list[str] = []  # noqa: RUF012

        def submit(self, function, task) -> Future:
            self.names.append(task.job.name)
            return super().submit(function, task)

    with Seen(1) as executor:
        sweep.run(jobs(6), _args(tmp_path), executor=executor)
    assert executor.names == [f"test/{k:02}/{m}/1" for k in (3, 2, 1) for m in "AB"]


def test_the_manifest_tells_what_was_run_on_what(tmp_path, monkeypatch):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "2:fail")
    _run(tmp_path, base={"lr": 3.7, "lengths": [1, 20], "D": 50})
    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    _run(tmp_path, base={"lr": 3.7, "lengths": [1, 20], "D": 50})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["settings"] == {"lr": 3.7, "lengths": [1, 10]}
    assert manifest["varied"] == {"seed": [0, 1, 2, 3], "epochs": [6, 7]}
    assert manifest["differences"] == {"lengths": {"base": [1, 20], "here": [[1, 10]]}}
    assert [(s["runs"], s["failed"]) for s in manifest["sittings"]] == [(4, ["test/02/A/1"]), (1, [])]
    assert set(manifest["runs"]) == {job.name for job in jobs(4)}
    resumed = manifest["runs"]["test/02/A/1"]
    assert len(resumed["began"]) == len(resumed["environments"]) == 2
    assert resumed["seconds"] > 0
    assert resumed["cpu_seconds"] >= 0
    (about,) = manifest["environments"]
    assert {"processor", "python", "numpy", "numba", "commit", "threads"} <= set(about)


def test_the_manifest_of_a_killed_sweep_tells_that_it_had_begun(tmp_path, monkeypatch):
    seen = []

    class Killed(ThreadPoolExecutor):
        def submit(self, function, task):
            seen.append((tmp_path / "manifest.json").read_bytes())  # all that a SIGKILL now would leave
            return super().submit(function, task)

    with Killed(1) as executor:
        sweep.run(jobs(2), _args(tmp_path), executor=executor)
    (tmp_path / "manifest.json").write_bytes(seen[0])
    _run(tmp_path)
    first, second = json.loads((tmp_path / "manifest.json").read_text())["sittings"]
    assert (first["runs"], first["seconds"]) == (2, None)
    assert second["runs"] == 2
    assert second["seconds"] >= 0
    assert {"began", "commit", "processor"} <= first.keys()


def test_models_are_saved_where_they_are_asked_for(tmp_path, capsys):
    _run(tmp_path, runs=jobs(2))
    assert not (tmp_path / "models").exists()
    _run(tmp_path, "--save-models", runs=jobs(4))
    saved = {path.stem for path in (tmp_path / "models").iterdir()}
    assert saved == {job.id for job in jobs(4)[2:]}
    assert "2 of them were finished before, without a saved model" in capsys.readouterr().out


def test_what_killed_sweeps_left_is_swept_up(tmp_path):
    _run(tmp_path, runs=jobs(2))
    for name in ("checkpoints/.x.npz.0a1b2c3d.part", "checkpoints/gone.npz", ".manifest.json.0a1b2c3d.part"):
        (tmp_path / name).write_bytes(b"left")
    _run(tmp_path, runs=jobs(2))
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "checkpoints", "manifest.json", "runs"}
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_two_jobs_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="same name"):
        _run(tmp_path, runs=[*jobs(2), jobs(1, lr=3.6)[0]])


@pytest.mark.parametrize(
    "options",
    [["--jobs", "0"], ["--jobs", "x"], ["--jobs", "2", "--local-cluster", "2"], ["--local-cluster", "0"]],
)
def test_wrong_options_are_refused(tmp_path, options, capsys):
    with pytest.raises(SystemExit) as exit:
        _args(tmp_path, *options)
    assert exit.value.code == 2
    assert "--jobs" in capsys.readouterr().err


def test_lines_tell_how_far_it_is_where_stderr_is_no_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("experiments.sweep.progress.SILENCE", 0.0)
    monkeypatch.setattr("experiments.sweep.progress.LINE_EVERY", 0.0)
    monkeypatch.setattr("experiments.sweep.drive.LOOK_EVERY", 0.001)
    monkeypatch.setenv("SWEEP_TEST_SLEEP", "0.002")
    _run(tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("0 of 4 runs: 0.00node [00:00")
    assert any(re.match(r"2 of 4 runs: +\d+% .*node/s", line) for line in lines)
    assert re.match(r"4 of 4 runs: +100% 3\.90k/3\.90k ", lines[-1])
