"""``python -m experiments beyond``: every study into its folder, and the page that shows them."""

from __future__ import annotations

import dataclasses
import re
import types
from importlib import import_module
from pathlib import Path

import pytest

from experiments import sweep
from experiments.__main__ import COMMANDS, main
from experiments.commands import beyond
from experiments.studies import STUDIES, study
from experiments.sweep import figures
from experiments.sweep.output import RESULTS
from tests.experiments.studies import pretend_study

NAMES = ("first", "second")


def _studies(monkeypatch, **changes):
    """Put two pretended studies in the place of all; their runs are told apart by their names."""
    modules = {
        f"experiments.studies.{name}": types.SimpleNamespace(
            STUDY=dataclasses.replace(pretend_study.STUDY, name=name, **changes.get(name, {})),
            __doc__=f"What is {name}?\n\nMore.\n",
        )
        for name in NAMES
    }
    monkeypatch.setattr(beyond, "STUDIES", NAMES)
    monkeypatch.setattr(beyond, "import_module", modules.__getitem__)


@pytest.fixture(autouse=True)
def here(monkeypatch, in_process):
    """Figures are those that the page shows."""
    monkeypatch.setattr(figures, "FORMATS", ("png",))
    yield
    pretend_study.FAILING.clear()


def _beyond(out, *options):
    return main(["beyond", "--out", str(out), *options])


def _page(out: Path) -> str:
    return (out / "README.md").read_text(encoding="utf-8")


def test_every_study_goes_into_its_folder_and_onto_the_page(tmp_path, monkeypatch, capsys):
    _studies(monkeypatch, second={"summary": lambda runs: f"# Told\n\nOf {len(runs)} #1 runs.\n"})
    assert _beyond(tmp_path / "out", "--runs", "2") == 0
    for name in NAMES:
        assert [run.name for run in sweep.finished(tmp_path / "out" / name)] == [
            f"{name}/RNN/1", f"{name}/RNN/2",
        ]  # fmt: skip
    page = _page(tmp_path / "out")
    first, second = page.split("\n## ")[1:]
    summary = (tmp_path / "out/first/summary.md").read_text()
    assert first.startswith("first\n\nWhat is first?\n\n![")
    assert first.endswith(f"\n\n{summary}")
    assert second.endswith("\n\n### Told\n\nOf 2 #1 runs.\n")  # a heading of its own goes below the page's
    images = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert images == [f"{name}/figures/losses.png" for name in NAMES]
    assert all((tmp_path / "out" / image).read_bytes().startswith(b"\x89PNG") for image in images)
    printed = capsys.readouterr().out
    assert printed.index("first (1 of 2)") < printed.index(summary) < printed.index("second (2 of 2)")


def test_a_failed_study_keeps_none_from_being_done_and_its_code_is_returned(tmp_path, monkeypatch):
    _studies(monkeypatch)
    assert _beyond(tmp_path) == 0
    pretend_study.FAILING.add(2)
    one = lambda scale, seed, run: pretend_study.grid(scale, seed, run) if run == 1 else ()  # noqa: E731
    _studies(monkeypatch, second={"grid": one})
    assert _beyond(tmp_path, "--runs", "2") == 1
    page = _page(tmp_path)
    assert "What is first?\n\nSome of its runs have failed; `python -m experiments first`" in page
    assert "first/figures" not in page  # what is there was drawn of fewer runs
    assert "second/figures/losses.png" in page


def test_a_dry_run_lists_the_runs_of_all_and_writes_nothing(tmp_path, monkeypatch, capsys):
    _studies(monkeypatch)
    assert _beyond(tmp_path / "out", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert printed.count("1 of 1 runs to do") == 2
    assert not (tmp_path / "out").exists()


def test_runs_with_other_settings_are_refused_before_any_study_begins(tmp_path, monkeypatch, capsys):
    _studies(monkeypatch)
    assert main(["beyond", "--out", str(tmp_path), "--runs", "1"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix}
    for path in (tmp_path / "first").rglob("*"):
        if path.is_file():
            path.unlink()  # it could be done again
            before.pop(path, None)
    assert _beyond(tmp_path, "--seed", "1") == 2
    assert "second/RNN/1: seed [0, 1] stored, [1, 1] now" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix} == before


def test_what_is_finished_is_shown_if_a_later_study_is_interrupted(tmp_path, monkeypatch, capsys):
    def interrupted(runs):
        raise KeyboardInterrupt

    _studies(monkeypatch, second={"figures": interrupted})
    assert _beyond(tmp_path) == 130
    page = _page(tmp_path)
    assert "first/figures/losses.png" in page
    assert page.endswith("What is second?\n\nNot done yet; `python -m experiments second` goes on with it.\n")


def test_the_page_that_is_committed_is_that_of_the_committed_summaries(tmp_path):
    for name in STUDIES:
        (tmp_path / name).symlink_to(RESULTS / "beyond" / name)
    beyond.write_page(tmp_path, "paper")
    assert _page(tmp_path) == (RESULTS / "beyond" / "README.md").read_text(encoding="utf-8")


def test_each_scale_has_its_folder(monkeypatch):
    _studies(monkeypatch)
    seen = []
    monkeypatch.setattr(study.Study, "run", lambda each, args: seen.append(args.out) or 0)
    main(["beyond", "--dry-run"])
    main(["beyond", "--dry-run", "--scale", "paper"])
    folders = [RESULTS / "beyond-smoke", RESULTS / "beyond"]
    assert seen == [folder / name for folder in folders for name in NAMES]


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_a_command_of_its_name(name):
    found, module = beyond.find(name), import_module(f"experiments.studies.{name}")
    assert isinstance(found, study.Study)
    assert found.name == name
    assert name in COMMANDS
    assert module.__doc__
    assert callable(module.run)
    for scale in ("smoke", "paper"):
        jobs = list(found.jobs(scale, 0, None))
        assert len({job.name for job in jobs}) == len(jobs) > 0
        assert all(job.name.split("/")[0] == name for job in jobs)
        assert len({job.name for job in found.jobs(scale, 0, 1)}) <= len(jobs)


def test_no_study_is_left_out():
    folder = Path(study.__file__).parent
    names = {
        path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    modules = {
        name: import_module(f"experiments.studies.{name}") for name in names - {"__init__", "template"}
    }
    assert set(STUDIES) == {name for name, module in modules.items() if hasattr(module, "STUDY")}
