"""The figure of learning by heart: ratio and loss where it is possible, where it is not, where only it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from experiments.paper.causes.trials import CHOSEN, DEEP
from experiments.paper.data import CLASSES
from experiments.paper.settings import GRADIENT_DATASET, MODELS
from experiments.paper.stored import Stored
from experiments.sweep.rows import Row, number
from experiments.training.summaries import quantiles_at
from viz import Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = {  # trials, by what the legend calls them
    "the same sentences in all epochs": CHOSEN,
    "the same, labels dealt at random": "shuffled",
    "new sentences in every epoch": "fresh",
}
LOWEST = 1e-8  # of the axis; ratios of RNNs that never learn go on falling


def by_heart(trials: Mapping[str, Stored]) -> Figure:
    """Return the figure, a row of panels for each model; raise NoRows if runs are missing."""
    panels = []
    for model in MODELS:
        panels += [
            LinePanel(
                f"{model}: gradient ratio at depth {DEEP}", _lines(trials, model, _ratio), "epoch",
                "median ratio", references={"1": 1.0}, yscale="log", ylim=(LOWEST, 4),
            ),
            LinePanel(
                f"{model}: training loss", _lines(trials, model, _loss), "epoch", "mean over the sentences",
                references={"guess": math.log(CLASSES)}, ylim=(0, 2.6),
            ),
        ]  # fmt: skip
    return line_panels(panels, height=2.3)


def _lines(trials: Mapping[str, Stored], model: str, value: Callable[[Row], float]) -> dict[str, Line]:
    lines = {}
    for name, trial in SHOWN.items():
        rows = [run.epoch_rows for run in trials[trial].complete("gradient", GRADIENT_DATASET, model)]
        lines[name] = Line(
            [row["epoch"] for row in rows[0]], [[value(row) for row in epochs] for epochs in rows]
        )
    return lines


def _ratio(row: Row) -> float:
    return quantiles_at(row["ratios"]["post"], DEEP)[2]


def _loss(row: Row) -> float:
    return number(row["loss"])
