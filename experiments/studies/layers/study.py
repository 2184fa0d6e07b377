"""The study: its runs, and where they are stored."""

from __future__ import annotations

from experiments.studies.layers import grammar
from experiments.studies.layers.figures import figures
from experiments.studies.layers.perform import perform
from experiments.studies.layers.settings import settings
from experiments.studies.layers.summary import summary
from experiments.studies.study import Kinds, Study
from experiments.sweep.output import RESULTS

FOLDERS = {"paper": RESULTS / "layers", "smoke": RESULTS / "layers-smoke"}
DIGITS = 6  # of what is known of the grammar, so that all processors give the same settings


def grid(scale: str, seed: int, run: int) -> Kinds:
    """Yield name, settings and tree nodes per epoch of the one kind of run."""
    source = grammar.source()
    entropy, length = round(source.entropy(), DIGITS), round(source.length(), DIGITS)
    own = settings(scale, seed, run, entropy, length)
    yield own.cell, own, round(own.sizes["train"] * (2 * (length + 2) + 1))


STUDY = Study("layers", grid, perform, figures, summary)
