"""Redraw the paper's Figures 2 to 7 from stored rows, for print (PDF, SVG) and screen (PNG).

Figure 2 is drawn as in the paper, and once more for each model that `gradient` has kept, coloured by the
gradient norms of that model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import models
import viz
from experiments.paper import example
from experiments.paper.criteria.numbers import depth_name, length_name
from experiments.paper.settings import DATASETS, GRADIENT_DATASET, MODELS
from experiments.paper.stored import NoRows, Stored, command_line, percent, run_epochs
from experiments.sweep import finished
from experiments.sweep.folder import Folder
from experiments.sweep.output import writable_folder
from experiments.sweep.rows import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "svg", "png")
TREE_FIGURE = 2  # the only one that needs no rows
WIDTHS = {"": viz.PAGE, "-column": viz.COLUMN}
CHANCE = 10.0  # percent
COLOURS = {"RNN": viz.RED, "RLSTM": viz.BLUE}
EPOCHS = range(1, 7)  # of Figures 5 and 6
DEPTH = 10  # of Figure 7


def _trees(rows: Stored, folder: Folder) -> dict[str, viz.TreePicture]:
    """Return the pictures of Figure 2 by what follows its number in their files' names."""
    kept = {}
    for model in MODELS:
        runs = rows.found("gradient", GRADIENT_DATASET, model)
        if runs and (path := folder.model(runs[0].id)).exists():
            kept[f"{model} after epoch {runs[0].result['best_epoch']}"] = models.load(path)
    under = example.under_gradients(kept) if kept else {}
    return {"": example.plain()} | {f"-{title.split()[0]}": picture for title, picture in under.items()}


def _accuracies(rows: Stored, experiment: str) -> dict[str, list[list[float]]]:
    found = {
        model: [
            [percent(run.result["test_accuracy"]) for run in rows.found(experiment, i, model)]
            for i in DATASETS
        ]
        for model in MODELS
    }
    if not any(runs for by_dataset in found.values() for runs in by_dataset):
        raise NoRows(f"no runs of {experiment}", experiment)
    return found


def figure_3(rows: Stored, width: float) -> Figure:
    """Return accuracy against the length of the sentence, with the mean depth of the keyword."""
    depths = []
    for i in DATASETS:
        runs = [run for model in MODELS for run in rows.found("length", i, model)]
        depths.append(number(runs[0].result["mean_keyword_depth"] if runs else None))
    return viz.accuracy_figure(
        [length_name(i) for i in DATASETS],
        _accuracies(rows, "length"),
        xlabel="sentence length (tokens)",
        chance=CHANCE,
        depths=depths,
        width=width,
    )


def figure_4(rows: Stored, width: float) -> Figure:
    """Return accuracy against the depth of the keyword."""
    return viz.accuracy_figure(
        [depth_name(i) for i in DATASETS],
        _accuracies(rows, "depth"),
        xlabel="keyword depth",
        chance=CHANCE,
        width=width,
    )


def ratios(model: str) -> Callable[[Stored, float], Figure]:
    """Return the function that draws a model's ratios against keyword depth, epoch by epoch."""

    def draw(rows: Stored, width: float) -> Figure:
        runs = [run_epochs(run) for run in rows.found("gradient", GRADIENT_DATASET, model)]
        if not runs:
            raise NoRows(f"no runs of gradient with the {model}", "gradient")
        panels = []
        for k in EPOCHS:
            there = [run[k].ratios for run in runs if k < len(run)]
            panels.append(
                viz.EpochPanel(
                    title=f"epoch {k}",
                    runs=[viz.DepthQuantiles(of["depth"], of["quantiles"]) for of in there],
                    sample_depths=there[0]["sample"]["depth"] if there else (),
                    sample_ratios=[number(r) for r in there[0]["sample"]["ratio"]] if there else (),
                )
            )
        return viz.ratio_panels(panels, colour=COLOURS[model], width=width)

    return draw


def figure_7(rows: Stored, width: float) -> Figure:
    """Return the ratios at depth 10 and dev accuracy over the epochs."""
    curves = {
        model: [
            viz.Curve([e.quantiles(DEPTH) for e in epochs], [e.dev_accuracy for e in epochs])
            for epochs in map(run_epochs, rows.found("gradient", GRADIENT_DATASET, model))
        ]
        for model in MODELS
    }
    if not any(curves.values()):
        raise NoRows("no runs of gradient", "gradient")
    return viz.ratio_curves(curves, width=width)


FIGURES: dict[int, Callable[[Stored, float], Figure]] = {
    3: figure_3,
    4: figure_4,
    5: ratios("RNN"),
    6: ratios("RLSTM"),
    7: figure_7,
}
ALL = (TREE_FIGURE, *FIGURES)


def draw(out: Path, only: Sequence[int] | None = None) -> int:
    """Draw what there are rows for; return the exit code, 2 if rows of a figure are missing.

    Parameters
    ----------
    out : Path
        Where the rows are; the figures go into a folder there.
    only : sequence of int, optional
        Numbers of figures; all unless given.
    """
    only = ALL if only is None else only
    rows = Stored(finished(out))
    missing: dict[str, list[str]] = {}
    figures = {}
    for n in only:
        try:
            if n in FIGURES:
                figures[n] = {suffix: FIGURES[n](rows, width) for suffix, width in WIDTHS.items()}
        except NoRows as error:
            missing.setdefault(error.command, []).append(f"Figure {n}")
    if figures or not missing:
        folder = writable_folder(out / "figures")
        for n in only:
            if n == TREE_FIGURE:
                for suffix, picture in _trees(rows, Folder(out)).items():
                    for format in FORMATS:
                        picture.save(folder / f"figure-{n}{suffix}.{format}")
            for suffix, figure in figures.get(n, {}).items():
                for format in FORMATS:
                    viz.save_figure(figure, folder / f"figure-{n}{suffix}.{format}")
        drawn = ", ".join(str(n) for n in only if n == TREE_FIGURE or n in figures)
        print(f"{folder}: Figures {drawn}")
    if missing:
        needs = "; ".join(
            f"{', '.join(names)}: {command_line(command, out)}" for command, names in missing.items()
        )
        print(f"minigrad: there are no rows in {out} for some figures; make them: {needs}", file=sys.stderr)
    return 2 if missing else 0
