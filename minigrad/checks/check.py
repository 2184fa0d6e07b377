"""Comparison of backward's derivatives with those that the function's values give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad.checks.line import Difference, Line
from minigrad.checks.report import Report, Row
from minigrad.checks.subject import Subject, UnfitError
from minigrad.tensor import Tensor

Array = np.ndarray

METHODS = ("auto", "central", "complex")
DIRECTIONS = 4  # two equal errors cancel in a random direction with probability 1/2, in all four with 1/16
ENOUGH = 10  # wrong elements that are confirmed and named; the report is false after the first
TINY_EXAMINED = 50


def gradcheck(
    fn: Callable[..., Tensor],
    inputs: Any,
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    atol: float = 0.0,
    seed: int = 0,
    max_elements: int = 500,
    names: Iterable[str] | None = None,
) -> Report:
    """Compare the derivatives that backward gives with differences of the function's values.

    What is differentiated is J = Σ c ⊙ fn with a random c, drawn once from `seed`. Inputs of up to
    `max_elements` elements are checked element by element. Larger ones are checked along random ±1
    directions, and where such a direction disagrees, it is halved until the wrong elements are found.

    An element is right if |analytic − numeric| ≤ atol + rtol · max(|numeric|, G/1000) + noise, where G is
    the input's largest derivative and noise the rounding error of the difference: about 10⁻¹⁰ Σ|c ⊙ fn|
    for central differences, 10⁻¹⁵ Σ|c ⊙ fn| for the complex step. An element that fails at the usual
    step, ∛ε · max(1, |x|), is differenced again at many steps before it is called wrong.

    Parameters
    ----------
    fn : callable
        Returns a tensor of any shape. It is called with the inputs, or, if it takes no positional
        parameters, with nothing: then it uses the tensors `inputs` by itself, as in
        ``gradcheck(lambda: loss(model(forest)), model.parameters())``. It must be deterministic.
    inputs : sequence or dict
        float64 leaves that require a gradient, or (for a function with parameters) arrays. They and
        their ``.grad`` are the same afterwards, bit for bit.
    method : "auto", "central" or "complex"
        "auto" takes the complex step for inputs where the function allows it: where every op means
        something for complex numbers (``primitive(analytic=True)``), none refuses them, and central
        differences agree.
    rtol, atol : float
        Tolerances, see above.
    seed : int
        Of the cotangent c and of the directions.
    max_elements : int
        Above it an input is checked along directions.
    names : sequence of str, optional
        Of the inputs, for the table. Otherwise: keys of a dict, names of the tensors, parameters of fn.

    Returns
    -------
    Report
        True if all is right. False as well if nothing was compared, if more than a tenth of the elements
        lie on kinks, if the result is not finite, if two runs differ, or if fn changes an input.

    Raises
    ------
    TypeError
        If an input or the result is not float64, or an input is not a leaf that requires a gradient.
    ValueError
        If `method` is unknown, or "complex" and the function does not allow it.
    """
    if method not in METHODS:
        raise ValueError(f"gradcheck: method is one of {METHODS}, not {method!r}")
    report = Report()
    with Subject(fn, inputs, names, seed) as subject:
        try:
            subject.differentiate()
        except UnfitError as unfit:
            report.problems.append(str(unfit))
            return report
        report.cotangent = subject.cotangent
        rng = np.random.default_rng([seed, 1])
        for number in range(len(subject.tensors)):
            Check(subject, number, rng, method, rtol, atol).run(max_elements, report)
    return report


def assert_gradients(fn: Callable[..., Tensor], inputs: Any, **options: Any) -> Report:
    """Run `gradcheck` and raise AssertionError with its table if it fails; for tests.

    Takes the same arguments.
    """
    __tracebackhide__ = True
    report = gradcheck(fn, inputs, **options)
    if not report:
        raise AssertionError(str(report))
    return report


class Check:
    """The check of one input."""

    def __init__(
        self, subject: Subject, number: int, rng: np.random.Generator, method: str, rtol: float, atol: float
    ) -> None:
        self.subject, self.number, self.rng, self.rtol, self.atol = subject, number, rng, rtol, atol
        self.name = subject.names[number]
        self.size = subject.tensors[number].size
        gradient = np.abs(subject.gradients[number])
        self.largest = float(np.max(gradient, where=np.isfinite(gradient), initial=0.0))
        self.complex = method != "central" and self.size > 0 and self._allows_complex(method == "complex")

    def run(self, max_elements: int, report: Report) -> None:
        """Check the input and add what was found to the report."""
        report.methods[self.name] = "complex step" if self.complex else "central differences"
        if self.size <= max_elements:
            rows = self._elements()
            compared = sum(row.verdict in ("ok", "wrong") for row in rows)
        else:
            rows = self._directions()
            report.methods[self.name] += f" along {DIRECTIONS} directions"
            compared = self.size * any(row.verdict in ("ok", "wrong") for row in rows)
        kinks = sum(row.verdict == "kink" for row in rows)
        compared = min(compared, self.size - kinks)
        report.kinks += kinks
        report.compared += compared
        report.tiny += self.size - kinks - compared
        report.rows += rows

    def _allows_complex(self, asked: bool) -> bool:
        why = ""
        blunt = sorted(op.name for op in self.subject.operations if not op.analytic)
        line = self._line(np.arange(self.size))
        if blunt:
            why = f"it uses {', '.join(blunt)}"
        else:
            try:
                stepped = line.complex().numeric
            except Exception as error:  # an op of the user's may raise anything when it meets complex numbers
                why = f"{type(error).__name__}: {error}"
            else:
                # An op that drops the imaginary part on the way would go unnoticed.
                d = line.central(min(1e-5, 1e-3 / self.size**0.5))
                slack = 1e-4 * max(abs(stepped), abs(d.numeric), self._norm(line)) + 10 * d.noise
                if not abs(stepped - d.numeric) <= slack:
                    why = (
                        "it gives another derivative than central differences, so some op (as |x|) does "
                        "not mean the same for complex numbers"
                    )
        if why and asked:
            raise ValueError(f"gradcheck: the function does not allow the complex step: {why}; use 'central'")
        return not why

    def _line(self, indices: Array) -> Line:
        return Line(self.subject, self.number, indices, self.rng.choice([-1.0, 1.0], len(indices)))

    def _norm(self, line: Line) -> float:
        gradient = line.gradient * line.unit
        return float(np.sqrt(np.sum(np.square(gradient, where=np.isfinite(gradient), out=0 * line.x))))

    def _difference(self, line: Line) -> Difference:
        return line.complex() if self.complex else line.central()

    def _row(self, line: Line, d: Difference, direction: int = 0) -> Row:
        n = len(line.indices)
        scale = self._norm(line) if direction else 1e-3 * self.largest
        tolerance = self.atol * n**0.5 + self.rtol * max(abs(d.numeric), scale) + d.noise
        if not abs(d.analytic - d.numeric) <= tolerance:  # NaN is wrong, too
            verdict = "wrong"
        elif d.analytic == d.numeric or d.noise <= 1e-3 * max(abs(d.analytic), abs(d.numeric)):
            verdict = "ok"
        else:
            verdict = "tiny"
        index = None
        if not direction:
            shape = self.subject.tensors[self.number].shape
            index = tuple(int(k) for k in np.unravel_index(line.indices[0], shape))
        return Row(self.name, index, direction, d.analytic, d.numeric, tolerance, verdict)

    def _elements(self) -> list[Row]:
        rows = []
        suspects = []
        for index in range(self.size):
            line = Line(self.subject, self.number, np.array([index]), np.ones(1))
            d = self._difference(line)
            rows.append(self._row(line, d))
            angle = abs(d.forward - d.backward)
            angular = angle > 1e-3 * max(abs(d.forward), abs(d.backward), 1e-3 * self.largest)
            if angular or rows[-1].verdict == "wrong" or (rows[-1].verdict == "tiny" and not self.complex):
                suspects.append((rows[-1].rank, index, line))
        wrong = tiny = 0
        for _, index, line in sorted(suspects, key=lambda suspect: suspect[:2]):
            small = rows[index].verdict == "tiny"
            if wrong < ENOUGH and (tiny < TINY_EXAMINED or not small):
                rows[index] = self._examined(line, rows[index])
                wrong += rows[index].verdict == "wrong"
                tiny += small
        return rows

    def _examined(self, line: Line, row: Row) -> Row:
        """Look again, with many steps, at an element that is not simply right."""
        if line.is_kink():
            d = line.central()
            return Row(self.name, row.index, 0, d.analytic, d.numeric, row.tolerance, "kink")
        return row if self.complex else self._row(line, line.best())

    def _directions(self) -> list[Row]:
        rows: list[Row] = []
        found: dict[int, Row] = {}  # wrong elements and kinks, by flat index
        for direction in range(1, DIRECTIONS + 1):
            while True:
                line = self._line(np.setdiff1d(np.arange(self.size), list(found)))
                row = self._row(line, self._difference(line), direction)
                if row.verdict != "wrong":
                    break
                new = self._search(line, direction)
                if not new:  # no element is to blame: a step that suits all of them may be missing
                    row = row if self.complex else self._row(line, line.best(), direction)
                    break
                found |= new
                if sum(r.verdict == "wrong" for r in found.values()) >= ENOUGH or len(found) > self.size / 5:
                    return [*found.values(), row]
            rows.append(row)
        return [*found.values(), *rows]

    def _search(self, line: Line, direction: int) -> dict[int, Row]:
        """Halve a line that disagrees, and the halves that disagree, down to single elements."""
        found: dict[int, Row] = {}
        stack = [line]
        while stack and len(found) < ENOUGH:
            line = stack.pop()
            n = len(line.indices)
            if n > 1:
                halves = [line.part(slice(n // 2, n)), line.part(slice(n // 2))]
                stack += [
                    h for h in halves if self._row(h, self._difference(h), direction).verdict == "wrong"
                ]
            else:
                line = Line(self.subject, self.number, line.indices, np.ones(1))
                row = self._row(line, self._difference(line))
                if row.verdict != "ok":
                    row = self._examined(line, row)
                if row.verdict in ("wrong", "kink"):
                    found[int(line.indices[0])] = row
        return found
