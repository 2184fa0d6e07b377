"""The study's figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from experiments.studies.runs import chosen, line, values
from experiments.studies.spectrum.flow import MAX_SLOPE
from experiments.studies.spectrum.settings import (
    ACTIVATIONS,
    DELAY,
    DRAWS,
    LINE,
    OUTLIER,
    SHARING,
    UNSHARED_NORM,
)
from experiments.studies.study import Figures
from experiments.sweep import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = "steps back, k"
GRADIENT = "‖∂J/∂h‖"
DRAWN_EPOCHS = (0, 1, 5, 20)  # those there are, and the last


def figures(runs: Sequence[Run]) -> Figures:
    """Return the figures by their names."""
    trained = chosen(runs, part="trained")
    return {
        "bound": _bound(chosen(runs, part="bound")),
        "eigenvalues": _eigenvalues(chosen(runs, part="eigenvalues")),
        "training": _training(trained),
        "accuracy": _accuracy(trained),
    }


def curves(runs: Sequence[Run], sharing: str) -> np.ndarray:
    """Return the gradients of runs without training by distance, (runs, steps + 1)."""
    return np.array([run.result[sharing]["gradient"] for run in runs])


def at_epoch(runs: Sequence[Run], epoch: int) -> list[dict[str, Any]]:
    """Return the runs' rows of an epoch."""
    return [next(row for row in run.rows if row["epoch"] == epoch) for run in runs]


def _bound(runs: Sequence[Run]) -> Figure:
    panels = []
    for activation in ACTIVATIONS:
        for norm in values(runs, "norm"):
            lines = {"bound": _power(runs, MAX_SLOPE[activation] * norm)}
            for matrix in DRAWS:
                here = chosen(runs, activation=activation, norm=norm, matrix=matrix)
                for sharing in SHARING:
                    lines[f"{matrix}, {sharing}"] = _line(curves(here, sharing))
            panels.append(viz.LinePanel(f"{activation}, norm {norm}", lines, STEPS, GRADIENT, yscale="log"))
    return viz.line_panels(panels, columns=3, height=1.9)


def _eigenvalues(runs: Sequence[Run]) -> Figure:
    rest = [run for run in runs if not run.settings["input"]]
    delays, outlier = chosen(rest, matrix="delay"), chosen(rest, matrix="outlier")
    lines = {f"lines of {m}": _line(curves(chosen(delays, line=m), "shared")) for m in values(delays, "line")}
    of_line = chosen(delays, line=LINE)
    first = f"radius {DELAY['radius']}, norm {DELAY['norm']}"
    second = f"radius {OUTLIER['norm']}, other singular values {OUTLIER['rest']}"
    unshared = {
        name: _line(curves(found, "unshared")) for name, found in (("delay", of_line), ("outlier", outlier))
    }
    alone = {"tanh, at rest": _line(curves(outlier, "shared"))}
    panels = [
        _panel(f"{first}: delay lines, at rest", {**lines, "unshared": unshared["delay"]}, runs),
        _panel(f"the same, lines of {LINE}, with inputs", _with_inputs(runs, "delay", of_line), runs),
        _panel(f"{second}: at rest", {**alone, "unshared": unshared["outlier"]}, runs),
        _panel("the same, with inputs", _with_inputs(runs, "outlier", outlier), runs),
    ]
    return viz.line_panels(panels, columns=2, height=2.2)


def _panel(title: str, lines: dict[str, viz.Line], runs: Sequence[Run]) -> viz.LinePanel:
    high, low = DELAY["norm"], DELAY["radius"]
    powers = {f"{base}ᵏ": _power(runs, base) for base in (high, low)}
    steps = runs[0].settings["steps"]
    ylim = (low**steps / 1000, high**steps * 1000)  # sigmoid leaves it
    return viz.LinePanel(title, lines, STEPS, GRADIENT, yscale="log", ylim=ylim, references=powers)


def _with_inputs(runs: Sequence[Run], matrix: str, rest: Sequence[Run]) -> dict[str, viz.Line]:
    driven = [run for run in chosen(runs, matrix=matrix) if run.settings["input"]]
    lines = {"tanh, at rest": _line(curves(rest, "shared"))}
    return lines | {f: _line(curves(chosen(driven, activation=f), "shared")) for f in ACTIVATIONS}


def _training(runs: Sequence[Run]) -> Figure:
    panels = []
    lengths = values(runs, "length")
    for matrix in DRAWS:
        for sharing in SHARING:
            for length in lengths:
                here = chosen(runs, matrix=matrix, sharing=sharing, length=length, norm=UNSHARED_NORM)
                last = min(run.epochs for run in here)
                epochs = sorted({epoch for epoch in DRAWN_EPOCHS if epoch < last} | {last})
                k = here[0].result["distances"]
                lines = {
                    f"epoch {epoch}": viz.Line(
                        k, [_positive(row["gradient"]) for row in at_epoch(here, epoch)]
                    )
                    for epoch in epochs
                }
                steps = f"{STEPS}, of {length} words"
                panels.append(viz.LinePanel(f"{matrix}, {sharing}", lines, steps, GRADIENT, yscale="log"))
    return viz.line_panels(panels, columns=len(lengths), height=1.75)


def _accuracy(runs: Sequence[Run]) -> Figure:
    chance = 1 / runs[0].settings["classes"]
    panels = []
    for norm in values(runs, "norm"):
        lines = {}
        for matrix in DRAWS:
            for sharing in SHARING:
                here = chosen(runs, norm=norm, matrix=matrix, sharing=sharing)
                if here:
                    lines[f"{matrix}, {sharing}"] = line(
                        here, "length", lambda run: run.result["test_accuracy"]
                    )
        panels.append(
            viz.LinePanel(
                f"norm {norm}", lines, "words", "test accuracy", ylim=(0, 1.05), references={"chance": chance}
            )
        )
    return viz.line_panels(panels, columns=3, height=2.0)


def _line(found: np.ndarray) -> viz.Line:
    return viz.Line(range(found.shape[1]), [_positive(curve) for curve in found])


def _power(runs: Sequence[Run], base: float) -> viz.Line:
    steps = range(runs[0].settings["steps"] + 1)
    return viz.Line(steps, [[base**k for k in steps]])


def _positive(curve: Sequence[float]) -> list[float]:
    """Return the curve without the zeros that a logarithmic axis has no place for."""
    return [value if value > 0 else float("nan") for value in curve]
