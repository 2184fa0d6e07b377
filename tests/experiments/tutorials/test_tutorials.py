"""Tutorials print what they say, are short, and their notebooks are those of the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.tutorials import page
from experiments.tutorials.__main__ import main
from experiments.tutorials.page import cells, examples, lines
from tests.fresh import python

PAGES = page.tutorials()
QUICK = {"01-a-gradient-by-hand"}  # the others train, for some seconds each
END = "\x1e"  # printed behind each example
IDS = [path.stem for path in PAGES]


def stored(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def printed(cell: dict[str, Any]) -> str:
    return "".join("".join(output["text"]) for output in cell["outputs"] if "text" in output)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem in QUICK else pytest.mark.slow)
        for path in PAGES
    ],
)
def test_a_tutorial_prints_what_it_says(path: Path, tmp_path: Path) -> None:
    """Its examples run one after another, as a reader pastes them; warnings are errors."""
    wanted = examples(path.read_text(encoding="utf-8"))
    code = "".join(f"{example.code}\nprint({END!r})\n" for example in wanted)
    (tmp_path / "run").mkdir()
    run = python(["-c", code], tmp_path / "run", strict=True)
    assert run.returncode == 0, run.stderr
    *found, rest = run.stdout.split(f"{END}\n")
    assert [lines(one) for one in found] == [lines(example.output) for example in wanted]
    assert not rest


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_a_tutorial_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200


def test_tutorials_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.name[:2]) for path in PAGES] == list(range(1, len(PAGES) + 1))
    listed = (page.HERE / "README.md").read_text(encoding="utf-8")
    for path in PAGES:
        assert f"({path.name})" in listed
        assert f"({path.stem}.ipynb)" in listed


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_a_notebook_has_the_text_and_code_of_its_page_and_prints_the_same(path: Path) -> None:
    text, notebook = path.read_text(encoding="utf-8"), stored(path)
    again = f"python -m experiments.tutorials {path.name[:2]} makes it anew"
    found = [(cell["cell_type"], source(cell)) for cell in notebook["cells"]]
    assert found == cells(text), again
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell, example in zip(code, examples(text), strict=True):
        assert lines(printed(cell)) == lines(example.output), again
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_a_notebook_shows_pictures_and_no_error(path: Path) -> None:
    """A picture is a PNG, which is shown where a notebook is not trusted, too."""
    outputs = [output for cell in stored(path)["cells"] for output in cell.get("outputs", [])]
    kinds = {output["output_type"] for output in outputs}
    assert kinds <= {"stream", "execute_result", "display_data"}
    assert {output["name"] for output in outputs if output["output_type"] == "stream"} <= {"stdout"}
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.slow
def test_the_command_makes_the_stored_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """Up to the pictures' pixels, which depend on the fonts and the rounding of a machine."""
    pytest.importorskip("nbclient", reason='needs the extra "notebooks"')
    pytest.importorskip("ipykernel", reason='needs the extra "notebooks"')
    path = next(path for path in PAGES if path.stem in QUICK)
    (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(page, "HERE", tmp_path)
    assert main(["01"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / path.stem}.ipynb\n"
    assert _without_pixels(stored(tmp_path / path.name)) == _without_pixels(stored(path))


def _without_pixels(notebook: dict[str, Any]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("metadata", {}).pop("image/png", None)
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = ""
    return notebook


@pytest.mark.slow
def test_a_page_that_says_something_else_makes_no_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    pytest.importorskip("nbclient", reason='needs the extra "notebooks"')
    pytest.importorskip("ipykernel", reason='needs the extra "notebooks"')
    monkeypatch.setattr(page, "HERE", tmp_path)
    for wrong, told in (("print(1 + 1)  # 3", "example 1 printed\n2"), ("1 / 0", "ZeroDivisionError")):
        (tmp_path / "01-wrong.md").write_text(f"text\n\n```python\n{wrong}\n```\n", encoding="utf-8")
        assert main([]) == 1
        assert told in capsys.readouterr().err
        assert not (tmp_path / "01-wrong.ipynb").exists()


def test_a_tutorial_that_is_not_there_is_refused(capsys) -> None:
    with pytest.raises(SystemExit) as left:
        main(["77"])
    assert left.value.code == 2
    assert "there is no tutorial '77'; tutorials are 01" in capsys.readouterr().err


def test_a_page_is_cut_into_cells() -> None:
    text = "# A\n\n```python\nx = 1\nprint(x)  # 1\n```\n\nthen\n\n```\na command\n```\n\n"
    text += "```python\nprint(x)\n```\n```text\n1\n```\n"
    assert cells(text) == [
        ("markdown", "# A"),
        ("code", "x = 1\nprint(x)  # 1"),
        ("markdown", "then\n\n```\na command\n```"),
        ("code", "print(x)"),
    ]
    assert [example.output for example in examples(text)] == ["1\n", "1\n"]
