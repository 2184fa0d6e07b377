"""The figures: ratio against depth over the test set, and sentences under both models, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import models
import viz
from experiments.sentiment.report import by_model
from experiments.sweep import Run
from experiments.sweep.figures import FORMATS
from experiments.sweep.rows import number
from experiments.training.summaries import median_at
from viz.root_class import in_words, root_class

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE = 12  # words; the trees of longer sentences are drawn one below the other


def ratio_figure(runs: Sequence[Run]) -> Figure:
    """Return the ratio at a word against its depth, epoch by epoch, for every model."""
    return viz.ratio_figure(
        {model: ratios(members) for model, members in by_model(runs).items()}, at="word", counted="words"
    )


def ratios(runs: Sequence[Run]) -> viz.Ratios:
    """Return a model's part of the figure.

    A point is the median over the runs of each run's median over all words at that depth. Epochs that some
    runs did not reach are left out. The dev accuracy is the mean over the runs.
    """
    epochs = [run.epoch_rows for run in runs]
    together = list(zip(*epochs, strict=False))
    first = together[0][0]["ratios"]
    depths: list[int] = first["depth"]
    return {
        "depths": depths,
        "counts": first["count"],
        "medians": [[median_at((row["ratios"] for row in rows), d) for d in depths] for rows in together],
        "dev_accuracy": [float(np.mean([number(row["dev_accuracy"]) for row in rows])) for rows in together],
    }


def sentence_picture(classifiers: Mapping[str, models.TreeClassifier], tree: models.Tree) -> viz.Picture:
    """Return a sentence with the gradient at each node as a share of the root's, for every model.

    Parameters
    ----------
    classifiers : mapping of str to TreeClassifier
        By the titles of their pictures; of the same classes.
    tree : Tree
        Its labels are the numbers of classes; where these have names, the picture shows the names.
    """
    names = next(iter(classifiers.values())).names
    if names is not None:
        tree = tree.map(label=lambda label: None if label is None else names[int(label)])
    norms = {title: viz.root_gradient_norms(model, tree) for title, model in classifiers.items()}
    classes = {title: root_class(model, tree) for title, model in classifiers.items()}
    return viz.compare(
        tree,
        norms,
        "ratio",
        columns=1 if len(tree.words()) > WIDE else None,
        caption=f"{viz.RatioScale.caption}\n{in_words(classes)}",
    )


def save_figures(
    folder: Path,
    runs: Sequence[Run],
    classifiers: Mapping[str, models.TreeClassifier],
    trees: Mapping[int, models.Tree],
    caption: str,
    stage: Callable[[str], object] = lambda text: None,
) -> list[Path]:
    """Write all figures, in every format; return the paths of the PNG files.

    Parameters
    ----------
    folder : Path
    runs : sequence of Run
    classifiers : mapping of str to TreeClassifier
        By the titles of their pictures.
    trees : mapping of int to Tree
        The sentences, by their number in the test set.
    caption : str
        Whose ratios are drawn.
    stage : function, optional
        Told what is being drawn.
    """
    stage("drawing ratios")
    figure = ratio_figure(runs)
    viz.caption(figure, caption)
    for format in FORMATS:
        viz.save_figure(figure, folder / f"ratios.{format}")
    names = {f"sentence-{place}": tree for place, tree in trees.items()}
    for name, tree in names.items():
        stage(f"drawing {name}")
        picture = sentence_picture(classifiers, tree)
        for format in FORMATS:
            picture.save(folder / f"{name}.{format}")
    return [folder / f"{name}.png" for name in ("ratios", *names)]
