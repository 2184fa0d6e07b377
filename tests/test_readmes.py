"""Every Python example in a README runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fresh import python

ROOT = Path(__file__).parent.parent
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")  # the first line of an example that is a file, for those after it
ANSWER = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)


def _examples() -> list[object]:
    found = []
    for path in sorted(ROOT.glob("**/README.md")):
        if any(part.startswith(".") for part in path.relative_to(ROOT).parts):
            continue
        files: dict[str, str] = {}
        for number, match in enumerate(EXAMPLE.finditer(path.read_text(encoding="utf-8")), 1):
            name = f"{path.relative_to(ROOT).as_posix()}-{number}"
            found.append(pytest.param(match.group(1), match.group(2), dict(files), id=name))
            if named := FILE.match(match.group(1)):
                files[named[1]] = match.group(1)
    return found


@pytest.mark.parametrize(("code", "output", "files"), _examples())
def test_readme_example_prints_its_answers(
    code: str, output: str | None, files: dict[str, str], tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # A process of its own: node numbers count from 1, and nothing is left over from other tests.
    run = python(["-c", code], tmp_path, strict=True)
    assert run.returncode == 0, run.stderr
    expected = output if output is not None else "".join(f"{answer}\n" for answer in ANSWER.findall(code))
    assert _lines(run.stdout) == _lines(expected)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


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
