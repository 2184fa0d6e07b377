"""minigrad/ops/README.md lists every operation as the docstrings have it, and its way of adding one works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad.ops
from minigrad.ops.__main__ import HEADING, README, listing
from tests.fresh import python

ROOT = Path(__file__).parents[2]
TEXT = README.read_text(encoding="utf-8")


def test_the_list_is_up_to_date() -> None:
    assert TEXT[TEXT.index(HEADING) :] == listing(), "run python -m minigrad.ops --write"


def test_every_operation_is_listed_once_with_its_formula() -> None:
    rows = re.findall(r"^\| `(\w+)\(.*\)` \| (.+) \| (.+) \| `(.+)` \|$", listing(), re.MULTILINE)
    assert sorted(row[0] for row in rows) == sorted(minigrad.ops.NAMES)
    found = {row[0]: row[1:] for row in rows}
    assert found["mul"] == ("a ⊙ b, elementwise", "a and b broadcast against each other", "g ⊙ b, g ⊙ a")
    assert found["softsign"] == (r"x / (1 + \|x\|)", "any", r"g / (1 + \|x\|)²")
    assert found["gather"][1] == "table (V, D), rows (n,) → (n, D)"


def test_every_file_of_the_room_is_named() -> None:
    files = {path.name for path in README.parent.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {name for name in files if name not in TEXT} == set()


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-X", "utf8", "-m", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_prints_the_list(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert python(["-m", "minigrad.ops"], tmp_path / "run").stdout == listing()


@pytest.mark.slow
def test_an_operation_is_added_as_the_page_says(tmp_path: Path) -> None:
    for folder in ("minigrad", "models", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    example = re.search(r"^@mg\.primitive\(\)\ndef hypot.*?^\)\n", TEXT, re.MULTILINE | re.DOTALL)
    row = re.search(r"^ +_pair\(.*\n", TEXT, re.MULTILINE)
    assert example is not None
    assert row is not None
    file, table = tmp_path / "minigrad/ops/arithmetic.py", tmp_path / "tests/minigrad/op_table.py"
    text = file.read_text("utf-8").replace('__all__ = ["add", ', '__all__ = ["add", "hypot", ')
    file.write_text(f"{text}\n\n{example[0].replace('@mg.', '@')}", "utf-8")
    head = "TABLE: tuple[Row, ...] = (\n"
    table.write_text(table.read_text("utf-8").replace(head, head + row[0]), "utf-8")
    run(tmp_path, "minigrad.ops", "--write")
    tests = [f"tests/minigrad/test_ops{name}.py" for name in ("", "_page")]
    passed = re.findall(
        r"(\d+) passed", run(tmp_path, "pytest", "-q", "-k", "hypot or every or list", *tests)
    )
    assert int(passed[0]) > 10
    assert "`hypot(a, b)`" in (tmp_path / "minigrad/ops/README.md").read_text("utf-8")
