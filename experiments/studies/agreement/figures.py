"""The study's figures: by distance, and over the epochs at the longest distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.studies.agreement import grammar, rows
from experiments.studies.agreement.perform import LONGEST
from experiments.studies.runs import Runs, epochs
from experiments.studies.study import Figures
from experiments.sweep.rows import number
from viz import Line, LinePanel, line_panels

BETWEEN = "words between subject and verb"
PERCENT = (40, 103)
XLIM = (0.0, LONGEST + 1.0)
RATIO, NORM = "‖∂J/∂subject‖ / ‖∂J/∂verb‖", "‖∂J/∂subject‖"


def figures(runs: Runs) -> Figures:
    """Return "agreement", everything by distance, and "agreement-epochs", at the longest distance alone."""
    mixed = rows.mixed(runs)
    panels = [_learned(runs), _accuracy(mixed), *_profiles(mixed, "ratio"), *_profiles(mixed, "norm")]
    return {
        "agreement": line_panels(panels),
        "agreement-epochs": line_panels(_over_epochs(runs)),
    }


def _learned(runs: Runs) -> LinePanel:
    """Return the panel of the epochs in which models of one distance learn; above the last for never."""
    distances = rows.alone(runs)
    never = max(run.epochs for run in runs) + 1
    found = [rows.trained_on(runs, [k]) for k in distances]
    lines = {
        cell: Line(
            distances,
            np.nan_to_num([[rows.learned_in(run) for run in at[cell]] for at in found], nan=never).T.tolist(),
        )
        for cell in found[0]
    }
    return LinePanel(
        "trained on one distance alone",
        lines,
        BETWEEN,
        f"epoch of dev accuracy {100 * rows.LEARNED:.0f} %",
        {"never": float(never)},
        xlim=XLIM,
        ylim=(0, never + 1),
    )


def _accuracy(mixed: rows.Cells) -> LinePanel:
    columns = rows.after(next(iter(mixed.values()))[0])
    most = Line(columns["distance"], [[100 * x for x in columns["most_nouns"]]])
    return LinePanel(
        "trained on all distances",
        _lines(mixed, "accuracy", rows.after, 100.0),
        BETWEEN,
        "test accuracy in %",
        {"guessing": 100 * grammar.CHANCE, "most nouns": most},
        xlim=XLIM,
        ylim=PERCENT,
    )


def _profiles(mixed: rows.Cells, name: str) -> list[LinePanel]:
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
    """Return the powers of ten around the positive values, with room for a name at the top."""
    logs = np.log10([x for x in values if x > 0])
    bottom, top = np.floor(logs.min()), np.floor(logs.max()) + 1
    return float(10**bottom), float(10 ** (top + (top - bottom) // 10))


def _lines(mixed: rows.Cells, name: str, of: rows.Columns, times: float = 1.0) -> dict[str, Line]:
    return {
        cell: Line(of(runs[0])["distance"], [[times * x for x in of(run)[name]] for run in runs])
        for cell, runs in mixed.items()
    }


def _over_epochs(runs: Runs) -> list[LinePanel]:
    longest = rows.alone(runs)[-1]
    title, members = f"{longest} words between, alone", rows.trained_on(runs, [longest])
    accuracy = {cell: epochs(of, lambda row: 100 * row["dev_accuracy"]) for cell, of in members.items()}
    ratio = {cell: epochs(of, lambda row: number(row["ratio"])) for cell, of in members.items()}
    return [
        LinePanel(
            title, accuracy, "epoch", "dev accuracy in %", {"guessing": 100 * grammar.CHANCE}, ylim=PERCENT
        ),
        LinePanel(title, ratio, "epoch", RATIO, {"as at the verb": 1.0}, yscale="log"),
    ]
