"""The page: each reason, what it predicted, and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.paper import memory
from experiments.paper.causes.predictions import PREDICTIONS, Prediction, Trials
from experiments.paper.causes.trials import TRIALS, by_trial
from experiments.paper.criteria import CLAIMS, NO_ROWS, Decision, Evidence
from experiments.paper.stored import NoRows, Stored, percent
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table

GRADIENT_CLAIMS = (10, 11, 12, 13, 14, 15, 18, 19, 20)
HEAD = "| claim | predicted | came out | |\n|---|---|---|---|"


def page(runs: Sequence[Run], seed: int) -> str:
    """Return the page in Markdown, of the runs that are finished."""
    trials = by_trial(runs)
    hours = sum(run.result["timing"]["cpu_seconds"] for run in runs) / 3600
    parts = [
        "# Why claims fail under the chosen settings",
        f"Data and weights of seed {seed}; {len(runs)} runs, {hours:.1f} CPU-hours. Predictions and trials "
        "were written before their runs. B: best of a dataset's runs, M: their median.",
    ]
    for reason, predictions in PREDICTIONS.items():
        parts += [f"## {reason}", table(HEAD, [_line(one, trials) for one in predictions])]
    parts += [
        "## Experiment 3's claims in every trial",
        "By their own criteria, with the data of this seed; what no reason foretold is here to be seen, too.",
        _verdicts(trials),
    ]
    parts += ["## All trials", _accuracies(trials), *_memories(trials)]
    return "\n\n".join(parts) + "\n"


def _line(one: Prediction, trials: Trials) -> list[str]:
    try:
        met, measured = one.decide(trials)
        told = "as predicted" if met else "**not so**"
    except NoRows as missing:
        measured, told = missing.what, "no rows"
    return [", ".join(map(str, one.claims)), one.text, measured, told]


def _verdicts(trials: Trials) -> str:
    claims = [claim for claim in CLAIMS if claim.id in GRADIENT_CLAIMS]
    lines = []
    for name, trial in TRIALS.items():
        if trial.trains("gradient", "RNN"):
            decided = [claim.decide(Evidence(trials[name], Stored([]))) for claim in claims]
            lines.append([f"{name}: {trial.what}", *(_short(decision) for decision in decided)])
    head = " | ".join(str(claim.id) for claim in claims)
    return table(f"| trial | {head} |\n|---{'|---' * len(claims)}|", lines)


def _short(decision: Decision) -> str:
    return "–" if decision.verdict == NO_ROWS else decision.verdict


def _accuracies(trials: Trials) -> str:
    lines = []
    for name, trial in TRIALS.items():
        for experiment, dataset, model in trial.kinds():
            found = trials[name].found(experiment, dataset, model)
            test = [percent(run.result["test_accuracy"]) for run in found]
            told = median_range(test, "{:.1f}", "–") if test else "–"
            lines.append([f"{name}: {trial.what}", experiment, str(dataset), model, told])
    head = (
        "| trial | experiment | dataset | model | test accuracy, %: median (range) |\n|---|---|---:|---|---:|"
    )
    return table(head, lines)


def _memories(trials: Trials) -> Iterator[str]:
    for name, trial in TRIALS.items():
        if text := memory.table(trials[name]):
            yield f"### Experiment 3, {name}: {trial.what}"
            yield text.strip()
