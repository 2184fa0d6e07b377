"""The paper's Figures 2 to 7 from stored rows, for print (PDF, SVG) and screen (PNG), for any cells.

A figure says below the axes whose rows it shows. Figure 5 is the RNN's; of any other cell than the paper's
two, Figure 6 is drawn as ``figure-6-CELL``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import models
import viz
from experiments.paper import example
from experiments.paper.criteria.numbers import depth_name, length_name
from experiments.paper.settings import DATASETS, GRADIENT_DATASET, MODELS
from experiments.paper.stored import NoRows, Stored, command_line, percent, read, run_epochs, whose_rows
from experiments.sweep import Run
from experiments.sweep.figures import FORMATS
from experiments.sweep.folder import Folder
from experiments.sweep.output import writable_folder
from experiments.sweep.rows import number
from minigrad.waiting import waiting
from viz.command_line import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = {"": viz.PAGE, "-column": viz.COLUMN}
CHANCE = 10.0  # percent
EPOCHS = range(1, 7)  # of Figures 5 and 6
DEPTH = 10  # of Figure 7
DEEPEST = 30  # where the axis of depths ends for chains, which are as deep as they have words
NUMBERS = (2, 3, 4, 5, 6, 7)
TREE_FIGURE, RNN_FIGURE = 2, 5  # the one that needs no rows, and the one of the RNN alone


@dataclass(frozen=True)
class Drawing:
    """A figure that there are rows for.

    Attributes
    ----------
    runs : list of Run
        Those that it shows.
    figure : function
        Takes the width.
    """

    runs: list[Run]
    figure: Callable[..., Figure]


def draw(out: Path, only: Sequence[int] | None = None) -> int:
    """Draw what there are rows for; return the exit code, 2 if rows of a figure are missing.

    Parameters
    ----------
    out : Path
        Where the rows are; the figures go into a folder there.
    only : sequence of int, optional
        Numbers of figures; all unless given, but the RNN's where there are rows of other cells only.

    Raises
    ------
    InputError
        If there are rows of more cells than a figure can tell apart.
    SweepError
        If there are rows of another command, or stored rows are damaged.
    """
    rows = read(out)
    with waiting(f"choosing figures for the rows in {out}") as stage:
        if len(rows.cells) > len(viz.LOOKS):
            raise InputError(f"{out} holds rows of {len(rows.cells)} cells; figures show {len(viz.LOOKS)}")
        others = [] if set(rows.cells) & set(MODELS) else rows.cells
        numbers = only or [n for n in NUMBERS if not others or n != RNN_FIGURE]
        found: dict[int, dict[str, Drawing]] = {}
        missing: dict[str, list[str]] = {}
        for n in numbers:
            try:
                found[n] = drawings(rows, n)
            except NoRows as error:
                command = error.command + "".join(f" --cell {rows.model(cell)}" for cell in others)
                missing.setdefault(command_line(command, out), []).append(f"Figure {n}")
        if not missing or set(found) - {TREE_FIGURE}:
            if rows.runs:
                print(whose_rows(rows.runs, out))
            folder = writable_folder(out / "figures")
            for k, n in enumerate(found, 1):
                stage(f"drawing Figure {n} ({k} of {len(found)})")
                _save(found[n], folder / f"figure-{n}", out)
                if n == TREE_FIGURE:
                    for suffix, picture in _trees(rows, Folder(out)).items():
                        for format in FORMATS:
                            picture.save(folder / f"figure-{n}{suffix}.{format}")
            print(f"{folder}: Figures {', '.join(map(str, found))}")
    if missing:
        needs = "; ".join(f"{', '.join(names)}: {line}" for line, names in missing.items())
        print(f"minigrad: there are no rows in {out} for some figures; make them: {needs}", file=sys.stderr)
    return 2 if missing else 0


def _save(drawn: dict[str, Drawing], path: Path, out: Path) -> None:
    for suffix, drawing in drawn.items():
        for narrow, width in WIDTHS.items():
            figure = drawing.figure(width=width)
            viz.caption(figure, whose_rows(drawing.runs, out))
            for format in FORMATS:
                viz.save_figure(figure, path.with_name(f"{path.name}{suffix}{narrow}.{format}"))


def _trees(rows: Stored, folder: Folder) -> dict[str, viz.TreePicture]:
    """Return the pictures of Figure 2 by what follows the number in the names of their files.

    There is none for a cell of the user's own: a class that is named in a file is not imported.
    """
    kept = {}
    for cell in (cell for cell in rows.cells if cell in models.TREE_CELLS):
        runs = rows.found("gradient", GRADIENT_DATASET, cell)
        if runs and (path := folder.model(runs[0].id)).exists():
            run = runs[0]
            of = f"{run.settings['sizes']['train']:,} training sentences"
            kept[f"{cell} after epoch {run.result['best_epoch']}, {of}"] = models.load(path)
    under = example.under_gradients(kept) if kept else {}
    return {"": example.plain()} | {f"-{title.split()[0]}": picture for title, picture in under.items()}


def drawings(rows: Stored, n: int) -> dict[str, Drawing]:
    """Return the drawings of a figure by what follows its number in file names; raise NoRows if none."""
    if n == TREE_FIGURE:
        return {}
    if n in (3, 4):
        return {"": accuracies(rows, {3: "length", 4: "depth"}[n])}
    cells = rows.shown("gradient")
    if n == 7:
        return {"": curves(rows, cells)}
    wanted = [cell for cell in cells if (cell == MODELS[0]) == (n == RNN_FIGURE)]
    drawn = {
        "" if cell in MODELS else f"-{cell}": ratios(runs, cell, viz.LOOKS[cells.index(cell)][0])
        for cell in wanted
        if (runs := rows.found("gradient", GRADIENT_DATASET, cell))
    }
    if not drawn:
        raise NoRows(f"no runs of gradient for Figure {n}", "gradient")
    return drawn


def accuracies(rows: Stored, experiment: str) -> Drawing:
    """Return accuracy against the length of the sentence, or the depth of the keyword: Figures 3 and 4.

    With the lengths there is the mean depth of the keyword, if one of the cells reads trees.
    """
    runs = {cell: [rows.found(experiment, i, cell) for i in DATASETS] for cell in rows.shown(experiment)}
    shown = [run for by_dataset in runs.values() for of in by_dataset for run in of]
    percents = {
        cell: [[percent(run.result["test_accuracy"]) for run in of] for of in by_dataset]
        for cell, by_dataset in runs.items()
    }
    by_length = experiment == "length"
    trees = [cell for cell in runs if cell not in models.CHAIN_CELLS]
    depths: list[float] | None = None
    if by_length and trees:
        of_dataset = ([run for cell in trees for run in runs[cell][k]] for k in range(len(DATASETS)))
        depths = [number(of[0].result["mean_keyword_depth"] if of else None) for of in of_dataset]
    return Drawing(
        shown,
        partial(
            viz.accuracy_figure,
            [(length_name if by_length else depth_name)(i) for i in DATASETS],
            percents,
            xlabel="sentence length (tokens)" if by_length else "keyword depth",
            chance=CHANCE,
            depths=depths,
        ),
    )


def ratios(runs: Sequence[Run], cell: str, colour: str) -> Drawing:
    """Return a cell's ratios against keyword depth, epoch by epoch: Figures 5 and 6."""
    epochs = [run_epochs(run) for run in runs]
    panels = []
    for k in EPOCHS:
        there = [of[k].ratios for of in epochs if k < len(of)]
        sample = there[0]["sample"] if there else {"depth": (), "ratio": ()}
        quantiles = [viz.DepthQuantiles(of["depth"], of["quantiles"], of["count"]) for of in there]
        panels.append(
            viz.EpochPanel(f"epoch {k}", quantiles, sample["depth"], [*map(number, sample["ratio"])])
        )
    axis = {"deepest": DEEPEST} if cell in models.CHAIN_CELLS else {}
    return Drawing(list(runs), partial(viz.ratio_panels, panels, colour=colour, **axis))


def curves(rows: Stored, cells: Sequence[str]) -> Drawing:
    """Return the ratios at depth 10 and dev accuracy over the epochs: Figure 7."""
    runs = {cell: rows.found("gradient", GRADIENT_DATASET, cell) for cell in cells}
    drawn = {
        cell: [
            viz.Curve(
                [e.quantiles(DEPTH) for e in epochs],
                [e.dev_accuracy for e in epochs],
                [e.count(DEPTH) for e in epochs],
            )
            for epochs in map(run_epochs, of)
        ]
        for cell, of in runs.items()
    }
    return Drawing([run for of in runs.values() for run in of], partial(viz.ratio_curves, drawn))
