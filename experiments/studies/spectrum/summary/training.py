"""How training changes the gradients, and whether the first word is learned."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from experiments.studies.runs import Runs, chosen, values
from experiments.studies.spectrum.figures import at_epoch
from experiments.studies.spectrum.settings import DRAWS, SHARING, UNSHARED_NORM
from experiments.studies.spectrum.summary.sharing import VANISHED
from experiments.studies.spectrum.summary.words import size, verdict
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table

LEARNED, GUESSING = 0.9, 0.3  # test accuracy; chance is a quarter


def training_section(runs: Runs) -> str:
    """Return accuracies and gradients at the first word, by length, matrix and sharing."""
    settings = runs[0].settings
    shared = chosen(runs, sharing="shared")
    vanished = [run for run in runs if arrives(run, 0) < VANISHED]
    learned = [run for run in runs if run.result["test_accuracy"] >= LEARNED]
    repaired = [run for run in vanished if _last(run) >= VANISHED]
    from_little = [run for run in vanished if run in learned]
    whole = [row["weights"]["all"] for row in at_epoch(shared, 0)]
    guessing = sum(_last(run) >= VANISHED and run.result["test_accuracy"] < GUESSING for run in runs)
    tested = "; ".join(_sharing(runs, length) for length in values(runs, "length"))
    return f"""## In training

tanh, D = {settings["D"]}, {settings["train"]:,} sentences, {settings["epochs"]} epochs of
{settings["optimizer"]} at {settings["lr"]}; the class (of {settings["classes"]}) is that of the first
word. Test accuracy in % of the best dev epoch, median (and range) of {len(values(runs, "run"))} runs;
chance is {1 / settings["classes"]:.0%}:

{_accuracies(runs)}

What part of the gradient at the last word arrives at the first, before training → after the last
epoch:

{_arrivals(runs)}

Before training less than {VANISHED} arrives in {len(vanished)} of {len(runs)} runs. That training makes
good what had vanished: {verdict(len(repaired) == len(vanished))}; after the last epoch more arrives in
{len(repaired)} of these runs. {len(from_little)} of them learn the task ({LEARNED:.0%}), and
{len(learned) - len(from_little)} of the other {len(runs) - len(vanished)}. That a
gradient which arrives is enough: {verdict(not guessing)}; {guessing} runs end with more than {VANISHED}
and guess (below {GUESSING:.0%}).

The norm of the shared matrix grows from {_grown(shared, "norm")}, its radius from
{_grown(shared, "radius")} (medians of all runs).

Weight sharing (norm {UNSHARED_NORM}; runs that learn the task): {tested}.

The gradient by a shared matrix is the sum of what all steps add, the last ones too. That it does not
vanish: {verdict(min(whole) >= VANISHED)}; its norm before training is
{median_range(whole, "{:.2g}")}. But the part that comes from the first half of a sentence, over the
whole: {_far(shared)}."""


def arrives(run: Run, epoch: int) -> float:
    """Return the gradient at the first word over that at the last, after an epoch."""
    (row,) = at_epoch([run], epoch)
    last, first = row["gradient"][0], row["gradient"][-1]
    return float(first / last) if last else 0.0


def _last(run: Run) -> float:
    return arrives(run, run.epochs)


def _grown(runs: Runs, name: str) -> str:
    before, after = ([at_epoch([run], epoch)[0][name] for run in runs] for epoch in (0, runs[0].epochs))
    return f"{np.median(before):.2f} to {np.median(after):.2f}"


def _accuracies(runs: Runs) -> str:
    def cell(here: Runs) -> str:
        return median_range([100 * run.result["test_accuracy"] for run in here], "{:.0f}")

    return _by_start(runs, cell)


def _arrivals(runs: Runs) -> str:
    def cell(here: Runs) -> str:
        before, after = [arrives(run, 0) for run in here], [_last(run) for run in here]
        return f"{size(before)} → {size(after)}"

    return _by_start(runs, cell)


def _by_start(runs: Runs, cell: Callable[[Runs], str]) -> str:
    lengths = values(runs, "length")
    rows = []
    for matrix, norm, sharing in product(DRAWS, values(runs, "norm"), SHARING):
        if here := chosen(runs, matrix=matrix, norm=norm, sharing=sharing):
            cells = [cell(chosen(here, length=length)) for length in lengths]
            rows.append([f"{matrix}, {norm}, {sharing}", *cells])
    return table(["", *(f"{length} words" for length in lengths)], rows)


def _sharing(runs: Runs, length: int) -> str:
    here = chosen(runs, length=length, norm=UNSHARED_NORM)
    counts = []
    for sharing in SHARING:
        learned = [run.result["test_accuracy"] >= LEARNED for run in chosen(here, sharing=sharing)]
        counts.append(f"{sum(learned)} of {len(learned)} {sharing}")
    return f"{length} words {', '.join(counts)}"


def _far(shared: Runs) -> str:
    parts = []
    for matrix, length in product(DRAWS, values(shared, "length")):
        rows = at_epoch(chosen(shared, matrix=matrix, length=length, norm=UNSHARED_NORM), 0)
        ratio = size([row["weights"]["far"] / row["weights"]["all"] for row in rows])
        parts.append(f"{ratio} ({matrix}, {length} words)")
    return ", ".join(parts)
