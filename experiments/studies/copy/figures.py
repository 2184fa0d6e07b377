"""The study's figure: loss and recall against the delay, and how the loss falls at two delays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAN = float("nan")


def figures(runs: Sequence[Run]) -> Mapping[str, Figure]:
    """Return the figure, by the name of its files; none without runs."""
    if not runs:
        return {}
    delays, cells = delays_of(runs), cells_of(runs)
    shown = dict.fromkeys((delays[(len(delays) - 1) // 2], delays[-1]))
    return {
        "copy": line_panels(
            [
                LinePanel(
                    "Loss on test, as a share of a guess",
                    {cell: _against_delay(runs, cell, delays, _share) for cell in cells},
                    "delay T",
                    "loss / loss of a guess",
                    references={"guess without memory": 1.0},
                    ylim=(-0.05, 1.2 * max(1.0, *map(_share, runs))),
                ),
                LinePanel(
                    "Symbols said right, test",
                    {cell: _against_delay(runs, cell, delays, _recall) for cell in cells},
                    "delay T",
                    "fraction",
                    references={"chance": 1 / runs[0].settings["symbols"]},
                    ylim=(0, 1.05),
                ),
                *(_learning(runs, delay) for delay in shown),
            ]
        )
    }


def _learning(runs: Sequence[Run], delay: int) -> LinePanel:
    """Return the panel of how the loss falls at one delay."""
    here = [run for run in runs if run.settings["delay"] == delay]
    losses = [row["dev_loss"] for run in here for row in run.rows]
    guess = here[0].result["guess_loss"]
    return LinePanel(
        f"Loss on dev, delay {delay}",
        {cell: _against_updates(of(here, cell, delay)) for cell in cells_of(here)},
        "minibatches",
        "nats per position",
        references={"guess without memory": guess},
        yscale="log",
        ylim=(min(losses) / 2, 3 * max(guess, *losses)),  # room for the name of the guess
    )


def of(runs: Sequence[Run], cell: str, delay: int) -> list[Run]:
    """Return the runs of a cell at a delay."""
    return [run for run in runs if (run.settings["cell"], run.settings["delay"]) == (cell, delay)]


def cells_of(runs: Iterable[Run]) -> list[str]:
    """Return the cells in the order of the runs."""
    return list(dict.fromkeys(run.settings["cell"] for run in runs))


def delays_of(runs: Iterable[Run]) -> list[int]:
    """Return the delays, the shortest first."""
    return sorted({run.settings["delay"] for run in runs})


def _share(run: Run) -> float:
    return float(run.result["test_loss"] / run.result["guess_loss"])


def _recall(run: Run) -> float:
    return float(run.result["test_recall"])


def _against_delay(
    runs: Sequence[Run], cell: str, delays: Sequence[int], value: Callable[[Run], float]
) -> Line:
    """Return a line whose k-th run is the k-th at every delay."""
    numbers = sorted({run.settings["run"] for run in runs if run.settings["cell"] == cell})
    found = {
        (run.settings["run"], run.settings["delay"]): value(run)
        for run in runs
        if run.settings["cell"] == cell
    }
    return Line(delays, [[found.get((number, delay), NAN) for delay in delays] for number in numbers])


def _against_updates(runs: Sequence[Run]) -> Line:
    """Return the losses on dev, epoch by epoch; a run that has ended keeps its last."""
    longest = max(len(run.rows) for run in runs)
    settings = runs[0].settings
    per_epoch = -(-settings["sizes"]["train"] // settings["batch"])
    losses = [[row["dev_loss"] for row in run.rows] for run in runs]
    return Line(
        [per_epoch * epoch for epoch in range(1, longest + 1)],
        [line + line[-1:] * (longest - len(line)) for line in losses],
    )
