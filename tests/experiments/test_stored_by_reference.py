"""Every figure of stored rows, and every text that commands print of them, beside its reference.

The rows are the committed ones, and the same with their results dealt out anew, so that verdicts turn out the
other way. A wanted change: ``REWRITE_REFERENCES=1 python -m pytest`` and this file's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from experiments.commands import beyond
from experiments.paper import claims, figures
from experiments.paper.criteria import CLAIMS, Evidence
from experiments.paper.stored import Stored
from experiments.sentiment import report
from experiments.sentiment.figures import ratio_figure
from experiments.sentiment.polarity import polarity
from experiments.studies import STUDIES
from experiments.studies.layers import study as layers
from experiments.studies.remedies.trials import TRIAL_STUDY
from experiments.sweep import Run, finished
from experiments.sweep.output import RESULTS
from tests.references import assert_reference
from tests.viz.figure_text import figure_text

MADE = {
    name: study
    for name, study in {
        **{name: beyond.find(name) for name in STUDIES},
        TRIAL_STUDY.name: TRIAL_STUDY,
    }.items()
    if (RESULTS / "beyond" / name / "runs").is_dir()
}
FOLDERS = {**{name: f"beyond/{name}" for name in MADE}, "layers": "layers"}
MADE["layers"] = layers.STUDY


@cache
def _stored(folder: str) -> tuple[Run, ...]:
    return tuple(finished(RESULTS / folder))


def _check(name: str, text: str) -> None:
    assert_reference(f"experiments/references/{name}.txt", text)


def _dealt_anew(runs: Sequence[Run]) -> list[Run]:
    """Return the runs with rows and results of others that measured the same things."""
    alike: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        alike.setdefault((*sorted(run.result), *sorted(run.rows[-1] if run.rows else ())), []).append(run)
    dealt = {run.name: other for of in alike.values() for run, other in zip(of, of[::-1], strict=True)}
    return [replace(run, rows=dealt[run.name].rows, result=dealt[run.name].result) for run in runs]


@pytest.mark.parametrize("name", MADE)
def test_figures_of_a_study(name: str) -> None:
    drawn = MADE[name].figures(_stored(FOLDERS[name]))
    for figure, of in drawn.items():
        _check(f"figure-{name}-{figure}", figure_text(of))


@pytest.mark.parametrize("name", MADE)
def test_what_a_study_says_of_other_results(name: str) -> None:
    runs = _stored(FOLDERS[name])
    _check(f"dealt-{name}", MADE[name].summary(_dealt_anew(runs)))
    _check(f"single-{name}", MADE[name].summary([run for run in runs if run.name.endswith("/1")]))


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_figures_of_the_paper(n: int) -> None:
    ((suffix, drawing),) = figures.drawings(Stored(_stored("paper")), n).items()
    assert suffix == ""
    _check(f"figure-{n}", figure_text(drawing.figure(width=figures.WIDTHS["-column"])))


@pytest.mark.parametrize("dealt", [False, True], ids=["as stored", "dealt anew"])
def test_what_claims_says_in_a_terminal(dealt: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    rows = [_stored("paper"), _stored("ablate")]
    runs, ablation = (_dealt_anew(of) if dealt else of for of in rows)
    evidence = Evidence(Stored(runs), Stored(ablation if not dealt else ()), None)
    decided = [(claim, claim.decide(evidence)) for claim in CLAIMS]
    _check(f"claims-{'dealt' if dealt else 'stored'}",
           claims.as_text(decided, evidence, Path("out"), Path("ablate")))  # fmt: skip


def test_the_table_of_sentiment_and_its_figure() -> None:
    runs = _stored("sentiment")
    shares = {"root_fine": 0.3, "root_binary": 0.5, "all_fine": 0.25, "all_binary": None}
    majority = {"test": shares, "dev": {**shares, "root_fine": 0.28}}
    _check("sentiment", report.as_markdown(runs, majority, 5, polarity(5, None)))
    table = (RESULTS / "sentiment" / "sentiment.md").read_text(encoding="utf-8").splitlines()
    ours = report.as_markdown(runs, majority, 5, polarity(5, None)).splitlines()
    guess = f"| {report.MAJORITY} |"
    assert [line for line in ours if not line.startswith(guess)] == [
        line for line in table if not line.startswith(guess)
    ]
    _check("figure-sentiment", figure_text(ratio_figure(runs)))


def test_the_page_of_all_studies(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {}
    monkeypatch.setattr(beyond, "write_text", lambda path, text: written.update({path: text}))
    monkeypatch.setattr(beyond, "writable_folder", lambda path: path)
    beyond.write_page(RESULTS / "beyond", "paper")
    ((path, text),) = written.items()
    assert path == RESULTS / "beyond" / "README.md"
    assert text == path.read_text(encoding="utf-8")
