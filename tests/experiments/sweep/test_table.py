"""Finished runs in one compressed table: none is lost, none changes, whenever the sweep is killed."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from experiments import sweep
from experiments.sweep.folder import Folder
from experiments.sweep.table import pack, read_table
from tests.experiments.sweep.test_run import _rows, _run
from tests.experiments.sweep.training import jobs


def _files(out):
    return sorted(path.name for path in (out / "runs").iterdir())


def test_a_packed_sweep_has_the_runs_of_one_with_files(tmp_path):
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    assert _run(packed, packed=True) == _run(plain) == 0
    assert _rows(packed) == _rows(plain)
    assert _files(packed) == []
    assert len(read_table(Folder(packed).table)) == 4


def test_packed_runs_are_not_repeated_and_new_ones_are_added(tmp_path, monkeypatch):
    _run(tmp_path, packed=True)
    before = read_table(Folder(tmp_path).table)
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "0:fail")  # would show if run 0 were repeated
    assert _run(tmp_path, runs=jobs(6), packed=True) == 0
    after = read_table(Folder(tmp_path).table)
    assert len(after) == 6
    assert set(before) < set(after)


def test_a_sweep_that_is_killed_while_it_packs_loses_nothing(tmp_path, monkeypatch):
    _run(tmp_path)
    expected, folder = _rows(tmp_path), Folder(tmp_path)
    unlink, left = Path.unlink, [2]

    def dying(path, missing_ok=False):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", dying)
    with pytest.raises(KeyboardInterrupt):
        pack(folder)
    monkeypatch.undo()
    assert len(_files(tmp_path)) == 2  # both are in the table, too
    assert _rows(tmp_path) == expected
    pack(folder)
    assert _files(tmp_path) == []
    assert _rows(tmp_path) == expected


def test_what_is_finished_before_a_failure_is_packed(tmp_path, monkeypatch):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "2:fail")
    assert _run(tmp_path, packed=True) == 1
    assert len(read_table(Folder(tmp_path).table)) == 3
    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    assert _run(tmp_path, packed=True) == 0
    assert len(sweep.finished(tmp_path)) == 4


def test_runs_that_are_overwritten_leave_the_table(tmp_path):
    _run(tmp_path, packed=True)
    mixed = [jobs(4)[0], *jobs(4, lr=3.6)[1:]]
    with pytest.raises(sweep.SweepError, match="holds runs with other settings"):
        _run(tmp_path, runs=mixed, packed=True)
    assert _run(tmp_path, "--overwrite", runs=mixed, packed=True) == 0
    assert [run.settings["lr"] for run in sweep.finished(tmp_path)] == [3.7, 3.6, 3.6, 3.6]


def test_equal_runs_give_equal_tables(tmp_path):
    _run(tmp_path, packed=True)
    table = Folder(tmp_path).table
    before = table.read_bytes()
    pack(Folder(tmp_path))
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"not a table",
        lambda content: lzma.compress(lzma.decompress(content)[:-5]),
        lambda content: lzma.compress(lzma.decompress(content).replace(b'"lr":3.7', b'"lr":3.8', 1)),
    ],
    ids=["cut", "other content", "cut before it was compressed", "a number was changed"],
)
def test_a_damaged_table_is_told_and_kept(tmp_path, damage):
    _run(tmp_path, packed=True)
    table = Folder(tmp_path).table
    table.write_bytes(damage(table.read_bytes()))
    content = table.read_bytes()
    with pytest.raises(sweep.SweepError, match=r"runs\.jsonl\.xz (is damaged|was changed)"):
        _run(tmp_path, packed=True)
    assert table.read_bytes() == content


def test_two_runs_of_one_name_are_refused(tmp_path):
    _run(tmp_path, packed=True)
    other = tmp_path / "other"
    _run(other, runs=jobs(1, lr=3.6))
    (file,) = (other / "runs").iterdir()
    file.rename(tmp_path / "runs" / file.name)
    with pytest.raises(sweep.SweepError, match=r"both hold the run test/01/A/1"):
        sweep.finished(tmp_path)


def test_the_manifest_of_a_packed_sweep_counts_its_runs(tmp_path):
    _run(tmp_path, packed=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["runs"] == 4
    assert len(manifest["sittings"]) == 1
    assert manifest["varied"]["seed"] == [0, 1, 2, 3]
