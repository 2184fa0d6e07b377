"""Rows of a cell of the user's own, and its code, which may be changed between two sweeps."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import models
from experiments import sweep
from experiments.sweep.own_code import own_code
from tests.experiments.sweep.training import jobs

CODE = """
import minigrad as mg
class Peep(mg.Cell):
    def __init__(self, D, rng):
        self.parts = (mg.Part("h", D),)
    def compose(self, left, right):
        return left.h + right.h
"""
SAID = "the code of your cell was changed since test/01/A/1, test/01/B/1 began"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes the module `peeping`; nothing of an older one stays loaded."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(code):
        sys.modules.pop("peeping", None)
        (tmp_path / "peeping.py").write_text(code, encoding="utf-8")

    write(CODE)
    yield write
    sys.modules.pop("peeping", None)


@pytest.fixture
def run(tmp_path, capsys):
    """A function that runs a sweep, and returns what it printed to stderr."""

    def run(*options, cell="peeping:Peep"):
        parser = argparse.ArgumentParser()
        sweep.add_arguments(parser, out="nowhere")
        args = parser.parse_args(["--out", str(tmp_path / "out"), *options])
        made = [replace(job, settings={**job.json, "model": cell}) for job in jobs(2)]
        with ThreadPoolExecutor(1) as executor:
            sweep.run(made, args, executor=executor)
        return capsys.readouterr().err

    return run


def _stored(out):
    return {path.name: path.read_bytes() for path in (out / "runs").iterdir()}


def test_rows_of_code_that_was_changed_are_told_and_trained_again_only_if_asked_for(tmp_path, write, run):
    assert "changed" not in run()
    before = _stored(tmp_path / "out")
    write(CODE)  # the same
    assert "changed" not in run()
    write(CODE.replace("left.h + right.h", "left.h - right.h"))
    for options in ((), ("--dry-run",)):
        assert SAID in (told := run(*options))
        assert "--overwrite" in told
    assert _stored(tmp_path / "out") == before
    assert "changed" not in run("--overwrite")
    after = _stored(tmp_path / "out")
    assert after.keys() == before.keys()  # ids are those of the settings
    assert all(after[name] != before[name] for name in before)
    assert "changed" not in run()
    assert "changed" not in run("--overwrite")
    assert _stored(tmp_path / "out") == after


def test_a_run_under_way_is_told_and_begins_again_only_if_asked_for(tmp_path, write, run, monkeypatch):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "0:fail")
    run()
    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    write(CODE + "# another\n")
    out = tmp_path / "out"
    assert len(list((out / "runs").glob("*.part"))) == 1
    assert SAID in run("--dry-run")
    assert "changed" not in run("--overwrite")
    assert [len(one.environments) for one in sweep.finished(out)] == [1, 1]


def test_a_run_that_went_on_with_other_code_is_stale_too(write, run, monkeypatch):
    monkeypatch.setenv("SWEEP_TEST_MISHAP", "0:fail")
    run()
    monkeypatch.delenv("SWEEP_TEST_MISHAP")
    write(CODE + "# another\n")
    assert SAID in run()
    assert SAID in run()


def test_base_classes_of_other_files_count_and_minigrad_s_own_do_not(tmp_path, write):
    (tmp_path / "peeping_too.py").write_text(
        "import peeping\nclass Too(peeping.Peep): pass\n", encoding="utf-8"
    )
    settings = {"cell": "peeping_too:Too", "D": 50}
    found = [own_code(settings)]
    for code in (CODE + "# another\n", CODE):
        sys.modules.pop("peeping_too")
        write(code)
        found.append(own_code(settings))
    sys.modules.pop("peeping_too")
    assert found[0] == found[2] != found[1]
    assert own_code({"model": "RLSTM"}) == own_code({"model": "models.cells.rnn:RNN"}) == own_code({}) == {}
    with pytest.raises(models.CellError):
        own_code({"model": "peeping:Poop"})


def test_rows_of_minigrad_s_cells_name_no_code(tmp_path, run):
    run(cell="RLSTM")
    assert all("code" not in about for one in sweep.finished(tmp_path / "out") for about in one.environments)


def test_settings_that_name_no_cell_of_the_user_s_own_have_no_code() -> None:
    """Other sweeps have a "model" too, and cells of minigrad's own are known by its version."""
    assert own_code({"model": "a linear one", "cell": None}) == {}
    assert own_code({"cell": "RNN", "model": 3}) == {}
