"""Initial values of a cell's parameters, drawn in the order in which the cell asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.nn import Parameter, initial

FORGET_BIAS = 1.0  # a gate of σ(1) ≈ 0.73: most of a memory is kept before anything is learned


class Draw:
    """Makes the parameters of one cell.

    Parameters
    ----------
    rng : numpy.random.Generator
    dtype
        float32 or float64.
    """

    def __init__(self, rng: np.random.Generator, dtype: Any) -> None:
        self._rng, self._dtype = rng, dtype

    def matrix(self, rows: int, columns: int, fan_in: int) -> Parameter:
        """Return a matrix from U(±1/√fan_in).

        `fan_in` is the number of inputs of one unit, over all matrices that feed it, as in the code of Le &
        Zuidema (2016).
        """
        return self.tensor((rows, columns), fan_in)

    def tensor(self, shape: tuple[int, ...], fan_in: int) -> Parameter:
        """Return an array of any shape, drawn as a `matrix` is."""
        return Parameter(initial("fan_in_uniform", self._rng, shape, self._dtype, fan_in=fan_in))

    def bias(self, D: int, value: float = 0.0) -> Parameter:
        """Return a vector with the same value everywhere.

        Forget gates take `FORGET_BIAS` (Gers et al. 2000; Jozefowicz et al. 2015): with 0 every gate starts
        half closed, and halves the memory and its gradient at each step.
        """
        return Parameter(initial("zeros", self._rng, (D,), self._dtype) + np.asarray(value, self._dtype))
