"""A cell of the grid: L2 on the words, L2 on everything else, and the matrices of leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

LEAF_WEIGHTS = ("shared", "separate")
WORDS = (0.0, 1e-4, 1e-3)
REST = (1e-4, 1e-3)


@dataclass(frozen=True, order=True)
class Decay:
    """One of the settings that are fully crossed.

    Attributes
    ----------
    leaf_weights : "shared" or "separate"
    words : float
        L2 on the word vectors of the minibatch.
    rest : float
        L2 on the parameters of cell and classifier.
    """

    leaf_weights: str
    words: float
    rest: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Decay:
        """Return the one that a stored run was trained with."""
        return cls(settings["leaf_weights"], settings["l2_words"], settings["l2"])

    @property
    def changes(self) -> dict[str, Any]:
        """The settings of a run that it decides."""
        return {
            "leaf_weights": self.leaf_weights,
            "l2_words": self.words,
            "l2": self.rest,
            "l2_classifier": self.rest,
        }

    @property
    def name(self) -> str:
        """Its part in the name of a run."""
        return f"{self.leaf_weights}/words-{self.words:g}/rest-{self.rest:g}"

    @property
    def title(self) -> str:
        """Its name in tables and figures."""
        return f"L2 {self.rest:g}, words {self.words:g}, {self.leaf_weights}"

    @property
    def simplicity(self) -> int:
        """How many statements the two values of L2 need; of settings that can't be told apart the least wins.

        0: one value for everything. 1: one value, and none on words. 2: two values.
        """
        return 0 if self.words == self.rest else 1 if self.words == 0 else 2


FIRST_RUN = Decay("shared", 1e-3, 1e-3)  # the defaults of `Settings`
GRID = tuple(Decay(*each) for each in product(LEAF_WEIGHTS, WORDS, REST))
