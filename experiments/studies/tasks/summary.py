"""The summary in Markdown: text and tables, with every number and verdict computed from the rows."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from experiments.studies.runs import Runs, by, fired
from experiments.studies.tasks.figures import BLIND, SHOWN, group_line, title
from experiments.studies.tasks.perform import CELLS, DATASETS
from experiments.studies.tasks.words import CLASSES
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table, verdict

SOLVED = 95.0  # percent, in the median run
SHALLOW, DEEP = 3, 6  # depths of the deepest keyword: at most, at least
PAIR = ("RNN", "RLSTM")  # the paper's

Found = Mapping[str, Mapping[str, Runs]]  # by dataset and cell


def summary(runs: Runs) -> str:
    """Return the text."""
    cells = by(runs, "cell", CELLS)
    found = {name: by(on, "cell", CELLS) for name, on in by(runs, "dataset", DATASETS).items()}
    parts = [
        "# tasks: the paper's future work",
        _head(runs, found),
        table(["cell", *map(title, found)], _accuracies(found, cells)),
        "\n".join(_paragraph(name, found[name]) for name in found),
        _pair(found),
        _counts(found, cells),
        _depths(found, cells),
        _alerts(cells),
    ]
    return "\n\n".join(part for part in parts if part)


def percent(runs: Runs) -> list[float]:
    """Return the test accuracies in percent."""
    return [100 * float(run.result["test_accuracy"]) for run in runs]


def at_depths(runs: Runs, least: int, most: int) -> float | None:
    """Return the accuracy in percent over all runs' test sentences of such depths, if there are any."""
    n = right = 0
    for run in runs:
        groups = run.result["by_depth"]
        for depth, sentences, hits in zip(groups["value"], groups["n"], groups["right"], strict=True):
            if least <= depth <= most:
                n, right = n + sentences, right + hits
    return 100 * right / n if n else None


def _head(runs: Runs, found: Found) -> str:
    settings = runs[0].settings
    shortest, longest = settings["lengths"]
    n = max(run.settings["run"] for run in runs)
    rate = next(iter(found["distractors"].values()))[0].settings["rate"]
    return (
        f"Test accuracy in %, {settings['sizes']['train']:,} training sentences of {shortest} to {longest} "
        f"words, {n} {'run' if n == 1 else 'runs'} of each cell: median (lowest–highest). Guessing is "
        f'{100 / CLASSES:.0f} %; "{BLIND}" is the most that a reader can get who knows neither the order of '
        f"the words nor the tree. Distractors come at a rate of {rate:g}."
    )


def _accuracies(found: Found, cells: Iterable[str]) -> list[list[str]]:
    blind = [f"{_blind(run for of in cells.values() for run in of):.1f}" for cells in found.values()]
    return [
        *(
            [cell, *(median_range(percent(of[cell]), "{:.1f}", "–") for of in found.values())]
            for cell in cells
        ),
        [BLIND, *blind],
    ]


def _blind(runs: Iterable[Run]) -> float:
    """Return what the words alone allow, in percent: the median over the runs' test sentences."""
    return statistics.median(100 * run.result["blind"] for run in runs)


def _paragraph(name: str, found: Mapping[str, Runs]) -> str:
    """Say which cells solve a dataset, and which do better than the words alone allow."""
    medians = {cell: statistics.median(percent(runs)) for cell, runs in found.items()}
    solved = [cell for cell, median in medians.items() if median >= SOLVED]
    best = max(medians, key=medians.__getitem__)
    worst = min(medians, key=medians.__getitem__)
    said = f"solved (median ≥ {SOLVED:.0f} %) by {_list(solved)}" if solved else "solved by no cell"
    text = (
        f"- **{title(name)}**: {said}; best {best} ({medians[best]:.1f} %), "
        f"worst {worst} ({medians[worst]:.1f} %)."
    )
    every = [run for runs in found.values() for run in runs]
    late = sum(run.result["best_epoch"] == run.settings["max_epochs"] for run in every)
    if late:
        text += f" Still improving in the last epoch allowed: {late} of {len(every)} runs."
    bound = _blind(every)
    if bound < 100:
        above = [
            cell
            for cell, runs in found.items()
            if all(run.result["test_accuracy"] > run.result["blind"] for run in runs)
        ]
        text += f" Above what the words alone allow ({bound:.1f} %) in every run: {_list(above)}."
    return text


def _pair(found: Found) -> str:
    """Say whether the paper's conclusion, that RLSTM is better than RNN, holds on these tasks."""
    if not all(cell in cells for cells in found.values() for cell in PAIR):
        return ""
    wins = [
        name for name, cells in found.items() if min(percent(cells[PAIR[1]])) > max(percent(cells[PAIR[0]]))
    ]
    decided = "holds in part" if 0 < len(wins) < len(found) else verdict(bool(wins))
    return (
        f"The paper's conclusion, that the RLSTM is superior to the RNN, **{decided}**: every run of the "
        f"RLSTM is better than every run of the RNN on {len(wins)} of {len(found)} datasets"
        f"{' (' + _list([*map(title, wins)]) + ')' if wins else ''}."
    )


def _counts(found: Found, cells: Iterable[str]) -> str:
    lines = {name: [group_line(found[name][cell], "by_count") for cell in cells] for name in SHOWN}
    lines = {
        name: of_cells for name, of_cells in lines.items() if of_cells[0].x
    }  # there are enough sentences
    if not lines:
        return ""
    spans = {name: f"{line[0].x[0]:.0f} → {line[0].x[-1]:.0f} {SHOWN[name]}" for name, line in lines.items()}
    head = ["cell", *(f"{title(name)}: {span}" for name, span in spans.items())]
    rows = [
        [cell, *(_change(*np.nanmedian(lines[name][k].runs, axis=0)[[0, -1]]) for name in lines)]
        for k, cell in enumerate(cells)
    ]
    return f"Median accuracy in %, with the fewest → the most of the task's words:\n\n{table(head, rows)}"


def _depths(found: Found, cells: Iterable[str]) -> str:
    near_far = ((0, SHALLOW), (DEEP, 10**9))
    rows = [
        [cell, *(_change(*(at_depths(of[cell], *depths) for depths in near_far)) for of in found.values())]
        for cell in cells
    ]
    return (
        f"Accuracy in %, all runs together, with the deepest keyword at depth {SHALLOW} or less → at depth "
        f"{DEEP} or more:\n\n{table(['cell', *map(title, found)], rows)}"
    )


def _change(before: float | None, after: float | None) -> str:
    return " → ".join("–" if value is None else f"{value:.1f}" for value in (before, after))


def _alerts(cells: Mapping[str, Runs]) -> str:
    """Say in how many runs of each cell the monitor raised alerts."""
    said = []
    for cell, runs in cells.items():
        rules = Counter(rule for run in runs for rule in fired(run))
        told = ", ".join(f"{rule} in {n}" for rule, n in sorted(rules.items()))
        said.append(f"{cell} {told} of {len(runs)}" if rules else f"{cell} nothing")
    return f"What the monitor told, in how many runs: {'; '.join(said)}."


def _list(names: Sequence[str]) -> str:
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
