"""Every Python example in a README runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.tutorials.page import Example, examples, lines
from tests.fresh import python

ROOT = Path(__file__).parent.parent
FILE = re.compile(r"# (\w+\.py)\n")  # the first line of an example that is a file, for those after it


def _examples() -> list[object]:
    found = []
    for path in sorted(ROOT.glob("**/README.md")):
        if any(part.startswith(".") for part in path.relative_to(ROOT).parts):
            continue
        files: dict[str, str] = {}
        for number, example in enumerate(examples(path.read_text(encoding="utf-8")), 1):
            name = f"{path.relative_to(ROOT).as_posix()}-{number}"
            found.append(pytest.param(example, dict(files), id=name))
            if named := FILE.match(example.code):
                files[named[1]] = example.code
    return found


@pytest.mark.parametrize(("example", "files"), _examples())
def test_readme_example_prints_its_answers(example: Example, files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # A process of its own: node numbers count from 1, and nothing is left over from other tests.
    run = python(["-c", example.code], tmp_path, strict=True)
    assert run.returncode == 0, run.stderr
    assert lines(run.stdout) == lines(example.output)


def test_examples_are_found_in_every_room() -> None:
    rooms = {str(example.id).split("/README")[0] for example in _examples()}  # type: ignore[attr-defined]
    assert rooms >= {"minigrad", "models", "viz", "experiments"}
    assert any(str(example.id).startswith("README.md") for example in _examples())  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", ["minigrad", "models", "viz", "experiments", "tests"])
def test_every_file_of_a_room_is_named_in_its_readme(room: str) -> None:
    folder = ROOT / room
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in folder.glob("*.py") if path.name != "__init__.py"}
    folders = {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert {name for name in files | folders if f"`{name}" not in readme} == set()
