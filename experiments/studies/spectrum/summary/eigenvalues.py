"""Whether singular values or eigenvalues decide, and from which distance on."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from experiments.studies.runs import Runs, chosen, values
from experiments.studies.spectrum.figures import curves
from experiments.studies.spectrum.flow import MAX_SLOPE, ROUNDING
from experiments.studies.spectrum.settings import ACTIVATIONS, LINE
from experiments.studies.spectrum.summary.words import size, verdict
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table

CLOSE = 0.01


def eigenvalue_section(runs: Runs) -> str:
    """Describe where the curves turn, for matrices whose singular values and eigenvalues disagree."""
    rest = [run for run in runs if not run.settings["input"]]
    delays, outlier = chosen(rest, matrix="delay"), chosen(rest, matrix="outlier")
    steps = runs[0].settings["steps"]
    beyond = sum(run.result["radius"] > run.result["norm"] * (1 + 1e-12) for run in runs)
    turns = [float(np.median([turn(run) for run in chosen(delays, line=m)])) for m in values(delays, "line")]
    later = all(a < b or b == steps for a, b in pairwise(turns))
    grown = [run for run in delays if max(run.result["shared"]["gradient"]) > 1 + ROUNDING]
    falling = [run for run in delays if last_factor(run) < 1]
    fell = [run for run in outlier if min(run.result["shared"]["gradient"]) < run.result["typical"]]
    reached = [run for run in outlier if abs(last_factor(run) / run.result["radius"] - 1) < CLOSE]
    both = len(fell) == len(reached) == len(outlier)
    return f"""## Singular values or eigenvalues

Matrices with an eigenvalue beyond their norm: {beyond} of {len(runs)}; there can be none, so "vice
versa" is a matrix with one eigenvalue above 1 whose other singular values are below.

**Radius {delays[0].settings["radius"]}, norm {delays[0].settings["norm"]}** (delay lines of m units,
tanh at rest, so that every Jacobian is W itself). First the singular values decide, then the
eigenvalues: the gradient gets larger than it was at the start of its way in {len(grown)} of
{len(delays)} runs, and is falling after {steps} steps in {len(falling)}. In theory the turn is near k =
(m − 1)/ln(1/radius), where kᵐ⁻¹ radiusᵏ is largest:

{_delays(delays, steps)}

The longer the lines, the later the eigenvalues decide: {verdict(later)}.

**Radius {outlier[0].settings["norm"]}, all singular values but one {outlier[0].settings["rest"]}.**
First the gradient falls like those many ask for, later it grows as the one eigenvalue asks for (last
factor within {CLOSE:.0%} of it): {verdict(both)}. The turn is at k =
{median_range([turn(run) for run in outlier], "{:.0f}")}, where the gradient is
{size([at_turn(run) for run in outlier])}; the last factor is
{median_range([last_factor(run) for run in outlier], "{:.3f}")}. How long it takes depends on how
little of the gradient points the eigenvector's way: 1/√D of it in a random direction.

With inputs of standard deviation {max(run.settings["input"] for run in runs)}, {steps} steps back:
{_driven(runs)}. Under sigmoid both have γ‖W‖ = {MAX_SLOPE["sigmoid"] * delays[0].settings["norm"]:.1f}:
neither norm nor radius of W alone tells that the gradient vanishes."""


def turn(run: Run) -> int:
    """Return where the gradient of a shared matrix is largest if its radius is below 1, else smallest."""
    curve = np.array(run.result["shared"]["gradient"])
    return int(curve.argmax() if run.result["radius"] < 1 else curve.argmin())


def last_factor(run: Run) -> float:
    """Return the factor of the last step for the gradient of a shared matrix."""
    curve = run.result["shared"]["gradient"]
    return float(curve[-1] / curve[-2])


def at_turn(run: Run) -> float:
    """Return the gradient of a shared matrix where it turns."""
    return float(run.result["shared"]["gradient"][turn(run)])


def _delays(runs: Runs, steps: int) -> str:
    rows = []
    for m in values(runs, "line"):
        here = chosen(runs, line=m)
        predicted = (m - 1) / math.log(1 / here[0].settings["radius"])
        rows.append(
            [
                str(m),
                median_range([turn(run) for run in here], "{:.0f}"),
                f"{predicted:.0f}",
                size([at_turn(run) for run in here]),
                size(curves(here, "shared")[:, -1]),
                median_range([last_factor(run) for run in here], "{:.2f}"),
                size(curves(here, "unshared")[:, -1]),
            ]
        )
    turns = ("m", "largest at k", "predicted", "there")
    return table([*turns, f"at k = {steps}", "last factor", "unshared, at the end"], rows)


def _driven(runs: Runs) -> str:
    driven = [run for run in runs if run.settings["input"]]
    parts = []
    for matrix, name in (("delay", f"delay lines of {LINE}"), ("outlier", "one eigenvalue above 1")):
        of_matrix = [chosen(driven, matrix=matrix, activation=f) for f in ACTIVATIONS]
        left = [size(curves(here, "shared")[:, -1]) for here in of_matrix]
        parts.append(f"{name}: " + ", ".join(map(" ".join, zip(ACTIVATIONS, left, strict=True))))
    return "; ".join(parts)
