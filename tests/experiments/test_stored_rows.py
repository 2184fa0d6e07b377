"""The rows in `experiments/results` are those that the commands would make: same names, settings and ids."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pytest

from experiments import sweep
from experiments.paper.ablation import ablation_jobs
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.sentiment.settings import MODELS, SCALES, run_settings
from experiments.studies.remedies.trials import TRIAL_STUDY
from experiments.sweep.output import RESULTS

STUDIES = ("agreement", "copy", "count", "remedies", "spectrum", "tasks")


def _study(name):
    return TRIAL_STUDY if name == "remedies-trials" else import_module(f"experiments.studies.{name}").STUDY


@cache
def _stored(folder):
    return sweep.finished(RESULTS / folder)


def _sentiment():
    for run in _stored("sentiment"):
        _, model, number = run.name.split("/")
        assert model in MODELS
        treebank = run.settings["treebank"]
        settings = run_settings(model, int(number), scale=SCALES["paper"], seed=0, treebank=treebank)
        yield sweep.Job(run.name, settings, run.work, "nobody:calls")


JOBS = {
    "paper": lambda: (job for name in EXPERIMENTS for job in experiment_jobs(name, "paper")),
    "ablate": lambda: ablation_jobs("paper"),
    "sentiment": _sentiment,
    **{
        f"beyond/{name}": lambda name=name: _study(name).jobs("paper", 0, None)
        for name in (*STUDIES, "remedies-trials")
    },
}


@pytest.mark.parametrize("folder", JOBS)
def test_stored_runs_are_the_jobs_of_today(folder):
    stored = {run.name: run for run in _stored(folder)}
    jobs = {job.name: job for job in JOBS[folder]()}
    assert stored.keys() == jobs.keys()
    for name, run in stored.items():
        assert run.id == jobs[name].id
        assert run.work == jobs[name].work
        assert jobs[name].json == run.settings


def test_files_are_named_by_what_is_in_them():
    for folder in JOBS:
        assert {path.stem for path in (RESULTS / folder / "runs").iterdir()} == {
            run.id for run in _stored(folder)
        }


@pytest.mark.parametrize("name", [*STUDIES, "remedies-trials"])
def test_summaries_are_those_of_the_stored_runs(name):
    folder = f"beyond/{name}"
    stored = (RESULTS / folder / "summary.md").read_text(encoding="utf-8")
    assert _study(name).summary(_stored(folder)).strip() + "\n" == stored
