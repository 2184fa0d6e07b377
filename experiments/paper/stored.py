"""Stored rows by what they measure: accuracies by dataset and model, gradient ratios by epoch.

Runs are named "length/03/RLSTM/2": experiment, dataset, model, number of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.paper.grids import EXPERIMENTS
from experiments.paper.named import Rows
from experiments.paper.settings import GRADIENT_DATASET, MODELS, SCALES
from experiments.sweep import Run, SweepError, finished
from experiments.sweep.arguments import cells_folder
from experiments.sweep.output import RESULTS, write_text
from experiments.sweep.rows import number
from experiments.sweep.wording import listed, whose
from experiments.training.summaries import quantiles_at

# Runs of each model on each dataset by which claims are judged; further ones tell how often it learns.
JUDGED = SCALES["paper"].runs

# Where `ablate` writes.
ABLATION = {"paper": RESULTS / "ablate", "smoke": RESULTS / "ablate-smoke"}


class NoRows(Exception):  # noqa: N818 - a state of the sweep, not an error
    """Rows that are needed are not stored.

    Attributes
    ----------
    what : str
        What is missing.
    command : str
        What makes it: an experiment's name, perhaps with options.
    """

    def __init__(self, what: str, command: str) -> None:
        super().__init__(what)
        self.what, self.command = what, command


def scale_of(out: Path) -> str:
    """Return the scale of the rows in a folder, judging by its name."""
    return "smoke" if out.name.endswith("smoke") else "paper"


def ablation_of(out: Path) -> Path:
    """Return where the rows of `ablate` are that belong to those in the folder `out`."""
    named = Rows.of(out)
    return ABLATION[scale_of(out)] if named is None else named.ablation


def command_line(command: str, out: Path) -> str:
    """Return the command line that makes rows in the folder `out`."""
    scale = scale_of(out)
    options = "" if command.startswith("claims") else f" --scale {scale}"
    if (named := Rows.of(out)) is not None:
        return f"python -m experiments {command}{options} {named.options}"
    usual = ABLATION[scale] if command == "ablate" else RESULTS / scale
    if " --cell " in command:
        usual = cells_folder(scale)
    return f"python -m experiments {command}{options}" + ("" if out == usual else f" --out {out}")


def percent(share: float | None) -> float:
    """Return a share in percent, rounded, so that 0.29 is not below 29 %."""
    return round(100 * number(share), 6)


@dataclass(frozen=True)
class Epoch:
    """One epoch of a gradient run; number 0 is before the first update.

    Attributes
    ----------
    dev_accuracy : float
        In percent.
    ratios : dict
        Keyword norm / root norm after the activation, as quantiles by keyword depth and summaries.
    extra : dict
        By keyword depth, as text: median and bootstrap interval over extra evaluation trees.
    """

    number: int
    dev_accuracy: float
    ratios: dict[str, Any]
    extra: dict[str, Any]

    def quantiles(self, depth: int) -> tuple[float, ...]:
        """Return the 5, 25, 50, 75 and 95 % quantiles of the ratios at a keyword depth; NaN without trees."""
        return quantiles_at(self.ratios, depth)

    def median(self, depth: int) -> float:
        """Return the median ratio at a keyword depth."""
        return self.quantiles(depth)[2]

    def count(self, depth: int) -> int:
        """Return how many trees have their keyword at a depth."""
        return dict(zip(self.ratios["depth"], self.ratios["count"], strict=True)).get(depth, 0)

    def depths(self, at_least: int = 1) -> list[int]:
        """Return the keyword depths of at least so many trees."""
        pairs = zip(self.ratios["depth"], self.ratios["count"], strict=True)
        return sorted(depth for depth, count in pairs if count >= at_least)


def write_table(table: Callable[[Stored], str], runs: Iterable[Run], path: Path) -> str:
    """Write the table that a function makes of some runs, unless it is empty, and return it."""
    text = table(Stored(list(runs)))
    if text:
        write_text(path, text)
    return text


@dataclass(frozen=True)
class Stored:
    """The finished runs of a folder."""

    runs: Sequence[Run]

    @cached_property
    def _by_dataset(self) -> dict[tuple[str, int, str], dict[int, Run]]:
        found: dict[tuple[str, int, str], dict[int, Run]] = {}
        for run in self.runs:
            experiment, *_, dataset, model, n = run.name.split("/")
            if experiment != "ablate":
                found.setdefault((experiment, int(dataset), model), {})[int(n)] = run
        return found

    @cached_property
    def cells(self) -> list[str]:
        """The cells in the names of the runs: the paper's two first."""
        return _in_order({cell for _, _, cell in self._by_dataset})

    def model(self, cell: str) -> str:
        """Return the value of ``--cell`` by which the runs of a cell were made."""
        return next(run.settings["model"] for run in self.runs if run.name.split("/")[-2] == cell)

    def shown(self, experiment: str) -> list[str]:
        """Return the cells in the figure of an experiment, the paper's two together; raise NoRows if none."""
        found = {cell for of, _, cell in self._by_dataset if of == experiment}
        if not found:
            raise NoRows(f"no runs of {experiment}", experiment)
        both = MODELS if found & set(MODELS) else ()
        return [*both, *(cell for cell in self.cells if cell in found - set(MODELS))]

    @property
    def repetitions(self) -> int:
        """The number of runs by which claims are judged: the paper's five, if the sweep is complete."""
        return min(max((len(runs) for runs in self._by_dataset.values()), default=0), JUDGED)

    def found(self, experiment: str, dataset: int, model: str) -> list[Run]:
        """Return the stored runs in the order of their numbers; perhaps none."""
        return [run for _, run in sorted(self._by_dataset.get((experiment, dataset, model), {}).items())]

    def complete(self, experiment: str, dataset: int, model: str) -> list[Run]:
        """Return the runs by which claims are judged, the first five; raise NoRows if some are missing."""
        runs = [run for run in self.found(experiment, dataset, model) if number_of(run) <= JUDGED]
        if not runs or len(runs) < self.repetitions:
            have = f"{len(runs)} of {self.repetitions} runs are there" if runs else "there are no runs"
            raise NoRows(f"{have} of {experiment}/{dataset:02}/{model}", experiment)
        return runs

    def accuracies(self, experiment: str, dataset: int, model: str) -> list[float]:
        """Return the runs' test accuracies in percent; raise NoRows if some are missing."""
        runs = self.complete(experiment, dataset, model)
        return [percent(run.result["test_accuracy"]) for run in runs]

    def epochs(self, model: str) -> list[list[Epoch]]:
        """Return the epochs of every gradient run, from 0 on; raise NoRows if some runs are missing."""
        return [run_epochs(run) for run in self.complete("gradient", GRADIENT_DATASET, model)]


def number_of(run: Run) -> int:
    """Return the number of a run among those of its model on its dataset."""
    return int(run.name.rpartition("/")[2])


def read(out: Path) -> Stored:
    """Return the finished runs of a folder of the paper's experiments; none if it isn't there.

    Raises
    ------
    SweepError
        If there are runs of another command, or stored rows are damaged.
    """
    runs = finished(out)
    known = (*EXPERIMENTS, "ablate")
    others = sorted({run.name.partition("/")[0] for run in runs} - set(known))
    if others:
        raise SweepError(
            f"{out} holds rows of {listed(others)}; what is wanted here is a folder with rows of "
            f"{listed(known)}, such as {RESULTS / 'paper'}"
        )
    return Stored(runs)


def run_epochs(run: Run) -> list[Epoch]:
    """Return the epochs of a gradient run, from 0 on."""
    return [
        Epoch(
            row["epoch"],
            percent(row["dev_accuracy"]),
            row["ratios"]["post"],
            row["ratios"].get("extra", {}),
        )
        for row in run.epoch_rows
    ]


def whose_rows(runs: Sequence[Run], out: Path) -> str:
    """Return in words whose rows a figure shows, or claims are judged by."""
    sizes = " and ".join(f"{n:,}" for n in sorted({run.settings["sizes"]["train"] for run in runs}))
    cells = _in_order({run.name.split("/")[-2] for run in runs})
    return whose(runs, cells, f"{sizes} training sentences each", out)


def _in_order(cells: set[str]) -> list[str]:
    return [*(cell for cell in MODELS if cell in cells), *sorted(cells - set(MODELS))]
