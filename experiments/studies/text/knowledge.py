"""All that a run tells of its units: which follow what, what they are for, and an excerpt to look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.text.ablation import clamped_losses, place_losses, relevant
from experiments.studies.text.cells import best_units
from experiments.studies.text.data import Data
from experiments.studies.text.looks import halves, unit_name, units
from experiments.studies.text.settings import Settings

PICTURES = 4  # truths of which there is an excerpt, in a first run
EXCERPT = 480  # characters
DIGITS = 3


def knowledge(settings: Settings, model: models.TreeClassifier, of: Data) -> dict[str, dict[str, Any]]:
    """Return by truth what `best_units` does, the units' names, what clamping them does, and excerpts.

    "clamped" and "typical_clamped" have the rise of the loss in bits, "relevant" and "elsewhere"; the former
    is None where nothing is relevant. The excerpts are those of the truths that are followed best.
    """
    mode, texts = settings.mode, of.parts["dev"]
    first, second = halves(of, settings.looked)
    search, judged = (units(model, texts, half, mode) for half in (first, second))
    both = {name: (first.truths[name], second.truths[name]) for name in first.truths}
    rng = np.random.default_rng(settings.seeds["shifts"])
    unclamped = place_losses(model, texts, second, mode)
    found: dict[str, dict[str, Any]] = {}
    means = dict(
        zip((part.name for part in model.cell.parts), _parts(search.mean(axis=0), model), strict=True)
    )
    for name, row in best_units(search, judged, both, second.read, rng, settings.shifts).items():
        where = relevant(name, second, of.characters)
        own: dict[str, Any] = dict(row)
        for which, clamped in (("unit", "clamped"), ("typical", "typical_clamped")):
            own[which] = unit_name(model.cell, int(row[which]))
            column = int(row[which]) % settings.D  # in each part of the state
            rises = clamped_losses(model, texts, second, means, column, mode) - unclamped
            own[clamped] = {"relevant": _mean(rises[where]), "elsewhere": _mean(rises[~where])}
        found[name] = own
        if settings.run == 1:
            at = excerpt(second.truths[name])
            columns = {"values": judged[at, int(row["unit"])], "typical": judged[at, int(row["typical"])]}
            shown = {key: [round(float(value), DIGITS) for value in own] for key, own in columns.items()}
            own["excerpt"] = {
                "text": second.text[at],
                **shown,
                "truth": [int(value) for value in second.truths[name][at]],
            }
    shown_names = sorted(found, key=lambda name: -abs(found[name]["score"]))[:PICTURES]
    for name in set(found) - set(shown_names):
        found[name].pop("excerpt", None)
    return found


def excerpt(truth: npt.NDArray[Any], size: int = EXCERPT) -> slice:
    """Return the first of the places, one after another, on which a truth varies most."""
    values = np.asarray(truth, np.float64)
    size = min(size, len(values))
    sums, squares = (np.concatenate([[0], np.cumsum(each)]) for each in (values, values**2))
    mean = (sums[size:] - sums[:-size]) / size
    start = int(np.argmax((squares[size:] - squares[:-size]) / size - mean**2))
    return slice(start, start + size)


def _parts(columns: npt.NDArray[np.floating], model: models.TreeClassifier) -> list[npt.NDArray[np.floating]]:
    return np.split(columns, np.cumsum([part.width for part in model.cell.parts])[:-1])


def _mean(rises: npt.NDArray[np.float64]) -> float | None:
    return float(rises.mean()) if len(rises) else None
