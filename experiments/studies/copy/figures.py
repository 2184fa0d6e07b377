"""The study's figure: loss and recall against the delay, and how the loss falls at two delays."""

from __future__ import annotations

from experiments.studies.runs import Runs, by, chosen, epochs, lines, values
from experiments.studies.study import Figures
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels


def figures(runs: Runs) -> Figures:
    """Return "copy"."""
    delays, of_cell = values(runs, "delay"), by(runs, "cell")
    shown = dict.fromkeys((delays[(len(delays) - 1) // 2], delays[-1]))
    return {
        "copy": line_panels(
            [
                LinePanel(
                    "Loss on test, as a share of a guess",
                    lines(of_cell, "delay", share),
                    "delay T",
                    "loss / loss of a guess",
                    references={"guess without memory": 1.0},
                    ylim=(-0.05, 1.2 * max(1.0, *map(share, runs))),
                ),
                LinePanel(
                    "Symbols said right, test",
                    lines(of_cell, "delay", "test_recall"),
                    "delay T",
                    "fraction",
                    references={"chance": 1 / runs[0].settings["symbols"]},
                    ylim=(0, 1.05),
                ),
                *(_learning(chosen(runs, delay=delay), delay) for delay in shown),
            ]
        )
    }


def share(run: Run) -> float:
    """Return the loss on test as a fraction of the loss of a guess."""
    return float(run.result["test_loss"] / run.result["guess_loss"])


def _learning(runs: Runs, delay: int) -> LinePanel:
    """Return the panel of the loss over training at one delay; a run that has ended keeps its last loss."""
    losses = [row["dev_loss"] for run in runs for row in run.rows]
    guess, settings = runs[0].result["guess_loss"], runs[0].settings
    updates = -(-settings["sizes"]["train"] // settings["batch"])  # in an epoch
    by_epoch = {
        cell: epochs(own, lambda row: row["dev_loss"], keep_last=True)
        for cell, own in by(runs, "cell").items()
    }
    return LinePanel(
        f"Loss on dev, delay {delay}",
        {cell: Line([updates * k for k in line.x], line.runs) for cell, line in by_epoch.items()},
        "minibatches",
        "nats per position",
        references={"guess without memory": guess},
        yscale="log",
        ylim=(min(losses) / 2, 3 * max(guess, *losses)),  # room for the name of the guess
    )
