"""What `check_cell` found, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Line:
    """One thing that was checked.

    Attributes
    ----------
    check : str
        What was checked.
    mode : str
        In which mode of the fold; "" if the mode does not matter.
    verdict : str
        "ok", "WRONG", or "note" for something that is not wrong but worth knowing.
    detail : str
        How small the difference is, or what differs from what.
    """

    check: str
    mode: str
    verdict: str
    detail: str


@dataclass
class CellReport:
    """The result of `check_cell`: true if nothing is wrong; prints as a table.

    Attributes
    ----------
    name : str
        Of the cell's class.
    lines : list of Line
    """

    name: str
    lines: list[Line] = field(default_factory=list)

    def add(self, check: str, mode: str, problem: object, detail: str = "") -> None:
        """Add a line: wrong if there is a problem, whose text it shows; ok with a detail if there is none."""
        self.lines.append(Line(check, mode, "WRONG" if problem else "ok", str(problem or detail)))

    def note(self, check: str, mode: str, detail: str) -> None:
        """Add something that is not wrong."""
        self.lines.append(Line(check, mode, "note", detail))

    @property
    def wrong(self) -> list[Line]:
        """What failed."""
        return [line for line in self.lines if line.verdict == "WRONG"]

    def __bool__(self) -> bool:
        return bool(self.lines) and not self.wrong

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain Python values."""
        return {"cell": self.name, "passed": bool(self), "lines": [vars(line) for line in self.lines]}

    def __str__(self) -> str:
        outcome = "passed" if self else f"FAILED, {len(self.wrong)} of {len(self.lines)} checks"
        widths = [max([*(len(getattr(line, name)) for line in self.lines), 0]) for name in ("check", "mode")]
        rows = [
            f"  {line.verdict:5}  {line.check:{widths[0]}}  {line.mode:{widths[1]}}  "
            + line.detail.replace("\n", "\n" + " " * (13 + sum(widths)))
            for line in self.lines
        ]
        return "\n".join([f"check_cell {self.name}: {outcome}", *(row.rstrip() for row in rows)])


def difference(
    found: dict[str, np.ndarray], expected: dict[str, np.ndarray], tolerance: float
) -> tuple[str | None, float]:
    """Compare named arrays; return the worst mismatch in words, or None, and the largest relative difference.

    An array is right if max|a − b| ≤ tolerance · max|b|, and NaN is where NaN is expected.
    """
    problems: list[tuple[float, str]] = []
    largest = 0.0
    for name, b in expected.items():
        a = found[name]
        if a.shape != b.shape:
            return f"{name} has the shape {a.shape} instead of {b.shape}", np.inf
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.where(same, 0.0, np.abs(a.astype(np.float64) - b))
        error = np.where(np.isnan(error), np.inf, error)
        scale = float(np.max(np.abs(b), initial=0, where=np.isfinite(b)))
        worst = float(error.max(initial=0))
        relative = worst / scale if scale else (np.inf if worst else 0.0)
        largest = max(largest, relative)
        if relative > tolerance:
            place = np.unravel_index(int(error.argmax()), a.shape)
            where = ", ".join(str(int(k)) for k in place)
            text = f"{name} [{where}] is {a[place]:.9g} instead of {b[place]:.9g}"
            problems.append(
                (relative, f"{text}: {relative:.1e} of its largest element, allowed {tolerance:.0e}")
            )
    problems.sort(key=lambda problem: -problem[0])
    return (problems[0][1] if problems else None), largest
