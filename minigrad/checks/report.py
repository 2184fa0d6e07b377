"""What a gradient check found: rows that can be read, counted and stored."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from minigrad.internal.table import aligned

SHOWN = 10
HEADER = ("input", "index", "analytic", "numeric", "abs. error", "rel. error", "verdict")


@dataclass(frozen=True)
class Row:
    """One comparison: of an element, or of many elements along a direction.

    Attributes
    ----------
    input : str
        Name of the input.
    index : tuple of int, or None
        The element; None for a direction.
    direction : int
        Which random direction, counted from 1; 0 for an element.
    analytic, numeric : float
        The derivative of J that backward gave, and the one that differences of the function's values gave.
    tolerance : float
        How far they may be apart.
    verdict : str
        "ok", "wrong", "kink" (one-sided differences disagree: skipped) or "tiny" (smaller than what
        rounding does to the difference: nothing can be said).
    """

    input: str
    index: tuple[int, ...] | None
    direction: int
    analytic: float
    numeric: float
    tolerance: float
    verdict: str

    @property
    def absolute(self) -> float:
        """|analytic − numeric|"""
        return abs(self.analytic - self.numeric)

    @property
    def relative(self) -> float:
        """The absolute error, divided by the larger of the two."""
        size = max(abs(self.analytic), abs(self.numeric))
        return self.absolute / size if size else 0.0

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Sorts rows worst first: wrong ones, then by how many tolerances analytic and numeric differ."""
        error = self.absolute if math.isfinite(self.absolute) else math.inf
        excess = error / self.tolerance if self.tolerance else error and math.inf
        return (self.verdict != "wrong", self.verdict == "kink", -excess)

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, in the order of the table's header."""
        if self.index is None:
            where = f"direction {self.direction}"
        else:
            where = "[" + ", ".join(map(str, self.index)) + "]"
        numbers = (f"{self.analytic:.9g}", f"{self.numeric:.9g}")
        return (self.input, where, *numbers, f"{self.absolute:.2e}", f"{self.relative:.2e}", self.verdict)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain Python values."""
        index = None if self.index is None else list(self.index)
        return {**asdict(self), "index": index, "absolute": self.absolute, "relative": self.relative}


@dataclass(repr=False)
class Report:
    """The outcome of `gradcheck`: true when every derivative that could be compared was right.

    Printed, or looked at in a shell, it is a table of the comparisons, worst first.

    Attributes
    ----------
    rows : list of Row
        All comparisons.
    methods : dict
        Input -> "complex step" or "central differences", and how many directions if not each element.
    compared, kinks, tiny : int
        Number of elements that were compared, skipped as kinks, and too small to be compared.
    problems : list of str
        What made a comparison impossible: a function that is not deterministic, changes its inputs, …
    cotangent : array, or None
        The random c of J = Σ c ⊙ result, which is what is differentiated: ``result.backward(c)`` gives the
        analytic derivatives. None if the function did not get that far.
    """

    rows: list[Row] = field(default_factory=list)
    methods: dict[str, str] = field(default_factory=dict)
    compared: int = 0
    kinks: int = 0
    tiny: int = 0
    problems: list[str] = field(default_factory=list)
    cotangent: np.ndarray | None = None

    @property
    def wrong(self) -> list[Row]:
        """The comparisons that failed, worst first."""
        return [row for row in self.worst_first if row.verdict == "wrong"]

    @property
    def worst_first(self) -> list[Row]:
        """All comparisons: failed ones first, kinks last."""
        return sorted(self.rows, key=lambda row: row.rank)

    @property
    def reasons(self) -> list[str]:
        """Why the report is false; empty when it is true."""
        reasons = list(self.problems)
        if self.wrong:
            reasons.append(f"{len(self.wrong)} of {len(self.rows)} comparisons differ")
        if not self.problems and not self.compared:
            why = "every derivative is smaller than the rounding of the result" if self.tiny else "no element"
            reasons.append(f"nothing was compared: {'only kinks' if self.kinks and not self.tiny else why}")
        elif self.kinks > 0.1 * (self.compared + self.tiny + self.kinks):
            reasons.append(
                f"{self.kinks} elements lie on kinks, more than a tenth; move the inputs away from them"
            )
        return reasons

    def __bool__(self) -> bool:
        return not self.reasons

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain Python values, rows worst first."""
        cotangent = None if self.cotangent is None else self.cotangent.tolist()
        rows = [row.as_dict() for row in self.worst_first]
        told = {"passed": bool(self), "reasons": self.reasons}
        return {**told, **asdict(self), "cotangent": cotangent, "rows": rows}

    def __str__(self) -> str:
        counts = f"{self.compared} elements compared, {self.kinks} skipped as kinks, {self.tiny} too small"
        lines = [f"gradcheck {'passed' if self else 'FAILED'}: {counts}"]
        lines += [f"  {reason}" for reason in self.reasons]
        lines += [f"  {name}: {method}" for name, method in self.methods.items()]
        if self.rows and self.cotangent is not None:
            c = self.cotangent
            shown = f"report.cotangent, of shape {c.shape}" if c.size > SHOWN else str(c.round(3).tolist())
            lines += [
                "  analytic: ∂J/∂input by backward; numeric: from values of J = Σ c ⊙ result alone,",
                f"  where c = {shown}",
            ]
        if self.rows:
            table = [HEADER, *(row.cells() for row in self.worst_first[:SHOWN])]
            lines += aligned(table, right=range(2, 6))
        if len(self.rows) > SHOWN:
            lines.append(f"… {len(self.rows) - SHOWN} more")
        return "\n".join(lines)

    __repr__ = __str__
