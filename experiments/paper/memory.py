"""Are gradient ratios those of a model that learns by heart? On training sentences beside dev sentences.

The paper's RNN lifts its ratio and guesses all the same (section 3.3). If it is memorisation that lifts it,
the training loss falls with it, and on sentences that it has not seen the ratio need not be the same.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from experiments.paper.settings import GRADIENT_DATASET, MODELS
from experiments.paper.stored import Stored, percent, write_table
from experiments.sweep import Run, wording
from experiments.sweep.rows import Row, number
from experiments.sweep.wording import two_digits
from experiments.training.summaries import median_at

FILE = "memory.md"
DEPTHS = (5, 10)
EPOCHS = (0, 1, 2, 3, 6, 10)
SENTENCES = {"post": "training", "dev": "dev"}  # by the names of their ratios in the rows


def write(runs: Iterable[Run], out: Path) -> str:
    """Write the table beside the rows of Experiment 3, and return it; nothing where dev was not measured."""
    return write_table(table, runs, out / FILE)


def table(stored: Stored) -> str:
    """Return, as Markdown, medians over the runs by epoch: of ratios, training loss and dev accuracy."""
    lines = [line for model in MODELS for line in _lines(model, _epochs(stored, model))]
    epochs = " | ".join(f"epoch {epoch}" for epoch in EPOCHS)
    head = f"| model | median over the runs | {epochs} | last |\n{'|---' * (3 + len(EPOCHS))}|"
    return f"{wording.table(head, lines)}\n" if lines else ""


def _epochs(stored: Stored, model: str) -> list[list[Row]]:
    """Return the epochs' rows of the runs in which dev was measured."""
    runs = stored.found("gradient", GRADIENT_DATASET, model)
    rows = [run.epoch_rows for run in runs]
    return [epochs for epochs in rows if "dev" in epochs[-1]["ratios"]]


def _lines(model: str, runs: Sequence[Sequence[Row]]) -> Iterator[list[str]]:
    columns = [[epochs[k] for epochs in runs if k < len(epochs)] for k in EPOCHS]
    columns.append([epochs[-1] for epochs in runs])
    for depth in DEPTHS if runs else ():
        for name, of in SENTENCES.items():
            ratios = [two_digits(median_at((row["ratios"][name] for row in rows), depth)) for rows in columns]
            yield [model, f"gradient ratio at depth {depth}, {of} sentences", *ratios]
    if runs:
        losses = [[number(row["loss"]) for row in rows] for rows in columns]
        yield [model, "training loss", *(two_digits(_median(column)) for column in losses)]
        accuracies = [[percent(row["dev_accuracy"]) for row in rows] for rows in columns]
        yield [model, "dev accuracy, %", *(two_digits(_median(column)) for column in accuracies)]


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")
