"""What models/cells/README.md says of a cell of one's own, done as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.fresh import python

ROOT = Path(__file__).parents[2]
PAGE = (
    (ROOT / "models" / "cells" / "README.md").read_text(encoding="utf-8").partition("## How to add a cell")[2]
)
MINE, USE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[:2]
COMMANDS = re.findall(r"^python (-m .*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's file, and what its example leaves there."""
    path = tmp_path_factory.mktemp("own")
    (path / "mine.py").write_text(MINE, encoding="utf-8")
    done = python(["-c", USE], path)
    assert done.returncode == 0, done.stderr
    return path


def test_there_are_a_picture_a_graph_and_an_experiment() -> None:
    kinds = [" ".join(command.split()[1:3]) for command in COMMANDS]
    assert kinds == ["viz tree", "viz graph", "experiments gradient", "experiments figures"]
    assert len(MINE.splitlines()) <= 20


@pytest.mark.parametrize("command", [command for command in COMMANDS if "viz" in command])
def test_its_pictures_are_drawn(command: str, folder: Path) -> None:
    done = python(shlex.split(command), folder)
    assert done.returncode == 0, done.stderr
    if "-o" in command:
        assert "<svg" in (folder / done.stdout.strip()).read_text(encoding="utf-8")
    else:
        assert "sigmoid" in done.stdout


def test_the_experiment_takes_it(folder: Path) -> None:
    assert "mine.Minimal" in _experiment(folder, "--dry-run")
    assert not (folder / "rows").exists()


@pytest.mark.slow
def test_the_experiment_trains_it_and_viz_draws_what_it_keeps(folder: Path) -> None:
    assert "1 of 1 runs are finished" in _experiment(folder, "--runs", "1")
    (model,) = (folder / "rows" / "models").glob("gradient-03-mine.Minimal-1-*.npz")
    command = ["-m", "viz", "tree", "(1 (7) (2))", "--model", str(model), "--cell", "mine:Minimal"]
    done = python(command, folder)
    assert done.returncode == 0, done.stderr


def _experiment(folder: Path, *more: str) -> str:
    """Run the page's experiment; return what it printed."""
    (command,) = (command for command in COMMANDS if "gradient" in command)
    done = python([*shlex.split(command), *more, "--out", str(folder / "rows")], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout
