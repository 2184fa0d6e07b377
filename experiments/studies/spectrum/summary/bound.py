"""Whether every gradient is within its bound, and how far below it."""

from __future__ import annotations

from itertools import product

import numpy as np

from experiments.studies.runs import Runs, chosen, values
from experiments.studies.spectrum.figures import curves
from experiments.studies.spectrum.flow import MAX_SLOPE, ROUNDING
from experiments.studies.spectrum.settings import ACTIVATIONS, KINDS, SHARING
from experiments.studies.spectrum.summary.words import size, verdict
from experiments.sweep.wording import table


def bound_section(bound: Runs, eigenvalues: Runs, trained: Runs) -> str:
    """Return the verdict, and a table of the gradients after all steps beside their bound."""
    largest = {
        name: max(run.result[sharing]["worst"][name] for run in [*bound, *eigenvalues] for sharing in SHARING)
        for name in ("product", "jacobians", "matrices")
    }
    rows = [row for run in trained for row in run.rows]
    in_training = max(row["worst"] for row in rows)
    under = max(*largest.values(), in_training) <= 1 + ROUNDING
    steps, chains = bound[0].settings["steps"], bound[0].settings["chains"]
    seen = 2 * sum(run.settings["chains"] for run in [*bound, *eigenvalues])
    return f"""## The bound

Measured curves lie under the bound everywhere, up to {ROUNDING:.0e} of it for rounding:
{verdict(under)}. Without training the largest ratio of a gradient's norm to its bound, over {seen:,}
chains at every distance from 1 to {steps}, is {_near(largest["product"])} for the norm of the product
of the measured Jacobians, {_near(largest["jacobians"])} for the product of their norms, and
{_near(largest["matrices"])} for (γ‖W‖)ᵏ, where γ is the activation's largest slope; in {len(rows):,}
looks at networks in training it is {_near(in_training)} for the last of these.

‖∂J/∂h‖ {steps} steps back from a unit vector, inputs of standard deviation
{bound[0].settings["input"]}: medians over {len(values(bound, "run"))} runs with other matrices (in each
of {chains} chains), and in brackets the factor per step:

{_table(bound, steps)}

{_decided(bound, steps)}"""


def factor(found: np.ndarray) -> float:
    """Return the factor of the median curve per step, the geometric mean over all steps."""
    curve = np.median(found, axis=0)
    return float((curve[-1] / curve[0]) ** (1 / (len(curve) - 1)))


def _table(runs: Runs, steps: int) -> str:
    rows = []
    for f, norm in product(ACTIVATIONS, values(runs, "norm")):
        here = chosen(runs, activation=f, norm=norm)
        found = [curves(chosen(here, matrix=matrix), sharing) for matrix, sharing in KINDS]
        left = [f"{size(curve[:, -1])} ({factor(curve):.2f})" for curve in found]
        rows.append([f"{f}, ‖W‖ = {norm}", size((MAX_SLOPE[f] * norm) ** steps), *left])
    return table(["", "(γ‖W‖)ᵏ", *(f"{matrix}, {sharing}" for matrix, sharing in KINDS)], rows)


def _decided(runs: Runs, steps: int) -> str:
    above = [run for run in runs if MAX_SLOPE[run.settings["activation"]] * run.settings["norm"] > 1]
    fallen = [run for run in above if run.result["shared"]["gradient"][-1] < 1]
    gaussian = chosen(runs, matrix="gaussian")
    ratios = [run.result["radius"] / run.result["norm"] for run in gaussian]
    return f"""A bound above 1 says little: of the {len(above)} shared matrices with γ‖W‖ > 1,
{len(fallen)} have passed back less than they were given after {steps} steps. Gaussian matrices have a
radius of {min(ratios):.2f} to {max(ratios):.2f} times their norm; orthogonal ones have both equal."""


def _near(ratio: float) -> str:
    return f"1 {ratio - 1:+.0e}" if abs(ratio - 1) < 1e-3 else f"{ratio:.3f}"
