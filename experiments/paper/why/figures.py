"""The figures of the study: the mechanism, and accuracy by length for the candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.paper.data import CLASSES, length_range
from experiments.paper.why.decay import LEAF_WEIGHTS
from experiments.paper.why.decision import own_candidates
from experiments.paper.why.extent import Extent
from experiments.paper.why.found import Found
from experiments.paper.why.mechanism import TWINS, WINDOW, points
from experiments.sweep import Run
from viz import Line, LinePanel, line_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Quantities of the mechanism: title, axis, its name in the rows, whether the axis is logarithmic.
PANELS = (
    ("loss", f"mean of {WINDOW} minibatches", "loss", False),
    ("keywords: norm of their vectors", "median", "keywords", True),
    ("input gates: norm of their matrices", "all together", "input", True),
    ("root: norm of its vector", "median", "root", True),
    ("gradient ratio at the keyword", "median", "ratio", True),
    ("keywords: norm of gradient / of vector", "median", "pull_keywords", True),
)


def mechanism_figure(runs: Sequence[Run]) -> Figure:
    """Return the figure of the twins, minibatch by minibatch."""
    by_name = {run.name.split("/")[2]: run for run in runs}
    twins = {f"L2 {cell.words:g} on words": by_name[name] for name, cell in TWINS.items()}
    penalty = max(cell.words for cell in TWINS.values())
    references = {
        "loss": {"guess": math.log(CLASSES)},
        "pull_keywords": {f"λ = {penalty:g}": penalty},
    }
    panels = [
        LinePanel(
            title,
            {name: _line(run, quantity) for name, run in twins.items()},
            "minibatch (thousands)",
            axis,
            references=references.get(quantity, {}),
            yscale="log" if log else "linear",
        )
        for title, axis, quantity, log in PANELS
    ]
    return line_panels(panels, height=2.0)


def _line(run: Run, quantity: str) -> Line:
    values = points(run.rows, quantity)
    ends = [WINDOW * (k + 1) / 1000 for k in range(len(values))]
    return Line(ends, [[y if y > 0 else math.nan for y in values]])


def lengths_figure(found: Found, extent: Extent) -> Figure:
    """Return the candidates' best dev accuracies by length, RLSTM, all seeds; a panel for each leaf form."""
    cells = found.cells("final", "RLSTM")
    on = [one for one in extent.final["RLSTM"] if one.kind == "length"]
    tokens = [length_range(one.number)[1] for one in on]
    panels = []
    for form in LEAF_WEIGHTS:
        lines = {
            f"L2 {cell.rest:g}, on words {cell.words:g}": Line(
                tokens, [[cells[cell][one][k] for one in on] for k in range(extent.final_runs)]
            )
            for cell in sorted(own_candidates(found, "RLSTM"))
            if cell.leaf_weights == form
        }
        panels.append(
            LinePanel(
                f"RLSTM, leaf matrices {form}", lines, "tokens of the longest sentence",
                "dev accuracy of the best epoch (%)", references={"guess": 100 / CLASSES}, ylim=(0, 100),
            )
        )  # fmt: skip
    return line_panels(panels, height=3.2)
