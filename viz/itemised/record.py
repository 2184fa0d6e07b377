"""Itemised gradients of one training: for every loss of a text, what it sends to each state before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class ItemisedMoment:
    """A moment of the training, T losses long.

    Attributes
    ----------
    name : str
        When it was: "before training", for instance.
    bits : (T,) sequence of float
        The losses, in bits.
    sizes : mapping of str to (T,) sequence of str
        By the parts of the state, such as "h". Text t (from 0) has t + 1 letters: what the t-th loss sends to
        the states after characters 0, …, t, each as a letter of the run's `code`.
    """

    name: str
    bits: Sequence[float]
    sizes: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ItemisedRun:
    """A training of one network.

    Attributes
    ----------
    corpus, network, run : str
        What the text is from, which network it is, and which of its trainings.
    text : str
        T + 1 characters. The t-th loss is that of character t + 1.
    moments : sequence of ItemisedMoment
        At least one, in their order.
    code : mapping of str to float
        What each letter of the sizes stands for: ‖∂J/∂s‖, 0 for what is too small to tell.

    Raises
    ------
    ValueError
        If something is missing, or there is a letter that stands for nothing.
    """

    corpus: str
    network: str
    run: str
    text: str
    moments: Sequence[ItemisedMoment]
    code: Mapping[str, float]

    def __post_init__(self) -> None:
        name = f"{self.corpus}, {self.network}, {self.run}"
        losses = len(self.text) - 1
        if not self.moments or losses < 1:
            raise ValueError(f"{name}: at least one moment and two characters are needed")
        if wrong := [letter for letter in self.code if len(letter) != 1]:
            raise ValueError(f"{name}: a code has single letters, not {wrong[0]!r}")
        for moment in self.moments:
            if len(moment.bits) != losses or list(moment.sizes) != self.parts or not self.parts:
                raise ValueError(
                    f"{name}, {moment.name}: {losses} losses in bits and the parts {self.parts} are needed, "
                    f"not {len(moment.bits)} and {list(moment.sizes)}"
                )
            for part, rows in moment.sizes.items():
                if [len(row) for row in rows] != [*range(1, losses + 1)]:
                    raise ValueError(f"{name}, {moment.name}: {part} has not 1, 2, …, {losses} sizes")
                if unknown := set("".join(rows)) - set(self.code):
                    raise ValueError(f"{name}: {min(unknown)!r} stands for no size")

    @property
    def parts(self) -> list[str]:
        """The parts of the state."""
        return list(self.moments[0].sizes)

    def matrix(self, moment: int, part: str) -> npt.NDArray[np.float64]:
        """Return the sizes of a moment, (T, T): row t, column j is what loss t sends to the state after j.

        Above the diagonal it is NaN.
        """
        rows = self.moments[moment].sizes[part]
        found = np.full((len(rows), len(rows)), np.nan)
        for t, row in enumerate(rows):
            found[t, : t + 1] = [self.code[letter] for letter in row]
        return found

    def known(self) -> npt.NDArray[np.float64]:
        """Return all sizes that occur at any moment, each once, ascending."""
        letters = set().union(
            *(row for moment in self.moments for rows in moment.sizes.values() for row in rows)
        )
        return np.unique([self.code[letter] for letter in letters])
