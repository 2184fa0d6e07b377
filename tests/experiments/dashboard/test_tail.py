"""What the dashboard reads while others write: half lines, files cut and grown again, foreign ones."""

from __future__ import annotations

import json

import pytest

from experiments.dashboard import tail as tail_module
from experiments.dashboard.places import LIVE, RUNS, run_id
from experiments.dashboard.records import ForeignLineError, of_look, of_row
from experiments.dashboard.tail import Tail
from experiments.sweep.folder import Folder
from experiments.sweep.output import RESULTS
from experiments.sweep.rows import finished
from experiments.sweep.table import pack

RUN = {"kind": "run", "name": "a/RNN/1", "settings": {"model": "RNN"}, "work": 3}
HEAD = {"kind": "live", "contract": 1, "run": "a-RNN-1", "name": "a/RNN/1", "model": "RNN", "epochs": 0}


def _row(epoch, loss=1.0):
    return {"kind": "epoch", "epoch": epoch, "loss": loss, "dev_accuracy": 0.5, "best": True}


def _write(path, *lines, more=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + more)


def _append(path, text):
    with path.open("a") as file:
        file.write(text)


def _kinds(records):
    return [(record["kind"], record.get("epoch")) for record in records]


def test_each_line_is_told_once_and_a_half_one_when_it_is_whole(tmp_path):
    part = tmp_path / RUNS / "a-RNN-1-0.part"
    _write(part, RUN, _row(1), more='{"kind":"ep')
    tail = Tail(tmp_path)
    assert _kinds(tail.poll()) == [("run", None), ("epoch", 1)]
    assert tail.poll() == []
    _append(part, 'och","epoch":2,"loss":0.5,"dev_accuracy":0.7}\n')
    (record,) = tail.poll()
    assert (record["epoch"], record["loss"], record["accuracy"]) == (2, 0.5, 0.7)
    assert _kinds(tail.overview()) == [("run", None), ("epoch", 1), ("epoch", 2)]


def test_a_run_that_is_finished_is_told_on_and_not_anew(tmp_path):
    part = tmp_path / RUNS / "a-0.part"
    _write(part, RUN, _row(1))
    tail = Tail(tmp_path)
    tail.poll()
    _append(part, '{"kind":"result"}\n{"kind":"end","sha256":"x"}\n')
    part.rename(part.with_suffix(".jsonl"))
    assert [(record["kind"], record.get("why")) for record in tail.poll()] == [("end", "finished")]


@pytest.mark.parametrize("longer", [False, True])
def test_rows_that_a_resumed_run_takes_back_are_forgotten(tmp_path, longer):
    part = tmp_path / RUNS / "a-0.part"
    _write(part, RUN, _row(1), _row(2))
    tail = Tail(tmp_path)
    tail.poll()
    _write(part, RUN, _row(1), *[{"kind": "attempt", "timing": {"environment": "x" * 200}}] * longer)
    found = tail.poll()
    assert _kinds(found) == [("reset", None), ("run", None), ("epoch", 1)]
    assert _kinds(tail.overview()) == [("run", None), ("epoch", 1)]


def test_a_run_that_was_removed_is_forgotten(tmp_path):
    _write(tmp_path / RUNS / "a-0.jsonl", RUN, _row(1))
    tail = Tail(tmp_path)
    tail.poll()
    (tmp_path / RUNS / "a-0.jsonl").unlink()
    assert tail.poll() == [{"kind": "reset", "run": "a-0", "source": "rows"}]
    assert tail.overview() == []


def test_looks_are_passed_on_and_read_again_on_request(tmp_path):
    live = tmp_path / LIVE / "a-RNN-1.jsonl"
    look = {"kind": "look", "epoch": 1, "batch": 3, "at": 0.5, "heat": [1.0]}
    table = {"depth": [1, 2], "count": [5, 6], "quantiles": [[0, 0, 0.4, 0, 0], [0, 0, "NaN", 0, 0]]}
    _write(live, HEAD, {**look, "by_depth": table}, {"kind": "epoch", **_row(1), "by_depth": table})
    tail = Tail(tmp_path)
    assert _kinds(tail.poll()) == [
        *[(kind, None) for kind in ("run", "resumed", "live")],
        *[("look", 1), ("epoch", 1)],
    ]
    assert _kinds(tail.overview()) == [("run", None), ("resumed", None), ("epoch", 1)]
    head, found = tail.looks("a-RNN-1")
    assert head["kind"] == "live"
    assert found["by_depth"] == {"depth": [1, 2], "count": [5, 6], "median": [0.4, "NaN"]}
    assert tail.looks("../secret") == []
    assert tail.looks("nobody") == []


def test_what_can_t_be_read_is_told_and_the_rest_is_shown(tmp_path, monkeypatch):
    _write(tmp_path / RUNS / "good-0.jsonl", RUN, _row(1))
    _write(tmp_path / RUNS / "other-0.jsonl", {"time": 3, "level": "info"}, [1, 2])
    _write(tmp_path / RUNS / "hurt-0.part", RUN, more="\0\0\0\n" + json.dumps(_row(4)) + "\n")
    _write(tmp_path / LIVE / "new.jsonl", {**HEAD, "contract": 2})
    tail = Tail(tmp_path)
    tail.poll()
    found = {record["where"]: record["text"] for record in tail.overview() if record["kind"] == "problem"}
    assert found == {
        "runs/other-0.jsonl": "line 2: it is not a line of minigrad's",
        "runs/hurt-0.part": "line 2: it is damaged",
        "live/new.jsonl": "line 1: it follows contract 2, and 1 is known here",
    }
    assert ("epoch", 1) in _kinds(tail.overview())
    assert ("epoch", 4) in _kinds(tail.overview())


def test_a_half_line_that_stays_is_told_and_taken_back_when_it_goes_on(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(tail_module.time, "monotonic", lambda: now[0])
    part = tmp_path / RUNS / "a-0.part"
    _write(part, RUN, more='{"kind"')
    tail = Tail(tmp_path)
    assert _kinds(tail.poll()) == [("run", None)]
    tail.poll()
    now[0] += 4
    assert tail.poll() == []
    now[0] += 2
    (problem,) = tail.poll()
    assert problem["where"] == "runs/a-0.part"
    assert "not whole" in problem["text"]
    assert tail.poll() == []
    _append(part, ':"result"}\n')
    assert {"kind": "problem", "where": "runs/a-0.part", "text": None} in tail.poll()


@pytest.mark.parametrize(
    "line",
    [3, [], {"kind": 4}, {"kind": "run"}, {"kind": "epoch", "epoch": "two"}, {"kind": "e", "epoch": -1}],
)
def test_a_foreign_row_is_refused(line):
    with pytest.raises(ForeignLineError):
        of_row("a", line)


@pytest.mark.parametrize(
    "line", [{"kind": "live", "contract": 1}, {"kind": "alert"}, {"kind": "what"}, {"kind": "epoch"}, "text"]
)
def test_a_foreign_look_is_refused(line):
    with pytest.raises(ForeignLineError):
        of_look("a", line)


def test_rows_without_ratios_or_with_others_than_tables_have_none():
    for ratios in (None, 3, {"post": 4}, {"post": {"depth": 3}}):
        (record,) = of_row("a", {**_row(3), "ratios": ratios, "loss": float("nan"), "alerts": 3})
        assert record["by_depth"] is None
        assert record["loss"] is None


@pytest.mark.parametrize("named", [True, False])
def test_ratios_of_one_definition_and_of_several_are_told(named):
    table = {"depth": [3], "count": [7], "quantiles": [[0.1, 0.2, 0.3, 0.4, 0.5]]}
    (record,) = of_row("a", {**_row(1), "ratios": {"post": table, "pre": {}} if named else table})
    assert record["by_depth"] == {"depth": [3], "count": [7], "median": [0.3]}


def test_the_folder_of_a_sweep_is_where_the_tail_looks(tmp_path):
    folder = Folder(tmp_path)
    assert folder.finished("a").parent == tmp_path / RUNS
    assert folder.live("a") == tmp_path / LIVE / "a.jsonl"


def test_stored_rows_are_all_told(tmp_path):
    tail = Tail(RESULTS / "paper-first-run")
    tail.poll()
    records = tail.overview()
    runs = finished(RESULTS / "paper-first-run")
    assert sum(record["kind"] == "run" for record in records) == len(runs) == 210
    assert sum(record["kind"] == "epoch" for record in records) == sum(len(run.rows) for run in runs)
    assert sum(record["kind"] == "end" for record in records) == 210
    known = {(r["run"], r["epoch"]): r for r in records if r["kind"] == "epoch"}
    run = next(run for run in runs if run.name == "gradient/03/RLSTM/2")
    table = known[run.id, 4]["by_depth"]
    assert table["median"] == [five[2] for five in run.rows[4]["ratios"]["post"]["quantiles"]]


def test_finished_runs_that_are_packed_stay_and_are_told_where_they_are_new(tmp_path):
    folder = Folder(tmp_path)
    ids = []
    for number in (1, 2):
        header = {**RUN, "name": f"a/RNN/{number}"}
        ids.append(run_id(header["name"], header["settings"]))
        body = [header, _row(1), {"kind": "result"}]
        _write(folder.finished(ids[-1]), *body, more='{"kind":"end","sha256":"x"}\n')
    tail = Tail(tmp_path)
    before = tail.poll()
    assert _kinds(before) == [("run", None), ("epoch", 1), ("end", None)] * 2
    pack(folder)
    assert not list(folder.runs.iterdir())
    assert tail.poll() == []
    assert tail.overview() == before
    new = Tail(tmp_path)
    assert new.poll() == before
    assert new.poll() == []
    pack(folder, drop=ids[:1])
    assert new.poll() == [{"kind": "reset", "run": ids[0], "source": "rows"}]
    assert new.overview() == before[3:]
    folder.table.write_bytes(b"no table")
    assert [record["where"] for record in new.poll()] == ["runs.jsonl.xz"]


def test_looks_that_a_resumed_training_takes_back_are_not_told(tmp_path):
    looks = [{"kind": "look", "epoch": epoch, "batch": 1, "at": 0.5} for epoch in (1, 2, 3)]
    live = tmp_path / LIVE / "a-RNN-1.jsonl"
    _write(live, HEAD, *looks, {**HEAD, "epochs": 1}, {**looks[1], "batch": 9})
    tail = Tail(tmp_path)
    tail.poll()
    found = [record for record in tail.looks("a-RNN-1") if record["kind"] == "look"]
    assert [(look["epoch"], look["batch"]) for look in found] == [(1, 1), (2, 9)]


def test_a_stored_run_that_vanishes_has_alerts_and_one_that_does_not_has_none():
    tail = Tail(RESULTS / "beyond" / "remedies")
    tail.poll()
    records = tail.overview()
    names = {record["run"]: record["name"] for record in records if record["kind"] == "run"}
    rules = {}
    for record in records:
        if record["kind"] == "alert":
            rules.setdefault(names[record["run"]], []).append(record["rule"])
    assert "vanishing" in rules["remedies/Elman/1"]
    assert "remedies/highway/1" in names.values()
    assert "remedies/highway/1" not in rules
