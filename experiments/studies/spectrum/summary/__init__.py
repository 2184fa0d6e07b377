"""The summary in Markdown, with every number and verdict computed from the rows."""

from __future__ import annotations

from experiments.studies.runs import Runs, chosen
from experiments.studies.spectrum.summary.bound import bound_section
from experiments.studies.spectrum.summary.eigenvalues import eigenvalue_section
from experiments.studies.spectrum.summary.sharing import sharing_section
from experiments.studies.spectrum.summary.training import training_section
from experiments.studies.spectrum.summary.words import wrapped


def summary(runs: Runs) -> str:
    """Return all sections."""
    untrained, eigenvalues, trained = (
        chosen(runs, part=part) for part in ("bound", "eigenvalues", "trained")
    )
    sections = [
        bound_section(untrained, eigenvalues, trained),
        eigenvalue_section(eigenvalues),
        sharing_section(untrained, eigenvalues),
        training_section(trained),
    ]
    return wrapped("\n\n".join(["# Spectral norms and eigenvalues of the recurrent matrix", *sections]))


__all__ = ["summary"]
