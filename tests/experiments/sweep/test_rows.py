"""Rows on disk and the recorder that writes them: what a crash, a full disk or a hand can do to them."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from experiments import sweep
from experiments.sweep import rows
from experiments.sweep.folder import Folder
from experiments.sweep.lock import claim
from experiments.sweep.recorder import OrphanedError, Recorder
from experiments.sweep.rows import decode, end_line
from minigrad import waiting
from minigrad.nn import StateError
from tests.clock import FakeClock

JOB = sweep.Job("length/03/RNN/1", {"seed": 1, "lengths": [21, 30]}, 100, "nobody:calls")


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path)
    for path in (folder.runs, folder.checkpoints):
        path.mkdir()
    return folder


@contextmanager
def _opened(folder, **options):
    """Open a recorder on the files of `JOB`, as a worker does."""
    with claim(folder.part(JOB.id), folder.finished(JOB.id)) as file:
        yield Recorder(file, folder, JOB, environment={"processor": "this"}, **options)


def _epoch(k, **more):
    return {"kind": "epoch", "epoch": k, "loss": 1 / k if k else None, **more}


def _kill_after(folder, epochs, checkpoint=b"a checkpoint"):
    """Leave the files as a run that was killed after so many epochs leaves them."""
    with _opened(folder) as recorder:
        recorder.checkpoint.write_bytes(checkpoint)
        for k in range(1, epochs + 1):
            recorder.row(_epoch(k))


def _losses(rows):
    return [row["loss"] for row in rows]


def test_a_finished_run_is_read_back_as_it_was_written(folder):
    with _opened(folder) as recorder:
        recorder.checkpoint.write_bytes(b"a checkpoint")
        for k in range(3):
            recorder.row(_epoch(k, text="naïve ∂\u2028"))
        assert sweep.finished(folder.path) == []  # not before its result is there
        recorder.result({"test_accuracy": 0.5})
    (run,) = sweep.finished(folder.path)
    assert (run.name, run.settings, run.work, run.epochs) == (JOB.name, JOB.settings, 100, 2)
    assert _losses(run.rows) == [None, 1, 0.5]
    assert run.rows[1]["text"] == "naïve ∂\u2028"
    assert (run.result["kind"], run.result["test_accuracy"]) == ("result", 0.5)
    assert run.environments == [{"processor": "this"}]
    assert run.seconds >= sum(row["timing"]["seconds"] for row in run.rows)
    assert list(folder.checkpoints.iterdir()) == []
    assert [path.name for path in folder.runs.iterdir()] == [f"{JOB.id}.jsonl"]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_dropped_with_a_notice(folder, cut):
    _kill_after(folder, 3)
    part = folder.part(JOB.id)
    part.write_bytes(part.read_bytes()[:-cut])
    with _opened(folder) as recorder:
        assert _losses(recorder.rows) == [1, 0.5]
        assert "torn last line was dropped" in recorder.notices[0]
        recorder.row(_epoch(3))
        recorder.result({})
    assert _losses(sweep.finished(folder.path)[0].rows) == [1, 0.5, 1 / 3]


def test_a_file_cut_anywhere_gives_whole_rows_or_none(folder):
    _kill_after(folder, 3)
    content = folder.part(JOB.id).read_bytes()
    whole = [row for row, _ in decode(content)[0]]
    for size in range(len(content)):
        rows, torn = decode(content[:size])
        assert [row for row, _ in rows] == whole[: len(rows)]
        assert torn == (size > (rows[-1][1] if rows else 0))


def test_damage_in_the_middle_makes_the_run_begin_afresh(folder):
    _kill_after(folder, 3)
    part = folder.part(JOB.id)
    lines = part.read_bytes().splitlines(keepends=True)
    lines[2] = b"\0" * 10 + lines[2][10:]
    part.write_bytes(b"".join(lines))
    with _opened(folder) as recorder:
        assert recorder.rows == []
        assert not recorder.checkpoint.exists()
        assert "line 3 is damaged; the run begins afresh" in recorder.notices[0]


def test_rows_without_their_checkpoint_are_dropped(folder):
    _kill_after(folder, 3)
    folder.checkpoint(JOB.id).unlink()
    with _opened(folder) as recorder:
        assert recorder.rows == []


def test_a_checkpoint_without_rows_is_dropped(folder):
    folder.checkpoint(JOB.id).write_bytes(b"of whom?")
    with _opened(folder) as recorder:
        assert not recorder.checkpoint.exists()


def test_rows_after_the_checkpoint_are_dropped_and_written_anew(folder):
    with _opened(folder) as recorder:
        recorder.checkpoint.write_bytes(b"of epoch 1")
        for k in range(4):
            recorder.row(_epoch(k))
    with _opened(folder) as recorder:
        recorder.rewind(1)
        assert _losses(recorder.rows) == [None, 1]
        recorder.row(_epoch(2))
        recorder.result({})
    (run,) = sweep.finished(folder.path)
    assert _losses(run.rows) == [None, 1, 0.5]
    assert len(run.environments) == 2


def test_a_checkpoint_ahead_of_the_rows_is_refused(folder):
    _kill_after(folder, 3)
    with (
        _opened(folder) as recorder,
        pytest.raises(StateError, match="is of epoch 5, but there is no row of epoch 4"),
    ):
        recorder.rewind(5)


def test_a_result_that_had_not_got_its_name_is_written_anew(folder):
    _kill_after(folder, 2)
    with folder.part(JOB.id).open("ab") as file:
        file.write(b'{"kind":"result","test_accuracy":0.5,"timing":{}}\n')
    with _opened(folder) as recorder:
        recorder.result({"test_accuracy": 0.5})
    (run,) = sweep.finished(folder.path)
    assert _losses(run.rows) == [1, 0.5]


def test_an_epoch_is_never_recorded_twice(folder):
    _kill_after(folder, 2)
    with (
        _opened(folder) as recorder,
        pytest.raises(ValueError, match="can't come after one of epoch 2"),
    ):
        recorder.row(_epoch(2))


@pytest.mark.parametrize("row", [{}, {"kind": "result"}, {"kind": "epoch", "loss": float("nan")}])
def test_what_is_no_row_is_refused_and_nothing_written(folder, row):
    with _opened(folder) as recorder:
        before = folder.part(JOB.id).read_bytes()
        with pytest.raises(ValueError, match=r"kind|JSON"):
            recorder.row(row)
        assert folder.part(JOB.id).read_bytes() == before


def _finish(folder, epochs=2):
    _kill_after(folder, epochs)
    with _opened(folder) as recorder:
        recorder.result({"test_accuracy": 0.5})
    return folder.finished(JOB.id)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace(b"0.5", b"0.9"),
        lambda text: text[:-20],
        lambda text: b"".join(text.splitlines(keepends=True)[:-1]),
        lambda text: b"".join(text.splitlines(keepends=True)[:2] + text.splitlines(keepends=True)[3:]),
        lambda text: b"",
    ],
)
def test_a_finished_run_that_was_changed_by_hand_is_refused(folder, edit):
    path = _finish(folder)
    path.write_bytes(edit(path.read_bytes()))
    with pytest.raises(sweep.SweepError, match="checksum") as error:
        sweep.finished(folder.path)
    assert str(path) in str(error.value)


def test_two_files_of_one_run_are_refused(folder):
    path = _finish(folder)
    path.with_stem("copy").write_bytes(path.read_bytes())
    with pytest.raises(sweep.SweepError, match=r"both hold the run length/03/RNN/1"):
        sweep.finished(folder.path)


def test_runs_come_in_the_order_of_their_numbers(folder):
    for name in ("a/10/RNN/2", "a/9/RNN/10", "a/9/RNN/9", "a/9/RLSTM/1"):
        body = json.dumps({"kind": "run", "name": name, "settings": {}, "work": 1}) + "\n"
        body += json.dumps({"kind": "result", "timing": {}}) + "\n"
        path = folder.finished(name.replace("/", "-"))
        path.write_bytes(body.encode() + end_line(body.encode()))
    names = [run.name for run in sweep.finished(folder.path)]
    assert names == ["a/9/RLSTM/1", "a/9/RNN/9", "a/9/RNN/10", "a/10/RNN/2"]


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path):
    assert sweep.finished(tmp_path / "missing") == []


def test_progress_counts_epochs_and_the_nodes_of_the_present_one(folder, monkeypatch):
    monkeypatch.setattr("experiments.sweep.recorder.TELL_EVERY", 0.0)
    with _opened(folder) as recorder:
        recorder.checkpoint.write_bytes(b"a checkpoint")
        told = folder.progress(JOB.id)
        recorder.progress(60)
        assert int(told.read_text()) == 60
        recorder.row(_epoch(1))
        recorder.progress(30)
        assert int(told.read_text()) == 130
    with _opened(folder) as recorder:
        recorder.rewind(0)
        recorder.progress(10)
        assert int(told.read_text()) == 10


def test_a_run_ends_when_nobody_waits_for_it(folder, monkeypatch):
    monkeypatch.setattr("experiments.sweep.recorder.TELL_EVERY", 0.0)
    lives = [True, False]
    with _opened(folder, sweep_lives=lambda: lives.pop(0)) as recorder:
        recorder.progress(1)
        with pytest.raises(OrphanedError):
            recorder.progress(1)


def test_a_run_is_one_workers_at_a_time(folder, monkeypatch):
    monkeypatch.setattr("experiments.sweep.lock.ORPHANS", 0.2)
    with (
        _opened(folder),
        pytest.raises(TimeoutError, match="another process is at work"),
        _opened(folder),
    ):
        pass


def test_a_run_that_another_process_finishes_meanwhile_is_not_repeated(folder):
    path = _finish(folder)
    content = path.read_bytes()
    with claim(folder.part(JOB.id), path) as file:
        assert file is None
    assert not folder.part(JOB.id).exists()
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "settings"), [("../x", {}), ("a b", {}), ("", {}), ("a", {"l": (1, 2)}), ("a", {1: 2})]
)
def test_a_job_that_would_not_come_back_from_its_file_is_refused(name, settings):
    with pytest.raises(ValueError, match=r"name|JSON"):
        sweep.Job(name, settings, 1, "nobody:calls")


def test_an_id_depends_on_every_setting_and_not_on_their_order():
    ids = {
        sweep.Job("a/1", settings, 1, "nobody:calls").id
        for settings in ({"x": 1, "y": [2]}, {"y": [2], "x": 1}, {"x": 1, "y": [3]}, {"x": 1.5, "y": [2]})
    }
    assert len(ids) == 3


def test_reading_many_rows_is_told(folder, monkeypatch, caplog):
    clock = FakeClock()
    monkeypatch.setattr(waiting, "CLOCK", clock)
    parse = rows.parse_run
    monkeypatch.setattr(rows, "parse_run", lambda *of: (clock.pass_(3.0), parse(*of))[1])
    _finish(folder)
    sweep.finished(folder.path)
    assert caplog.messages == [f"minigrad: reading the rows in {folder.path}"]
