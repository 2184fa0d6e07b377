"""What the twins of `mechanism.py` show, as a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.paper.why.mechanism import ON, TWINS, WINDOW, points
from experiments.sweep import Run
from experiments.sweep.wording import table

AT = (200, 2_000, 4_000, 8_000)  # minibatches whose norms are told, beside the last
TOLD = {
    "keywords": "median ‖x‖ of keywords",
    "others": "median ‖x‖ of other words",
    "input": "‖matrices of the input gates‖",
    "root": "median ‖root‖",
    "ratio": "gradient ratio",
    "pull_keywords": "‖∂J/∂x‖ / ‖x‖ of keywords",
}


def page(runs: Sequence[Run]) -> str:
    """Return it in Markdown; every number is computed from the rows."""
    twins = _twins(runs)
    penalty = max(cell.words for cell in TWINS.values())
    (collapsed, *_) = twins.values()
    below = [value < penalty for value in points(collapsed.rows, "pull_keywords")]
    accuracies = [
        [name, " ".join(f"{100 * row['dev_accuracy']:.0f}" for row in run.rows)]
        for name, run in twins.items()
    ]
    alerts = "; ".join(f"{name}: {_alerts(run)}" for name, run in twins.items())
    return "\n\n".join(
        [
            "# A run with L2 on words, and its twin without",
            f"RLSTM on {ON.title}, seed {collapsed.settings['seed']}: the same sentences, initial weights "
            f"and order of the trees. L2 on cell and classifier is {collapsed.settings['l2']:g} in both.",
            table(["", "dev accuracy by epoch, %"], accuracies),
            _norms(twins),
            f"With L2 {penalty:g} on words, ‖∂J/∂x‖ / ‖x‖ of the keywords is below λ, so that L2 decides "
            f"where they go, in {100 * np.mean(below):.0f} % of all windows of {WINDOW} minibatches.",
            f"The monitor's rule `collapsed`: {alerts}.",
        ]
    )


def _twins(runs: Sequence[Run]) -> dict[str, Run]:
    by_name = {run.name.split("/")[2]: run for run in runs}
    return {f"L2 {cell.words:g} on words": by_name[name] for name, cell in TWINS.items()}


def _accuracies(run: Run) -> str:
    return " ".join(f"{100 * row['dev_accuracy']:.0f}" for row in run.rows)


def _norms(twins: dict[str, Run]) -> str:
    windows = min(len(points(run.rows, "loss")) for run in twins.values())
    at = [*(place for place in AT if place < windows * WINDOW), windows * WINDOW]
    lines = []
    for quantity, title in TOLD.items():
        for name, run in twins.items():
            values = points(run.rows, quantity)
            lines.append([title, name, *(f"{values[place // WINDOW - 1]:.2g}" for place in at)])
    return table(["", "at minibatch", *(f"{place:,}" for place in at)], lines)


def _alerts(run: Run) -> str:
    epochs = [str(alert["epoch"]) for row in run.rows for alert in row["alerts"]]
    return f"an alert in epoch {', '.join(epochs)}" if epochs else "no alert"
