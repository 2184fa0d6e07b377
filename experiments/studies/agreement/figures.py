"""The study's figures: by distance, and over the epochs at the longest distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.studies.agreement import grammar, rows
from experiments.studies.agreement.settings import LONGEST
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BETWEEN = "words between subject and verb"
PERCENT = (40, 103)
XLIM = (0.0, LONGEST + 1.0)
RATIO, NORM = "‖∂J/∂subject‖ / ‖∂J/∂verb‖", "‖∂J/∂subject‖"
Columns = rows.Columns


def figures(runs: Sequence[Run]) -> dict[str, Figure]:
    """Return "agreement", everything by distance, and "agreement-epochs", at the longest distance alone."""
    mixed = rows.mixed(runs)
    panels = [_learned(runs), _accuracy(mixed), *_profiles(mixed, "ratio"), *_profiles(mixed, "norm")]
    return {
        "agreement": line_panels(panels),
        "agreement-epochs": line_panels(_over_epochs(runs)),
    }


def _learned(runs: Sequence[Run]) -> LinePanel:
    """Return when models of one distance learn; beyond the last epoch if they never do."""
    distances = rows.alone(runs)
    never = max(run.epochs for run in runs) + 1
    by_cell: dict[str, list[list[float]]] = {}
    for k in distances:
        for cell, members in rows.trained_on(runs, [k]).items():
            epochs = np.nan_to_num([rows.learned_in(run) for run in members], nan=never)
            by_cell.setdefault(cell, []).append(epochs.tolist())
    lines = {cell: Line(distances, list(zip(*columns, strict=True))) for cell, columns in by_cell.items()}
    return LinePanel(
        "trained on one distance alone",
        lines,
        BETWEEN,
        f"epoch of dev accuracy {100 * rows.LEARNED:.0f} %",
        {"never": float(never)},
        xlim=XLIM,
        ylim=(0, never + 1),
    )


def _accuracy(mixed: Mapping[str, Sequence[Run]]) -> LinePanel:
    lines = _lines(mixed, "accuracy", rows.after, 100.0)
    columns = rows.after(next(iter(mixed.values()))[0])
    most = Line(columns["distance"], [[100 * x for x in columns["most_nouns"]]])
    return LinePanel(
        "trained on all distances",
        lines,
        BETWEEN,
        "test accuracy in %",
        {"guessing": 100 * grammar.CHANCE, "most nouns": most},
        xlim=XLIM,
        ylim=PERCENT,
    )


def _profiles(mixed: Mapping[str, Sequence[Run]], name: str) -> list[LinePanel]:
    """Return what was measured before and after training, on one scale."""
    before, after = (_lines(mixed, name, of) for of in (rows.before, rows.after))
    values = [x for line in (*before.values(), *after.values()) for run in line.runs for x in run]
    label, references = {"ratio": (RATIO, {"as at the verb": 1.0}), "norm": (NORM, {})}[name]
    return [
        LinePanel(
            f"{name} {when}", lines, BETWEEN, label, references,
            yscale="log", xlim=XLIM, ylim=_decades([*values, *references.values()]),
        )
        for when, lines in {"before training": before, "after training on all distances": after}.items()
    ]  # fmt: skip


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Return the powers of ten around the positive ones of these values, with room for a name on top."""
    logs = np.log10([x for x in values if x > 0])
    bottom, top = np.floor(logs.min()), np.floor(logs.max()) + 1
    return float(10**bottom), float(10 ** (top + (top - bottom) // 10))


def _lines(mixed: Mapping[str, Sequence[Run]], name: str, of: Columns, times: float = 1.0) -> dict[str, Line]:
    return {
        cell: Line(of(runs[0])["distance"], [[times * x for x in of(run)[name]] for run in runs])
        for cell, runs in mixed.items()
    }


def _over_epochs(runs: Sequence[Run]) -> list[LinePanel]:
    longest = rows.alone(runs)[-1]
    by_cell = rows.trained_on(runs, [longest])

    def lines(name: str, times: float = 1.0) -> dict[str, Line]:
        return {
            cell: Line(
                list(range(len(members[0].rows))),
                [[times * x for x in rows.over_epochs(run, name)] for run in members],
            )
            for cell, members in by_cell.items()
        }

    title = f"{longest} words between, alone"
    return [
        LinePanel(
            title, lines("dev_accuracy", 100.0), "epoch", "dev accuracy in %",
            {"guessing": 100 * grammar.CHANCE}, ylim=PERCENT,
        ),
        LinePanel(title, lines("ratio"), "epoch", RATIO, {"as at the verb": 1.0}, yscale="log"),
    ]  # fmt: skip
