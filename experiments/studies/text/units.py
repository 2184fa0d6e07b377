"""The summary's part about states: how far gradients reach, what units follow, and what they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from experiments.studies.runs import Runs, chosen
from experiments.studies.text.groups import SHARES, networks_of, trained
from experiments.studies.text.reach import fall
from experiments.studies.text.settings import LARGE, PREDICTIONS
from experiments.studies.text.truths import NAMES
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table, verdict

AUC = frozenset({"string", "comment", "if", "quotes"})  # truths that are booleans


def reach_table(runs: Runs) -> str:
    """Return a table of how far back gradients fall before and after training, by network and part."""
    rows = [
        [name, part, *(_falls(own, when, part, share) for share in SHARES for when in ("before", "after"))]
        for name, own in networks_of(runs).items()
        for part in own[0].result["reach"]["before"]
    ]
    head = ["characters back", "‖∂J(t)‖ by"]
    head += [text for words in SHARES.values() for text in (f"{words}, before training", "after")]
    return table(head, rows)


def units_table(runs: Runs) -> str:
    """Return a table of the units that follow each truth best, a row per truth and network."""
    rows = []
    for truth, words in NAMES[runs[0].settings["corpus"]].items():
        for name, own in networks_of(runs).items():
            found = [run.result["cells"][truth] for run in own if truth in run.result["cells"]]
            if not found:
                continue
            rows.append(
                [
                    words,
                    name,
                    ", ".join(row["unit"] for row in found),
                    median_range([judged(truth, row["score"]) for row in found], "{:.2f}"),
                    median_range([judged(truth, row["chance"]) for row in found], "{:.2f}"),
                    median_range([judged(truth, row["typical_score"]) for row in found], "{:.2f}"),
                    median_range([abs(row["left_over"]) for row in found], "{:.2f}"),
                    *(_rises(found, "clamped", where) for where in ("relevant", "elsewhere")),
                ]
            )
    head = [
        "truth", "network", "units", "AUC or r", "chance", "typical unit", "r within a character",
        "clamped: bits where it matters", "elsewhere",
    ]  # fmt: skip
    said = (
        "Each unit was found on one half of dev and judged on the other: AUC of what is true or not, the "
        "size of r of what is a number. Where there is nothing to know, the best of all units exceeds chance "
        "in one of twenty cases. Clamped to its mean, a unit changes the loss by so many bits per character."
    )
    return f"{said}\n\n{table(head, rows)}"


def judged(truth: str, score: float) -> float:
    """Return a score as it is told: the AUC, of either direction, or |r|."""
    return (1 + abs(score)) / 2 if truth in AUC else abs(score)


def verdicts_of_units(runs: Runs) -> Iterator[str]:
    """Return what was expected of the large LSTM's units, and whether it holds, where there are such runs."""
    cell, D = LARGE
    own = chosen(trained(runs), cell=cell, D=D)
    for truth, least, what, size in (
        ("brackets", PREDICTIONS["bracket_correlation"], "the depth of brackets with r", " in size"),
        ("string", PREDICTIONS["string_auc"], "strings with an AUC", ""),
    ):
        found = [run.result["cells"][truth] for run in own if truth in run.result["cells"]]
        if not found:
            continue
        shown = [judged(truth, row["score"]) for row in found]
        yield (
            f"- A unit of {cell}, D {D}, follows {what} of at least {least:g}{size}: "
            f"{verdict(min(shown) >= least)} (at least {min(shown):.2f} in {len(found)} runs)."
        )
        times = [abs(row["score"]) / row["chance"] for row in found]
        least_times = PREDICTIONS["times_chance"]
        yield (
            f"- That is at least {least_times:g} times chance, of r or 2 AUC − 1: "
            f"{verdict(min(times) >= least_times)} (at least {min(times):.1f})."
        )
        ratio = PREDICTIONS["clamping_ratio"]
        holds = [_matters(row["clamped"], ratio) for row in found]
        yield (
            f"- Clamping it raises the loss there at least {ratio:g} times as much as elsewhere: "
            f"{verdict(all(holds))} ({sum(holds)} of {len(holds)} runs)."
        )


def _matters(rises: dict[str, float | None], ratio: float) -> bool:
    here, elsewhere = rises["relevant"], rises["elsewhere"]
    return here is not None and elsewhere is not None and here > 0 and here >= ratio * elsewhere


def _falls(runs: Sequence[Run], when: str, part: str, share: float) -> str:
    curves = [run.result["reach"][when][part] for run in runs]
    found = [fall(curve, share) for curve in curves]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return f"not within {len(curves[0]) - 1} in {len(found) - len(known)} of {len(found)} runs"
    return median_range(known, "{:.1f}")


def _rises(found: Sequence[dict[str, Any]], which: str, where: str) -> str:
    known = [row[which][where] for row in found if row[which][where] is not None]
    return median_range(known, "{:+.3f}") if known else "–"
