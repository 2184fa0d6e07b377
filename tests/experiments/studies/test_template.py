"""A study made from the template as ADD.md says runs, draws, sums up, and is a command like the others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import studies, sweep
from experiments.__main__ import COMMANDS, main
from experiments.commands import beyond

FOLDER = Path(studies.__file__).parent
ROOT = FOLDER.parent.parent
PAGE = (FOLDER / "ADD.md").read_text(encoding="utf-8")
TEMPLATE = (FOLDER / "template.py").read_text(encoding="utf-8")
ROW = re.search(r'^    "(parity)": "(.+)",$', PAGE, re.MULTILINE)


@pytest.fixture
def parity(tmp_path, monkeypatch):
    """The template under another name in the folder of the studies, and its row in the table."""
    assert ROW is not None
    (tmp_path / "code").mkdir()
    shutil.copy(FOLDER / "template.py", tmp_path / "code" / "parity.py")
    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(tmp_path / "code")])
    for table in (studies.STUDIES, COMMANDS):
        monkeypatch.setitem(table, *ROW.groups())
    yield tmp_path / "out"
    sys.modules.pop("experiments.studies.parity")


@pytest.mark.usefixtures("in_process")
def test_a_study_made_from_the_template_runs_draws_and_sums_up(parity, capsys):
    assert main(["parity", "--out", str(parity), "--cell", "Elman"]) == 0
    runs = sweep.finished(parity)
    assert [run.name for run in runs] == [f"parity/{length}/Elman/1" for length in (2, 4, 8)]
    assert all([row["epoch"] for row in run.rows] == [1, 2, 3] for run in runs)
    assert {path.name for path in (parity / "figures").iterdir()} == {"accuracy.svg"}
    summary = (parity / "summary.md").read_text(encoding="utf-8")
    assert summary in capsys.readouterr().out
    cells = " | ".join(f"{run.result['accuracy']:.2f}" for run in runs)
    assert summary.splitlines()[2:] == [
        "| cell | 2 | 4 | 8 |",
        "| --- | ---: | ---: | ---: |",
        f"| Elman | {cells} |",
    ]


@pytest.mark.usefixtures("in_process")
def test_the_test_that_the_page_shows_passes(parity, tmp_path):
    shown = re.search(r"```py\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    found = {}
    exec(shown.group(1), found)
    found["test_it_runs_draws_and_sums_up"](tmp_path / "shown")


def test_it_has_the_help_and_the_plan_of_a_study(parity, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["parity", "--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert TEMPLATE.partition("\n")[0].strip('"') in printed
    assert "--cell NAME" in printed
    assert main(["parity", "--dry-run", "--scale", "paper"]) == 0
    assert "18 of 18 runs to do" in capsys.readouterr().out
    assert beyond.find("parity").name == "parity"


def test_the_page_shows_the_template_which_stays_short():
    assert TEMPLATE in PAGE
    assert len(TEMPLATE.splitlines()) <= 60


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"[`\s(](\w[\w/]*\.(?:py|md))\b", PAGE.partition("## The template")[0]))
    places = (ROOT, FOLDER, FOLDER / "copy", ROOT / "tests/experiments/studies")
    made = {"experiments/studies/parity.py", "tests/experiments/studies/test_parity.py"}
    assert named > made
    assert {name for name in named - made if not any((place / name).exists() for place in places)} == set()


@pytest.mark.slow  # copies the code, and starts Python three times
def test_the_page_s_commands_work_in_a_copy_of_the_code(tmp_path):
    assert ROW is not None
    for room in ("minigrad", "models", "viz"):
        (tmp_path / room).symlink_to(ROOT / room)
    shutil.copytree(FOLDER.parent, tmp_path / "experiments", ignore=shutil.ignore_patterns("results"))
    folder = tmp_path / "experiments" / "studies"
    shutil.copy(folder / "template.py", folder / "parity.py")
    table = folder / "__init__.py"
    code = table.read_text(encoding="utf-8")
    table.write_text(code.replace("STUDIES = {\n", f"STUDIES = {{\n{ROW.group()}\n"), encoding="utf-8")
    for options in (["--help"], ["--dry-run"], []):
        command = [sys.executable, "-m", "experiments", "parity", *options]
        subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, check=True)
    out = tmp_path / "experiments" / "results" / "beyond-smoke" / "parity"
    assert (out / "figures" / "accuracy.pdf").exists()
    assert "| LSTM |" in (out / "summary.md").read_text(encoding="utf-8")
