"""Which error vector the paper means, and whether it matters: the gradient ratios under every reading.

The rows of `gradient` hold the ratio keyword / root for the hidden vector after its activation ("post"),
before it ("pre", RNN), and together with the memory ("with_cell", RLSTM).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from experiments.paper.settings import GRADIENT_DATASET
from experiments.paper.stored import Stored
from experiments.sweep import Run
from experiments.sweep.rows import number
from experiments.training.ratios import DEFINITIONS
from minigrad.files import atomic_write

Ratios = dict[str, dict[str, Any]]  # of one epoch, by reading

FILE = "error_vectors.md"
DEPTHS = (5, 10)
EPOCHS = (0, 1, 2, 3, 6)


def write(runs: Iterable[Run], out: Path) -> str:
    """Write the table of a folder's gradient runs beside its rows, and return it; nothing without runs."""
    text = table(Stored(list(runs)))
    if text:
        with atomic_write(out / FILE) as file:
            file.write(text.encode())
    return text


def table(stored: Stored) -> str:
    """Return, as Markdown, the median over runs of the median ratio by reading, keyword depth and epoch."""
    lines = []
    for model, definitions in DEFINITIONS.items():
        runs = [_epochs(run) for run in stored.found("gradient", GRADIENT_DATASET, model)]
        recorded = [name for name in definitions if runs and all(name in epochs[-1] for epochs in runs)]
        lines += [_line(model, name, depth, runs) for name in recorded for depth in DEPTHS]
    if not lines:
        return ""
    epochs = " | ".join(f"epoch {epoch}" for epoch in EPOCHS)
    head = [f"| model | error vector | keyword depth | {epochs} | last |", "|---" * (4 + len(EPOCHS)) + "|"]
    return "\n".join([*head, *lines]) + "\n"


def _epochs(run: Run) -> list[Ratios]:
    return [row["ratios"] for row in run.rows if row["kind"] == "epoch"]


def _line(model: str, definition: str, depth: int, runs: list[list[Ratios]]) -> str:
    cells = [_cell([epochs[k][definition] for epochs in runs if k < len(epochs)], depth) for k in EPOCHS]
    last = _cell([epochs[-1][definition] for epochs in runs], depth)
    return f"| {model} | {definition} | {depth} | {' | '.join([*cells, last])} |"


def _cell(found: list[dict[str, Any]], depth: int) -> str:
    values = [number(of["quantiles"][of["depth"].index(depth)][2]) for of in found if depth in of["depth"]]
    known = [value for value in values if not math.isnan(value)]
    return f"{median(known):.2g}" if known else "–"
