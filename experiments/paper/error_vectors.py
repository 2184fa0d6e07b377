"""Which error vector the paper means, and whether it matters: the gradient ratios under every reading.

The rows of `gradient` hold the ratio keyword / root for the hidden vector after its activation ("post"),
before it ("pre", RNN), and together with the memory ("with_cell", RLSTM).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from experiments.paper.settings import GRADIENT_DATASET
from experiments.paper.stored import Stored, write_table
from experiments.sweep import Run, wording
from experiments.sweep.wording import two_digits
from experiments.training.ratios import DEFINITIONS
from experiments.training.summaries import median_at

FILE = "error_vectors.md"
DEPTHS = (5, 10)
EPOCHS = (0, 1, 2, 3, 6)


def write(runs: Iterable[Run], out: Path) -> str:
    """Write the table of a folder's gradient runs beside its rows, and return it; nothing without runs."""
    return write_table(table, runs, out / FILE)


def table(stored: Stored) -> str:
    """Return, as Markdown, the median over runs of the median ratio by reading, keyword depth and epoch."""
    lines = []
    for model, definitions in DEFINITIONS.items():
        found = stored.found("gradient", GRADIENT_DATASET, model)
        runs = [[row["ratios"] for row in run.epoch_rows] for run in found]
        shown = [[epochs[k] for epochs in runs if k < len(epochs)] for k in EPOCHS]
        shown.append([epochs[-1] for epochs in runs])
        for name in (name for name in definitions if runs and all(name in epochs[-1] for epochs in runs)):
            for depth in DEPTHS:
                cells = [two_digits(median_at((of[name] for of in column), depth)) for column in shown]
                lines.append([model, name, str(depth), *cells])
    epochs = " | ".join(f"epoch {epoch}" for epoch in EPOCHS)
    head = f"| model | error vector | keyword depth | {epochs} | last |\n{'|---' * (4 + len(EPOCHS))}|"
    return f"{wording.table(head, lines)}\n" if lines else ""
