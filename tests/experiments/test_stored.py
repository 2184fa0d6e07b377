"""Stored rows are those of today's code: the same runs with the same settings, and the same summaries."""

from __future__ import annotations

import argparse
from functools import cache
from itertools import chain
from types import SimpleNamespace

import pytest

from experiments.commands import sentiment as sentiment_command
from experiments.paper import claims, error_vectors, memory, success
from experiments.paper.ablation import ablation_jobs, table
from experiments.paper.beside import beside
from experiments.paper.causes import report as causes_report
from experiments.paper.causes import trials
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.paper.named import NAMED, USUAL, Rows
from experiments.paper.stored import Stored
from experiments.paper.why import mechanism, mechanism_page, report
from experiments.paper.why.found import Found
from experiments.paper.why.plan import SEED, Plan
from experiments.sentiment import command as sentiment
from experiments.sentiment.data import Treebank
from experiments.studies import agreement, copy, count, remedies, spectrum, tasks
from experiments.studies.layers import study as layers
from experiments.studies.remedies.trials import TRIAL_STUDY
from experiments.studies.text import study as text
from experiments.sweep import finished, from_json
from experiments.sweep.output import RESULTS

STUDIES = (
    *(module.STUDY for module in (agreement, copy, count, remedies, spectrum, tasks)),
    TRIAL_STUDY,
)


@cache
def _stored(folder):
    return finished(RESULTS / folder)


CELLS = ("--runs", "5", "--cell", "TreeLSTM", "--cell", "RLSTM", "--cell", "RNTN")


def _sentiment(folder, *options):
    """Plan on the treebank that the rows tell of, which nobody needs to have."""
    treebank = Treebank({"train": []}, _stored(folder)[0].settings["treebank"])
    parser = argparse.ArgumentParser()
    sentiment_command.add_arguments(parser)
    return sentiment.jobs(treebank, parser.parse_args(["--scale", "paper", "--treebank", ".", *options]))


def _text():
    """Plan on the corpora that the rows tell of, which nobody needs to have."""
    for run in _stored("text"):
        if run.name.endswith("/baselines"):
            told = {name: run.settings[name] for name in ("version", "hash")}
            corpus = SimpleNamespace(
                name=run.settings["corpus"], sizes={"train": run.work}, parts={"train": ()}, **told
            )
            yield from text.corpus_jobs(corpus, None, "paper", 0, text.RUNS["paper"])


def _paper(rows):
    options = {"seed": rows.seed, "changes": NAMED[rows.name], "dev_ratios": rows.dev_ratios}
    jobs = list(chain.from_iterable(experiment_jobs(e, "paper", **options) for e in EXPERIMENTS))
    if rows == Rows(USUAL):
        jobs += experiment_jobs("length", "paper", runs=LENGTH_RUNS, **options)
    return jobs


# Settings under which the paper's experiments are stored, and runs of Experiment 1 with those without a name.
ROWS = [
    *(Rows(name, seed) for name in (USUAL, "chosen-separate", "first-run") for seed in (0, 79)),
    Rows("authors-1e-3", 79),
    Rows("authors-1e-4", 79),
]
LENGTH_RUNS = 20

# The runs that each command plans at --scale paper, and otherwise with default options but for `CELLS`.
PLANNED = {
    **{rows.folder.name: lambda rows=rows: _paper(rows) for rows in ROWS},
    **{
        rows.ablation.name: lambda rows=rows: ablation_jobs("paper", seed=rows.seed, changes=NAMED[rows.name])
        for rows in ROWS
    },
    "causes": lambda: trials.jobs("paper"),
    "why-mechanism": lambda: mechanism.jobs("paper", SEED),
    "sentiment": lambda: _sentiment("sentiment"),
    "sentiment-cells": lambda: _sentiment("sentiment-cells", *CELLS),
    "layers": lambda: layers.STUDY.jobs("paper"),
    "text": _text,
} | {f"beyond/{study.name}": lambda study=study: study.jobs("paper", 0, None) for study in STUDIES}


# Folders whose runs are in one table.
PACKED = {of.name for rows in ROWS for of in (rows.folder, rows.ablation) if rows != Rows("first-run")} | {
    "causes",
    "text",
    "why-mechanism",
}


def test_no_folder_of_rows_is_left_out():
    folders = {path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("manifest.json")}
    assert {*PLANNED, "why"} == folders  # what "why" plans depends on its rows
    tables = {path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("runs.jsonl.xz")}
    assert {*PACKED, "why"} == tables


@pytest.mark.parametrize("folder", [folder for folder in PLANNED if folder not in PACKED])
def test_files_are_named_by_what_is_in_them(folder):
    files = {path.stem for path in (RESULTS / folder / "runs").iterdir()}
    assert {run.id for run in _stored(folder)} == files


@pytest.mark.parametrize(
    "folder", [pytest.param(f, marks=pytest.mark.slow if f.endswith("-79") else ()) for f in PLANNED]
)
def test_the_runs_that_a_command_plans_are_those_that_are_stored(folder):
    planned, stored = ({run.name: run for run in runs} for runs in (PLANNED[folder](), _stored(folder)))
    assert planned.keys() == stored.keys()
    for name, run in stored.items():
        job = planned[name]
        assert job.id == run.id
        assert job.json == run.settings
        assert from_json(type(job.settings), run.settings) == job.settings
        assert job.work in (run.work, 0)  # there is no treebank here


SUMMARIES = {f"beyond/{study.name}": study.summary for study in STUDIES} | {
    "layers": layers.STUDY.summary,
    "text": text.summary,
}


@pytest.mark.parametrize("folder", SUMMARIES)
def test_summaries_are_those_of_the_stored_runs(folder):
    stored = (RESULTS / folder / "summary.md").read_text(encoding="utf-8")
    assert SUMMARIES[folder](_stored(folder)).strip() + "\n" == stored


@pytest.mark.slow  # intervals of thousands of resamples; rule and page have tests of their own
def test_rows_and_page_of_the_study_why_are_those_of_its_plan():
    plan, found = Plan("paper"), Found(_stored("why"))
    done = report.finished(plan, found)
    planned = {
        job.name: job for part in [*done, *plan.parts[len(done) :][:1]] for job in plan.jobs(part, found)
    }
    assert done
    for name, run in found.runs.items():
        assert planned[name].id == run.id
        assert planned[name].json == run.settings
    assert report.page(plan, found) == (RESULTS / "why" / "why.md").read_text(encoding="utf-8")


def test_the_page_of_the_causes_is_that_of_the_stored_runs():
    stored = (RESULTS / "causes" / "causes.md").read_text(encoding="utf-8")
    assert causes_report.page(_stored("causes"), trials.SEED) == stored


def test_the_page_of_the_mechanism_is_that_of_the_stored_runs():
    stored = (RESULTS / "why-mechanism" / "why.md").read_text(encoding="utf-8")
    assert mechanism_page.page(_stored("why-mechanism")) + "\n" == stored


@pytest.mark.parametrize(
    "rows",
    [pytest.param(rows, marks=() if rows == Rows(USUAL) else pytest.mark.slow) for rows in ROWS],
    ids=lambda rows: rows.title,
)
def test_tables_of_the_paper_are_those_of_the_stored_runs(rows, monkeypatch):
    paper, written = rows.folder, {}
    monkeypatch.setattr(claims, "write_text", lambda path, text: written.update({path.name: text}))
    assert claims.tell(paper, rows.ablation, write=True) == 0
    assert set(written) == {"claims.md", "claims.json"}
    stored = Stored(_stored(paper.name))
    written |= {of.FILE: of.table(stored) for of in (success, error_vectors, memory)}
    for name, told in written.items():
        assert told == ((paper / name).read_text(encoding="utf-8") if told else ""), name
        assert (paper / name).exists() == bool(told)
    ablate = table(list(PLANNED[rows.ablation.name]()), _stored(rows.ablation.name))
    assert ablate == (rows.ablation / "ablate.md").read_text(encoding="utf-8")


def test_the_claims_under_all_settings_are_those_of_the_stored_runs():
    stored = (RESULTS / "paper" / "beside.md").read_text(encoding="utf-8")
    assert beside(ROWS) + "\n" == stored


def test_the_verdicts_in_the_readme_are_those_of_all_settings():
    page = (RESULTS.parent / "paper" / "README.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    (head,) = [line for line in cells if line[:2] == ["#", "the paper says"]]
    assert [title.replace("*", "") for title in head[3:]] == [f"{rows.name}, {rows.seed}" for rows in ROWS]
    told = {line[0]: line[3:] for line in cells if line[0].isdecimal() and len(line) == len(head)}
    marks = {"holds": "✓", "partly": "~", "does not hold": "✗"}
    stored = (RESULTS / "paper" / "beside.md").read_text(encoding="utf-8")
    decided = [line.strip("| ").split(" | ") for line in stored.splitlines() if line.startswith("| ")][1:]
    assert len(decided) == len(told) == len(claims.CLAIMS)
    for id, _, *verdicts in decided:
        assert told[id] == [marks[verdict] for verdict in verdicts], id
