"""A cell with clamped units: what does a network lose when some of its units say nothing?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg
from minigrad.nn import Parameter


class Clamped(mg.Cell):
    """A cell, some of whose units have a fixed value after each step, so that they carry nothing on.

    Parameters
    ----------
    cell : Cell
    means : mapping of str to (D,) array
        By part: the values.
    units : int or sequence of int
        The columns that are clamped, in every part: an LSTM's memory and what it shows of it.
    """

    def __init__(
        self, cell: Any, means: Mapping[str, npt.NDArray[np.floating]], units: int | Sequence[int] = ()
    ) -> None:
        self.cell, self.parts, self.right_parts = cell, cell.parts, cell.right_parts
        dtype, D = cell.parameters()[0].dtype, cell.parts[0].width
        self._means = tuple(np.asarray(means[part.name], dtype) for part in cell.parts)
        self.keep = Parameter(np.ones(D, dtype))
        for part in cell.parts:
            setattr(self, f"fill_{part.name}", Parameter(np.zeros(D, dtype)))
        self.clamp(units)

    def clamp(self, units: int | Sequence[int]) -> None:
        """Clamp these units and no others: compiled code is the same for all, so that many can be tried."""
        clamped = np.isin(np.arange(len(self.keep.data)), units)
        self.keep.data[...] = ~clamped
        for part, mean in zip(self.parts, self._means, strict=True):
            getattr(self, f"fill_{part.name}").data[...] = clamped * mean

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        """Return the cell's state with the units clamped."""
        found = self.cell.compose(left, right)
        states = found if isinstance(found, Mapping) else {self.parts[0].name: found}
        return {name: state * self.keep + getattr(self, f"fill_{name}") for name, state in states.items()}
