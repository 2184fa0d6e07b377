"""The summary: text and two tables, with every number and verdict computed from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from experiments.studies.agreement import rows
from experiments.studies.agreement.measures import FAR
from experiments.studies.agreement.rows import Cells
from experiments.studies.runs import Runs, fired
from experiments.sweep import Run
from experiments.sweep.rows import number
from experiments.sweep.wording import listed, median_range, percent_range, table, two_digits, verdict

MANY = 4  # attractors
VANISHED = 0.1  # ratio below which an error counts as vanished


def summary(runs: Runs) -> str:
    """Return the study's summary in Markdown."""
    mixed, distances = rows.mixed(runs), rows.alone(runs)
    longest = rows.trained_on(runs, distances[-1:])
    one, *others = next(iter(mixed.values()))
    return "\n\n".join(
        [
            f"The number of a verb whose subject stands 1 to {one.settings['distances'][-1]} words before "
            f"it. {one.settings['sizes']['train']} sentences and {one.settings['max_epochs']} epochs each; "
            f"medians of {1 + len(others)} runs, ranges in brackets.",
            _before(mixed),
            f"Trained on one distance alone, test accuracy in %, and the epoch after which the dev accuracy "
            f"first was {100 * rows.LEARNED:.0f} % (– never):",
            _alone_table(runs, distances),
            _learning(longest, distances[-1]),
            _guessing(longest),
            "Trained on all distances:",
            _mixed_table(mixed),
            _after(mixed),
            _alerts(mixed, longest, distances[-1]),
        ]
    )


def _before(mixed: Cells) -> str:
    first, last = (rows.medians(mixed, rows.before, "ratio", k) for k in (0, -1))
    told = [f"{cell} {two_digits(first[cell])} to {two_digits(last[cell])}" for cell in mixed]
    distance = rows.before(next(iter(mixed.values()))[0])["distance"]
    return (
        f"Before training the gradient ratio of subject to verb, at {distance[0]:.0f} and at "
        f"{distance[-1]:.0f} words between: {'; '.join(told)}. At {distance[-1]:.0f} it is below {VANISHED} "
        f"in {listed(cell for cell in mixed if last[cell] < VANISHED)}."
    )


def _alone_table(runs: Runs, distances: Sequence[int]) -> str:
    columns = [rows.trained_on(runs, [k]) for k in distances]
    lines = []
    for cell in columns[0]:
        accuracy = [percent_range([rows.after(run)["accuracy"][0] for run in by[cell]]) for by in columns]
        when = [_epochs([rows.learned_in(run) for run in by[cell]]) for by in columns]
        lines += [[cell, *accuracy], ["… in epoch", *when]]
    names = " | ".join(map(str, distances))
    return table(f"| words between | {names} |\n|---|{'---:|' * len(distances)}", lines)


def _learning(longest: Cells, distance: int) -> str:
    """Say which cells learn the longest distance alone, and whether their first gradients predict when."""
    found = {cell: [rows.learned_in(run) for run in members] for cell, members in longest.items()}
    learned = np.isfinite([epoch for epochs in found.values() for epoch in epochs])
    ratios = rows.medians(longest, rows.before, "ratio", 0)
    by_ratio = sorted(ratios, key=ratios.__getitem__, reverse=True)
    when = [median(np.nan_to_num(found[cell], nan=np.inf).tolist()) for cell in by_ratio]
    return (
        f"Of {learned.size} runs at {distance} words alone {learned.sum()} learn. Cells sorted by "
        f"the ratio before training, the largest first: {', '.join(by_ratio)}; their epochs: "
        f"{', '.join('never' if epoch == np.inf else f'{epoch:g}' for epoch in when)}. That a larger ratio "
        f"before training means to learn no later {verdict(when == sorted(when))}."
    )


def _guessing(longest: Cells) -> str:
    """Say what the ratio does in runs that guess at first, until the epoch before they learn."""
    ends = {
        cell: [
            (number(run.rows[0]["ratio"]), number(run.rows[int(rows.learned_in(run)) - 1]["ratio"]))
            for run in members
            if rows.learned_in(run) > 1
        ]
        for cell, members in longest.items()
    }
    every = [pair for of_cell in ends.values() for pair in of_cell]
    if not every:
        return "No run that learns guesses for an epoch first."
    told = [
        f"{cell} from {' to '.join(two_digits(median(column)) for column in zip(*of_cell, strict=True))}"
        for cell, of_cell in ends.items()
        if of_cell
    ]
    return (
        f"{len(every)} of the runs that learn guess for an epoch or more first. The ratio grows while they "
        f"guess in {sum(last > first for first, last in every)} of {len(every)}, until the epoch before the "
        f"dev accuracy is there: {'; '.join(told)}."
    )


def _mixed_table(mixed: Cells) -> str:
    last = rows.after(next(iter(mixed.values()))[0])["distance"][-1]
    head = (
        f"| | accuracy | lowest of all distances | over {FAR} words, {MANY} attractors or more | in epoch "
        f"| ratio at {last:.0f} before | after | norm at {last:.0f} before | after "
        f"| compositions to the subject |\n|---|{'---:|' * 9}"
    )
    lines = [
        [
            cell,
            percent_range([run.result["test_accuracy"] for run in members]),
            percent_range([min(rows.after(run)["accuracy"]) for run in members]),
            percent_range([_attracted(run) for run in members]),
            _epochs([rows.learned_in(run) for run in members]),
            *(
                median_range([of(run)[name][-1] for run in members], two_digits)
                for name in ("ratio", "norm")
                for of in (rows.before, rows.after)
            ),
            f"{members[0].result['depth']:.1f}",
        ]
        for cell, members in mixed.items()
    ]
    return table(head, lines)


def _attracted(run: Run) -> float:
    """Return a run's accuracy on far subjects with `MANY` attractors; NaN if no sentence has so many."""
    columns = run.result["by_attractors"]
    counts = [n if k >= MANY else 0 for k, n in zip(columns["attractors"], columns["count"], strict=True)]
    return float(np.average(columns["accuracy"], weights=counts)) if any(counts) else float("nan")


def _after(mixed: Cells) -> str:
    all_learn = all(min(rows.after(run)["accuracy"]) >= rows.LEARNED for m in mixed.values() for run in m)
    most = rows.after(next(iter(mixed.values()))[0])["most_nouns"][-1]
    before, after = (rows.medians(mixed, when, "ratio", -1) for when in (rows.before, rows.after))
    return (
        f"Every run trained on all distances reaches {100 * rows.LEARNED:.0f} % at every distance: "
        f"{verdict(all_learn)}; whoever only counts nouns gets {100 * most:.1f} % at the longest. Training "
        f"raises the ratio at the longest distance in "
        f"{listed(cell for cell in mixed if after[cell] > before[cell])}; after it, it is below {VANISHED} "
        f"in {listed(cell for cell in mixed if after[cell] < VANISHED)}."
    )


def _alerts(mixed: Cells, longest: Cells, distance: int) -> str:
    def counted(runs: Runs) -> str:
        return f"{sum('vanishing' in fired(run) for run in runs)} of {len(runs)}"

    told = [f"{cell} {counted(mixed[cell])} and {counted(longest[cell])}" for cell in mixed]
    return (
        "The monitor called the subject's gradient vanishing, on all distances and on "
        f"{distance} alone, in: {'; '.join(told)} runs."
    )


def _epochs(values: Sequence[float]) -> str:
    """Return epochs as text; NaN, for never, is a dash and counts as later than any epoch."""
    later = np.nan_to_num(values, nan=np.inf).tolist()
    return median_range(later, lambda epoch: "–" if np.isinf(epoch) else f"{epoch:g}")
