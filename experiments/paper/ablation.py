"""The settings that `ablate` tries, one factor at a time around the defaults, and the table of results.

Work of the grid, in inner tree nodes of one epoch (10,000 trees): 245,000 for 21–30 tokens, 45,000 for 1–10.
RLSTM: 11 settings × 3 runs × about 20 epochs, where separate leaf weights cost as much as three settings:
190 million nodes, at 4 µs 13 minutes of one core. RNN: 7 settings × 5 runs × about 10 epochs on both
datasets: 100 million nodes, at 1 µs, with minibatches of 5 and D 100 among them, 4 minutes of one core.
Together, on two cores, 9 minutes; 12 if early stopping comes late.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import models
from experiments.paper import grids
from experiments.paper.datasets import majority
from experiments.paper.settings import BATCH, BATCH_OF_OTHERS, SCALES, Settings, run_settings
from experiments.sweep import Job, Run, from_json, wording
from experiments.training.evaluation import MAJORITY
from models.cells import is_chain_cell

HEAD = """\
| model | question | setting | tokens | dev accuracy of each run, % | median | epochs |
|---|---|---|---|---|---|---|"""
MAX_EPOCHS = 30  # enough to see that a setting is better
SEARCH_RUNS = 3


@dataclass(frozen=True)
class Question:
    """Settings of one model that are compared, each as its changes to the defaults.

    Attributes
    ----------
    name : str
    model : str
        "RNN" or "RLSTM", or another cell, as `models.cell` takes it.
    datasets : tuple of int
        Of Experiment 1.
    runs : int
    settings : dict
        Changes by the setting's name.
    """

    name: str
    model: str
    datasets: tuple[int, ...]
    runs: int
    settings: Mapping[str, Mapping[str, Any]]


def _rlstm(name: str, **settings: Mapping[str, Any]) -> Question:
    return Question(name, "RLSTM", (3,), SEARCH_RUNS, settings)


def _rnn(name: str, **settings: Mapping[str, Any]) -> Question:
    return Question(name, "RNN", (1, 3), 5, settings)


def _l2(value: float) -> dict[str, float]:
    return {"l2": value, "l2_words": value, "l2_classifier": value}


QUESTIONS = (
    _rlstm("default", default={}),
    _rlstm("l2", **{"0": _l2(0.0), "1e-4": _l2(1e-4), "3e-4": _l2(3e-4), "3e-3": _l2(3e-3)}),
    _rlstm("first_step", sgd={"first_step": "sgd"}),
    _rlstm("eps", **{"1e-4": {"eps": 1e-4}}),
    _rlstm("leaf_weights", separate={"leaf_weights": "separate"}),
    _rlstm("init", **{"glorot": {"init": "glorot"}, "uniform_0.1": {"init": "uniform_0.1"}}),
    _rlstm("shape", uniform_shape={"shape": "uniform_shape"}),
    # What the paper says makes no difference (section 3.1, claim 21).
    _rnn("default", default={}),
    _rnn("lr", **{"0.01": {"lr": 0.01}, "0.1": {"lr": 0.1}}),
    _rnn("batch", by_5={"batch": 5}, by_50={"batch": 50}),
    _rnn("D", D25={"D": 25}, D100={"D": 100}),
)


def questions(cell: str) -> Iterator[Question]:
    """Yield the questions for another cell, on Experiment 1's third dataset.

    Weights of leaves are settings of the paper's cells; a cell of sequences does not see the tree's shape.
    """
    settings: dict[str, Mapping[str, Any]] = {"default": {"default": {}}}
    settings |= {q.name: q.settings for q in QUESTIONS if q.name not in ("default", "leaf_weights", "batch")}
    if is_chain_cell(models.cell(cell)):
        del settings["shape"]
    usual = BATCH.get(cell, BATCH_OF_OTHERS)
    settings["batch"] = {f"by_{n}": {"batch": n} for n in (5, 20, 50) if n != usual}
    for name, tried in settings.items():
        yield Question(name, cell, (3,), SEARCH_RUNS, tried)


def ablation_jobs(
    scale: str,
    *,
    seed: int = 0,
    runs: int | None = None,
    cells: Sequence[str] = (),
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Job]:
    """Yield all runs, on data and seeds that no run of the paper's experiments has.

    Parameters are those of `experiment_jobs`; without `cells` it is `QUESTIONS` that are asked.
    """
    asked = [question for cell in cells for question in questions(cell)] if cells else QUESTIONS
    size = SCALES[scale]
    size = replace(size, max_epochs=min(size.max_epochs, MAX_EPOCHS))
    for question in asked:
        for setting, tried in question.settings.items():
            all_changes = {**(changes or {}).get(question.model, {}), **tried}
            for dataset in question.datasets:
                for run in range(1, (runs or min(question.runs, size.runs)) + 1):
                    settings = run_settings(
                        "ablate", dataset, question.model, run, scale=size, seed=seed, **all_changes
                    )
                    cell = question.model.replace(":", ".")
                    name = f"ablate/{question.name}/{setting}/{dataset:02}/{cell}/{run}"
                    yield grids.job(name, settings)


def table(jobs: Sequence[Job], runs: Sequence[Run]) -> str:
    """Return the best dev accuracies of every setting, run by run, as a table in Markdown.

    A dash stands for a run that is not finished, because it failed. The last lines are the accuracies of
    always answering the most frequent class, one for every dataset.
    """
    finished = {run.name: run for run in runs}
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[job.name.rpartition("/")[0]].append(job)
    lines = []
    for name, members in groups.items():
        _, question, setting, _, model = name.split("/")
        shortest, longest = members[0].json["lengths"]
        there = [finished[job.name] for job in members if job.name in finished]
        dev = {run.name: 100 * run.result["dev_accuracy"] for run in there}
        each = " ".join(f"{dev[job.name]:.1f}" if job.name in dev else "–" for job in members)
        median = f"{statistics.median(dev.values()):.1f}" if dev else "–"
        epochs = f"{statistics.fmean(run.epochs for run in there):.0f}" if there else "–"
        lines.append([model, question, setting, f"{shortest}–{longest}", each, median, epochs])
    for settings in {of.dataset: of for of in (from_json(Settings, job.json) for job in jobs)}.values():
        shortest, longest = settings.lengths
        share = f"{100 * majority(settings, 'dev'):.1f}"
        lines.append(["–", MAJORITY, "–", f"{shortest}–{longest}", "–", share, "–"])
    return wording.table(HEAD, lines) + "\n"
