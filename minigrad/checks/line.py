"""Derivatives along a line through one input, from values of the function alone."""

from __future__ import annotations

import itertools
import warnings
from typing import NamedTuple

import numpy as np

from minigrad.checks.subject import Subject

Array = np.ndarray

EPSILON = float(np.finfo(np.float64).eps)
# Where the error of truncation, ~h², meets that of rounding, ~ε/h, for a function that varies over 1.
STEP = EPSILON ** (1 / 3)
COMPLEX_STEP = 1e-30  # its square vanishes beside any number that matters
KINK_STEPS = (1e-5, 1e-6, 1e-7)


class Difference(NamedTuple):
    """Derivatives along a line at one step size; the analytic one is along the same, rounded, step."""

    analytic: float
    numeric: float
    forward: float
    backward: float
    noise: float  # what the rounding of the function's values may do to `numeric`


class Line:
    """The function as one number t moves: t · `signs[k]` is added to the element at flat index `indices[k]`.

    The step of each element is the number times max(1, |x|).
    """

    def __init__(self, subject: Subject, number: int, indices: Array, signs: Array) -> None:
        self.subject, self.number, self.indices, self.signs = subject, number, indices, signs
        self._base = np.array(subject.tensors[number].data, order="C").reshape(-1)
        self.x = self._base[indices]
        self.gradient = subject.gradients[number].reshape(-1)[indices]
        self.unit = np.maximum(1.0, np.abs(self.x))

    def part(self, chosen: slice) -> Line:
        """Return the line that moves only some of the elements."""
        return Line(self.subject, self.number, self.indices[chosen], self.signs[chosen])

    def central(self, step: float | None = None) -> Difference:
        """Differences over x ± step, each side by itself and both together.

        A line of n elements is √n longer than one of a single element, so its default step is shorter.
        """
        if step is None:
            step = STEP / len(self.indices) ** 0.5
        up = self.x + step * self.unit * self.signs
        down = self.x - (up - self.x)
        span = up - down  # the true distance of the rounded arguments, instead of 2h
        length = float(np.abs(span[0])) if len(span) == 1 else 2 * step
        above, below = self._value(up), self._value(down)
        c, here = self.subject.cotangent, self.subject.value
        with np.errstate(all="ignore"):
            # Differences first, then the sum: what did not change adds no rounding error.
            numeric = np.sum(c * (above - below)) / length
            forward = np.sum(c * (above - here)) / length * 2
            backward = np.sum(c * (here - below)) / length * 2
            noise = 2 * EPSILON * self._size(above, above != below) / length
            analytic = np.sum(self.gradient * span) / length
        return Difference(float(analytic), float(numeric), float(forward), float(backward), float(noise))

    def complex(self) -> Difference:
        """Im fn(x + ih) / h: no difference is taken, so that nothing cancels (Squire & Trapp 1998).

        Raises whatever the function raises for complex numbers, and TypeError if it drops them.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = self._value(self.x + 1j * COMPLEX_STEP * self.unit * self.signs)
        if value.dtype.kind != "c":
            raise TypeError("the function turned complex numbers into real ones")
        with np.errstate(all="ignore"):
            slope = value.imag / COMPLEX_STEP
            numeric = float(np.sum(self.subject.cotangent * slope))
            noise = 4 * EPSILON * self._size(value.real, slope != 0)
            analytic = float(np.sum(self.gradient * self.unit * self.signs))
        if len(self.indices) == 1:
            scale = float(self.unit[0] * self.signs[0])
            analytic, numeric, noise = float(self.gradient[0]), numeric / scale, noise / float(self.unit[0])
        return Difference(analytic, numeric, numeric, numeric, noise)

    def is_kink(self) -> bool:
        """Tell whether the two sides meet at an angle.

        Where a function is smooth, forward and backward differences approach each other in proportion to
        the step; at a kink they stay as far apart as they are.
        """
        gaps = []
        for step in KINK_STEPS:
            d = self.central(step)
            gap = d.forward - d.backward
            if not abs(gap) > 1e-5 * max(abs(d.forward), abs(d.backward)) + 10 * d.noise:
                return False
            gaps.append(gap)
        largest = max(gaps, key=abs)
        return all(gap / largest > 2 / 3 for gap in gaps)

    def best(self) -> Difference:
        """Return the central difference that agrees best with that of the next smaller step.

        The choice looks at the function's values only, never at the analytic derivative.
        """
        steps = [10.0**-p for p in range(2, 11)]
        small = float(np.max(np.abs(self.x) / self.unit))
        if 0 < small < 0.1:  # for functions that vary over |x|, as log does
            steps += [small * 10.0**-p for p in range(1, 7)]
        apart: list[float] = []
        for step in sorted(steps, reverse=True):
            if not apart or step < apart[-1] / 3:  # two equal steps would agree always
                apart.append(step)
        tried = [d for d in map(self.central, apart) if np.isfinite(d.numeric)]
        if len(tried) < 2:
            return self.central()

        def error(coarse: Difference, fine: Difference) -> float:
            return abs(coarse.numeric - fine.numeric) + fine.noise

        def relative(pair: tuple[Difference, Difference]) -> float:
            size = max(abs(pair[0].numeric), abs(pair[1].numeric))
            # Zeros agree also where a step was too long or too short to see anything.
            return error(*pair) / size if size else 1e-3

        coarse, fine = min(itertools.pairwise(tried), key=relative)
        return fine._replace(noise=error(coarse, fine))

    def _size(self, value: Array, changed: Array) -> float:
        """Return the size of what was differenced: Σ|c ⊙ fn| over the elements that changed.

        If none did, over all: the step may have been lost in their rounding.
        """
        changed = changed if changed.any() else np.ones_like(changed)
        return float(np.sum(np.abs(self.subject.cotangent * value), where=changed))

    def _value(self, moved: Array) -> Array:
        data = self._base.astype(moved.dtype)
        data[self.indices] = moved
        return self.subject.at(self.number, data.reshape(self.subject.tensors[self.number].shape))
