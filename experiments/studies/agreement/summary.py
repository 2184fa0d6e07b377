"""What one sees, in words and two tables, every number and every verdict from the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from experiments.studies.agreement import rows
from experiments.studies.agreement.measures import FAR
from experiments.sweep import Run

Cells = Mapping[str, Sequence[Run]]

MANY = 4  # attractors
VANISHED = 0.1  # ratio below which an error is said to vanish


def summary(runs: Sequence[Run]) -> str:
    """Return the study's summary in Markdown."""
    mixed = rows.mixed(runs)
    distances = rows.alone(runs)
    longest = rows.trained_on(runs, distances[-1:])
    one = next(iter(mixed.values()))[0]
    n = max(len(members) for members in mixed.values())
    return "\n\n".join(
        [
            f"The number of a verb whose subject stands 1 to {one.settings['distances'][-1]} words before "
            f"it. {one.settings['sizes']['train']} sentences and {one.settings['max_epochs']} epochs each; "
            f"medians of {n} runs, ranges in brackets.",
            _before(mixed),
            f"Trained on one distance alone, test accuracy in %, and the epoch after which the dev accuracy "
            f"first was {100 * rows.LEARNED:.0f} % (– never):",
            _alone_table(runs, distances),
            _learning(longest, distances[-1]),
            "Trained on all distances:",
            _mixed_table(mixed),
            _after(mixed),
            _alerts(mixed, longest, distances[-1]),
        ]
    )


def _before(mixed: Cells) -> str:
    told = []
    for cell, members in mixed.items():
        near, far = (_at(members, rows.before, "ratio", k) for k in (0, -1))
        told.append(f"{cell} {_number(near)} to {_number(far)}")
    distances = rows.before(next(iter(mixed.values()))[0])["distance"]
    gone = [cell for cell, members in mixed.items() if _at(members, rows.before, "ratio", -1)[0] < VANISHED]
    return (
        f"Before training the gradient ratio of subject to verb goes, from {distances[0]:.0f} to "
        f"{distances[-1]:.0f} words between, from … to …: {'; '.join(told)}. At the longest distance it is "
        f"below {VANISHED} in {_list(gone)}."
    )


def _alone_table(runs: Sequence[Run], distances: Sequence[int]) -> str:
    columns = [rows.trained_on(runs, [k]) for k in distances]
    lines = [
        "| words between | " + " | ".join(map(str, distances)) + " |",
        "|---|" + "---:|" * len(distances),
    ]
    for cell in columns[0]:
        accuracy = [_percent([rows.after(run)["accuracy"][0] for run in by[cell]]) for by in columns]
        epochs = [_epochs([rows.learned_in(run) for run in by[cell]]) for by in columns]
        lines.append(f"| {cell} | " + " | ".join(accuracy) + " |")
        lines.append("| … in epoch | " + " | ".join(epochs) + " |")
    return "\n".join(lines)


def _learning(longest: Cells, distance: int) -> str:
    """Say who learns the longest distance alone, and whether the first gradients foretell when."""
    every = [run for members in longest.values() for run in members]
    never = [run for run in every if np.isnan(rows.learned_in(run))]
    ratios = {cell: _at(members, rows.before, "ratio", 0)[0] for cell, members in longest.items()}
    epochs = {
        cell: median(np.inf if np.isnan(rows.learned_in(run)) else rows.learned_in(run) for run in members)
        for cell, members in longest.items()
    }
    by_ratio = sorted(ratios, key=ratios.__getitem__, reverse=True)
    later = [epochs[cell] for cell in by_ratio]
    holds = all(a <= b for a, b in pairwise(later))
    when = ", ".join("never" if epoch == np.inf else f"{epoch:g}" for epoch in later)
    return (
        f"Of {len(every)} runs at {distance} words alone {len(every) - len(never)} learn. Cells sorted by "
        f"the ratio before training, the largest first: {', '.join(by_ratio)}; their epochs: {when}. That a "
        f"larger ratio before training means to learn no later {_verdict(holds)}."
    )


def _mixed_table(mixed: Cells) -> str:
    last = rows.after(next(iter(mixed.values()))[0])["distance"][-1]
    lines = [
        f"| | accuracy | lowest of all distances | over {FAR} words, {MANY} attractors or more | in epoch "
        f"| ratio at {last:.0f} before | after | norm at {last:.0f} before | after "
        "| compositions to the subject |",
        "|---|" + "---:|" * 9,
    ]
    for cell, members in mixed.items():
        cells = [
            _percent([run.result["test_accuracy"] for run in members]),
            _percent([min(rows.after(run)["accuracy"]) for run in members]),
            _percent([_attracted(run) for run in members]),
            _epochs([rows.learned_in(run) for run in members]),
            *(_spread(_at(members, of, "ratio", -1)) for of in (rows.before, rows.after)),
            *(_spread(_at(members, of, "norm", -1)) for of in (rows.before, rows.after)),
            f"{members[0].result['depth']:.1f}",
        ]
        lines.append(f"| {cell} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _attracted(run: Run) -> float:
    """Return a run's accuracy on far subjects with `MANY` attractors; NaN if no sentence has so many."""
    columns = run.result["by_attractors"]
    counts = [n if k >= MANY else 0 for k, n in zip(columns["attractors"], columns["count"], strict=True)]
    return float(np.average(columns["accuracy"], weights=counts)) if any(counts) else float("nan")


def _after(mixed: Cells) -> str:
    all_learn = all(min(rows.after(run)["accuracy"]) >= rows.LEARNED for m in mixed.values() for run in m)
    most = rows.after(next(iter(mixed.values()))[0])["most_nouns"][-1]
    grown = [
        cell
        for cell, members in mixed.items()
        if _at(members, rows.after, "ratio", -1)[0] > _at(members, rows.before, "ratio", -1)[0]
    ]
    return (
        f"Every run trained on all distances reaches {100 * rows.LEARNED:.0f} % at every distance: "
        f"{_verdict(all_learn)}; whoever only counts nouns gets {100 * most:.1f} % at the longest. Training "
        f"raises the ratio at the longest distance in {_list(grown)}."
    )


def _alerts(mixed: Cells, longest: Cells, distance: int) -> str:
    told = []
    for cell in mixed:
        counts = [
            f"{sum(_alerted(run, 'vanishing') for run in by[cell])} of {len(by[cell])}"
            for by in (mixed, longest)
        ]
        told.append(f"{cell} {counts[0]} and {counts[1]}")
    return (
        "The monitor called the subject's gradient vanishing, on all distances and on "
        f"{distance} alone, in: {'; '.join(told)} runs."
    )


def _alerted(run: Run, rule: str) -> bool:
    return any(alert["rule"] == rule for row in run.rows for alert in row["alerts"])


def _at(members: Sequence[Run], of: rows.Columns, name: str, k: int) -> tuple[float, float, float]:
    """Return median, least and greatest of a column's k-th number over runs."""
    return _range([of(run)[name][k] for run in members])


def _range(values: Sequence[float]) -> tuple[float, float, float]:
    return float(np.median(values)), float(np.min(values)), float(np.max(values))


def _percent(shares: Sequence[float]) -> str:
    middle, low, high = (f"{100 * x:.1f}" for x in _range(shares))
    return middle if low == high else f"{middle} ({low}–{high})"


def _epochs(epochs: Sequence[float]) -> str:
    """Return the median epoch, and the range, where runs that never learned come last."""
    ordered = sorted(epochs, key=lambda epoch: (np.isnan(epoch), epoch))
    middle, low, high = (
        "–" if np.isnan(x) else f"{x:g}" for x in (ordered[(len(ordered) - 1) // 2], ordered[0], ordered[-1])
    )
    return middle if low == high else f"{middle} ({low} to {high})"


def _spread(values: tuple[float, float, float]) -> str:
    middle, low, high = map(_digits, values)
    return middle if low == high else f"{middle} ({low}–{high})"


def _number(values: tuple[float, float, float]) -> str:
    return _digits(values[0])


def _digits(x: float) -> str:
    return "–" if np.isnan(x) else f"{x:.2g}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _verdict(holds: bool) -> str:
    return "holds" if holds else "does not hold"
