"""Stored rows are those of today's code: their settings come back, and the same runs are planned."""

from __future__ import annotations

import argparse
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from experiments.paper import settings as paper
from experiments.paper.ablation import ablation_jobs
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.sentiment import command as sentiment
from experiments.sentiment import settings as sentiment_settings
from experiments.sentiment.data import Treebank
from experiments.studies import agreement, copy, count, remedies, spectrum, tasks
from experiments.studies.remedies.settings import RemedySettings
from experiments.studies.remedies.trials import TRIAL_STUDY
from experiments.sweep import finished, from_json, to_json
from experiments.sweep.job import run_id
from experiments.sweep.output import RESULTS

SETTINGS = {
    "paper": paper.Settings,
    "ablate": paper.Settings,
    "sentiment": sentiment_settings.Settings,
    "beyond/remedies": RemedySettings,
    "beyond/remedies-trials": RemedySettings,
}


@cache
def _stored(folder):
    return finished(RESULTS / folder)


def _sentiment():
    """Plan on the treebank that the rows tell of, which nobody needs to have."""
    treebank = Treebank({"train": []}, _stored("sentiment")[0].settings["treebank"])
    options = {"scale": "paper", "treebank": Path(), "vectors": None, "seed": 0, "cell": None, "runs": None}
    return sentiment.jobs(treebank, argparse.Namespace(**options))


# The runs that each command plans at --scale paper and otherwise default options.
PLANNED = {
    "paper": lambda: chain.from_iterable(experiment_jobs(e, "paper") for e in EXPERIMENTS),
    "ablate": lambda: ablation_jobs("paper"),
    "sentiment": _sentiment,
} | {
    f"beyond/{study.name}": lambda study=study: study.jobs("paper", 0, None)
    for study in (
        *(module.STUDY for module in (agreement, copy, count, remedies, spectrum, tasks)),
        TRIAL_STUDY,
    )
}


def test_no_folder_of_rows_is_left_out():
    folders = {path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("runs")}
    assert set(PLANNED) == folders


@pytest.mark.parametrize("folder", PLANNED)
def test_stored_settings_come_back_the_same_and_name_their_file(folder):
    runs = _stored(folder)
    names = [run_id(run.name, run.settings) for run in runs]
    assert sorted(names) == sorted(path.stem for path in (RESULTS / folder / "runs").iterdir())
    for run in runs if folder in SETTINGS else ():
        again = to_json(from_json(SETTINGS[folder], run.settings))
        assert list(again.items()) == list(run.settings.items()), run.name  # in the same order, too


@pytest.mark.parametrize("folder", PLANNED)
def test_the_runs_that_a_command_plans_are_those_that_are_stored(folder):
    planned = list(PLANNED[folder]())
    assert sorted(job.id for job in planned) == sorted(
        path.stem for path in (RESULTS / folder / "runs").iterdir()
    )
