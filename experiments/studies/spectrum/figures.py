"""The study's figures."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from experiments.studies.runs import Runs, chosen, line, positive, values
from experiments.studies.spectrum.flow import MAX_SLOPE
from experiments.studies.spectrum.settings import ACTIVATIONS, DELAY, KINDS, LINE, OUTLIER, UNSHARED_NORM
from experiments.studies.study import Figures
from viz import Line, LinePanel, line_panels

STEPS = "steps back, k"
DRAWN_EPOCHS = (0, 1, 5, 20)  # those there are, and the last


def figures(runs: Runs) -> Figures:
    """Return the figures by their names."""
    trained = chosen(runs, part="trained")
    lengths = len(values(trained, "length"))
    return {
        "bound": line_panels(_bound(chosen(runs, part="bound")), columns=3, height=1.9),
        "eigenvalues": line_panels(_eigenvalues(chosen(runs, part="eigenvalues")), columns=2, height=2.2),
        "training": line_panels(_training(trained), columns=lengths, height=1.75),
        "accuracy": line_panels(_accuracy(trained), columns=3, height=2.0),
    }


def curves(runs: Runs, sharing: str = "shared") -> np.ndarray:
    """Return the gradients of runs without training by distance, (runs, steps + 1)."""
    return np.array([run.result[sharing]["gradient"] for run in runs])


def at_epoch(runs: Runs, epoch: int) -> list[dict[str, Any]]:
    """Return the runs' rows of an epoch."""
    return [next(row for row in run.rows if row["epoch"] == epoch) for run in runs]


def _bound(runs: Runs) -> list[LinePanel]:
    panels = []
    for f, norm in product(ACTIVATIONS, values(runs, "norm")):
        here = chosen(runs, activation=f, norm=norm)
        drawn = {f"{m}, {sharing}": _line(chosen(here, matrix=m), sharing) for m, sharing in KINDS}
        panels.append(_panel(f"{f}, norm {norm}", {"bound": _power(runs, MAX_SLOPE[f] * norm)} | drawn))
    return panels


def _eigenvalues(runs: Runs) -> list[LinePanel]:
    rest = chosen(runs, input=0.0)
    delays, outlier = chosen(rest, matrix="delay"), chosen(rest, matrix="outlier")
    lines_of = {f"lines of {m}": _line(chosen(delays, line=m)) for m in values(delays, "line")}
    of_line = chosen(delays, line=LINE)
    first = f"radius {DELAY['radius']}, norm {DELAY['norm']}"
    second = f"radius {OUTLIER['norm']}, other singular values {OUTLIER['rest']}"
    panels = {
        f"{first}: delay lines, at rest": lines_of | {"unshared": _line(of_line, "unshared")},
        f"the same, lines of {LINE}, with inputs": _with_inputs(runs, "delay", of_line),
        f"{second}: at rest": {"tanh, at rest": _line(outlier), "unshared": _line(outlier, "unshared")},
        "the same, with inputs": _with_inputs(runs, "outlier", outlier),
    }
    high, low = DELAY["norm"], DELAY["radius"]
    steps = runs[0].settings["steps"]
    ylim = (low**steps / 1000, high**steps * 1000)  # sigmoid leaves it
    powers = {f"{base}ᵏ": _power(runs, base) for base in (high, low)}
    return [_panel(title, drawn, ylim=ylim, references=powers) for title, drawn in panels.items()]


def _with_inputs(runs: Runs, matrix: str, rest: Runs) -> dict[str, Line]:
    driven = [run for run in chosen(runs, matrix=matrix) if run.settings["input"]]
    return {"tanh, at rest": _line(rest)} | {f: _line(chosen(driven, activation=f)) for f in ACTIVATIONS}


def _training(runs: Runs) -> list[LinePanel]:
    panels = []
    for (matrix, sharing), length in product(KINDS, values(runs, "length")):
        here = chosen(runs, matrix=matrix, sharing=sharing, length=length, norm=UNSHARED_NORM)
        last = min(run.epochs for run in here)
        drawn = {
            f"epoch {epoch}": positive(
                Line(here[0].result["distances"], [row["gradient"] for row in at_epoch(here, epoch)])
            )
            for epoch in sorted({epoch for epoch in DRAWN_EPOCHS if epoch < last} | {last})
        }
        panels.append(_panel(f"{matrix}, {sharing}", drawn, f"{STEPS}, of {length} words"))
    return panels


def _accuracy(runs: Runs) -> list[LinePanel]:
    chance = {"chance": 1 / runs[0].settings["classes"]}
    panels = []
    for norm in values(runs, "norm"):
        kinds = {
            f"{m}, {sharing}": chosen(runs, norm=norm, matrix=m, sharing=sharing) for m, sharing in KINDS
        }
        drawn = {name: line(here, "length", "test_accuracy") for name, here in kinds.items() if here}
        panels.append(
            LinePanel(f"norm {norm}", drawn, "words", "test accuracy", ylim=(0, 1.05), references=chance)
        )
    return panels


def _panel(title: str, drawn: dict[str, Line], xlabel: str = STEPS, **options: Any) -> LinePanel:
    return LinePanel(title, drawn, xlabel, "‖∂J/∂h‖", yscale="log", **options)


def _line(runs: Runs, sharing: str = "shared") -> Line:
    found = curves(runs, sharing)
    return positive(Line(range(found.shape[1]), found.tolist()))


def _power(runs: Runs, base: float) -> Line:
    steps = range(runs[0].settings["steps"] + 1)
    return Line(steps, [[base**k for k in steps]])
