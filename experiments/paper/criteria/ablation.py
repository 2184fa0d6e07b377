"""Claim 21: what other hyper-parameters do to the RNN (rows of `ablate`)."""

from __future__ import annotations

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.numbers import difference, length_name
from experiments.paper.stored import NoRows, Stored, percent

QUESTIONS = ("default", "lr", "batch", "D")
DEFAULT = (0.05, 20, 50)  # learning rate, minibatch, width
OTHERS = ((0.01, 20, 50), (0.1, 20, 50), (0.05, 5, 50), (0.05, 50, 50), (0.05, 20, 25), (0.05, 20, 100))
JUDGED, SHOWN = 3, 1  # datasets of Experiment 1: the one that decides, and one that is shown only


@claim(
    21,
    "3.1",
    "Trying different learning rates, mini-batch sizes, and values for n (the dimension of vectors) did not "
    "give significant differences.",
    holds="RNN on 1–10 and on 21–30 tokens, with learning rates 0.01 to 0.1, minibatches 5 to 50, widths 25 "
    "to 100, one changed at a time: on 21–30 tokens no setting's B is more than 3 points from the default's, "
    "and no B exceeds 15 % (1–10 tokens, where the RNN learns, have to be there and decide nothing)",
    partly="no more than 6 points, and no B exceeds 15 %",
)
def other_settings_change_nothing(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 21."""
    best = {dataset: _best(evidence.ablation, dataset) for dataset in (JUDGED, SHOWN)}
    moved = max(abs(difference(b, best[JUDGED][DEFAULT])) for b in best[JUDGED].values())
    guessing = max(best[JUDGED].values()) <= 15
    lists = "; ".join(
        f"{length_name(dataset)}: default {by[DEFAULT]:.1f}, "
        + ", ".join(f"{_name(setting)} {b:.1f}" for setting, b in by.items() if setting != DEFAULT)
        for dataset, by in best.items()
    )
    holds, partly = (guessing and moved <= points for points in (3, 6))
    return holds, partly, f"moves by {moved:.1f} points; B {lists} %"


def _best(rows: Stored, dataset: int) -> dict[tuple[float, int, int], float]:
    """Return B by setting; raise NoRows if a setting that is needed has too few runs."""
    found: dict[tuple[float, int, int], list[float]] = {}
    for run in rows.runs:
        experiment, question, *_, number, model, _ = run.name.split("/")
        if (experiment, model, int(number)) == ("ablate", "RNN", dataset) and question in QUESTIONS:
            setting = tuple(run.settings[name] for name in ("lr", "batch", "D"))
            found.setdefault(setting, []).append(percent(run.result["test_accuracy"]))
    most = max(map(len, found.values()), default=0)
    for setting in (DEFAULT, *OTHERS):
        have = len(found.get(setting, ()))
        if not have or have < most:
            runs = f"{have} of {most} runs are there" if have else "there are no runs"
            raise NoRows(f"{runs} of the RNN, {length_name(dataset)} tokens, {_name(setting)}", "ablate")
    return {setting: max(values) for setting, values in found.items()}


def _name(setting: tuple[float, int, int]) -> str:
    pairs = zip(("lr", "batch", "D"), setting, DEFAULT, strict=True)
    return ", ".join(f"{name} {value:g}" for name, value, usual in pairs if value != usual) or "the default"
