"""Whether it makes a difference that all steps share one matrix."""

from __future__ import annotations

import numpy as np

from experiments.studies.runs import Runs, chosen
from experiments.studies.spectrum.figures import curves
from experiments.studies.spectrum.settings import LINE
from experiments.studies.spectrum.summary.bound import factor
from experiments.studies.spectrum.summary.words import size, verdict
from experiments.sweep import Run
from experiments.sweep.wording import table

VANISHED = 1e-3  # of the gradient at the end
CLOSE = 0.05


def sharing_section(bound: Runs, eigenvalues: Runs) -> str:
    """Compare shared matrices with different ones of the same singular values, before training."""
    steps = bound[0].settings["steps"]
    shared = [run for run in [*bound, *eigenvalues] if run.result["shared"]["gradient"][-1] < VANISHED]
    rest = [run for run in eigenvalues if not run.settings["input"]]
    by_rms = all(abs(factor(curves([run], "unshared")) / run.result["typical"] - 1) < CLOSE for run in rest)
    return f"""## Weight sharing, before training

"With shared weights the gradient does not vanish" (Schaefer et al. 2008, as the question puts it):
{verdict(not shared)}. In {len(shared)} of {len(bound) + len(eigenvalues)} runs with one shared matrix
less than {VANISHED} of the gradient is left after {steps} steps.

But sharing is not without effect. Turned anew at every step, with the same singular values and so the
same bound, the matrices above pass back, per step and after {steps} of them (tanh):

{_table(bound, eigenvalues)}

Repeated, a matrix shows its eigenvalues; turned, the root mean square of its singular values (at rest
the factor of a step is within {CLOSE:.0%} of it): {verdict(by_rms)}. With inputs sharing changes what
is left by less than a factor of 10 in {_alike(bound, "orthogonal")} pairs of orthogonal matrices, where
radius and singular values are one, and in {_alike(bound, "gaussian")} of Gaussian ones."""


def _alike(bound: Runs, matrix: str) -> str:
    here = chosen(bound, matrix=matrix)
    return f"{sum(_apart(run) < 10 for run in here)} of {len(here)}"


def _apart(run: Run) -> float:
    ends = [run.result[sharing]["gradient"][-1] for sharing in ("shared", "unshared")]
    return float("inf") if min(ends) == 0 else max(ends) / min(ends)


def _table(bound: Runs, eigenvalues: Runs) -> str:
    rest = [run for run in eigenvalues if not run.settings["input"]]
    groups = {
        "orthogonal, norm 1.2": chosen(bound, activation="tanh", matrix="orthogonal", norm=1.2),
        "Gaussian, norm 1.2": chosen(bound, activation="tanh", matrix="gaussian", norm=1.2),
        f"delay lines of {LINE}": chosen(rest, matrix="delay", line=LINE),
        "one eigenvalue above 1": chosen(rest, matrix="outlier"),
    }
    rows = []
    for name, runs in groups.items():
        cells = [f"{np.median([run.result[what] for run in runs]):.2f}" for what in ("radius", "typical")]
        for sharing in ("shared", "unshared"):
            found = curves(runs, sharing)
            cells += [f"{factor(found):.2f}", size(found[:, -1])]
        rows.append([name, *cells])
    head = ["", "radius", "rms", "shared, a step", "at the end", "unshared, a step", "at the end"]
    return table(head, rows)
