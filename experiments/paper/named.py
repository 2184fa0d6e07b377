"""Settings with names, by which the paper's experiments are done more than once; each has folders of its own.

What a name says is written out, so that it stays what it is when a default changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.paper.settings import MODELS
from experiments.sweep.output import RESULTS


def _l2(cell: float, words: float, classifier: float) -> dict[str, float]:
    return {"l2": cell, "l2_words": words, "l2_classifier": classifier}


_EQUATIONS: dict[str, Any] = {
    "leaf_weights": "shared",
    "first_step": "adagrad",
    "eps": 1e-10,
    "shuffle": "every_epoch",
    "init": "fan_in",
}
_SEPARATE: dict[str, Any] = {**_EQUATIONS, "leaf_weights": "separate"}
# What the authors' program does (github.com/lephong/lstm-rnn) beside what the paper tells.
_AUTHORS: dict[str, Any] = {
    "leaf_weights": "separate",
    "first_step": "sgd",
    "eps": 1e-4,
    "shuffle": "once",
    "init": "fan_in",
}

Changes = Mapping[str, Any]  # of `Settings`
ByModel = Mapping[str, Changes]  # by model, since what suits one need not suit the other


def _both(**changes: Any) -> ByModel:
    return dict.fromkeys(MODELS, changes)


NAMED: Mapping[str, ByModel] = {
    "first-run": _both(**_EQUATIONS, **_l2(1e-3, 1e-3, 1e-3)),
    # Chosen by the rule of the study "why", with the equations' leaf matrices and with the authors'.
    "chosen-shared": _both(**_EQUATIONS, **_l2(1e-3, 0.0, 1e-3)),
    "chosen-separate": {
        "RNN": {**_SEPARATE, "init": "glorot", **_l2(1e-3, 1e-3, 1e-3)},
        "RLSTM": {**_SEPARATE, **_l2(1e-3, 0.0, 1e-3)},
    },
    "authors-1e-3": _both(**_AUTHORS, **_l2(1e-3, 1e-3, 1e-3)),  # the values in its README
    "authors-1e-4": _both(**_AUTHORS, **_l2(1e-4, 1e-4, 1e-5)),  # those that are compiled in
}
USUAL = "chosen-shared"  # the settings without a name: with seed 0 their folders have none either

_FOLDER = re.compile(r"(paper|ablate)-(?P<name>.+?)(-seed-(?P<seed>\d+))?(?P<smoke>-smoke)?")


@dataclass(frozen=True)
class Rows:
    """Rows of the paper's experiments, or of `ablate`, with settings that have a name.

    Attributes
    ----------
    name : str
        One of `NAMED`.
    seed : int
    scale : "smoke" or "paper"
    """

    name: str
    seed: int = 0
    scale: str = "paper"

    @classmethod
    def of(cls, out: Path) -> Rows | None:
        """Return whose rows are in a folder, judging by its name; None if they are no named ones."""
        found = _FOLDER.fullmatch(out.name)
        if out.absolute().parent != RESULTS or found is None or found["name"] not in NAMED:
            return None
        return cls(found["name"], int(found["seed"] or 0), "smoke" if found["smoke"] else "paper")

    @classmethod
    def read(cls, text: str) -> Rows:
        """Read a name, or a name and a seed, as in ``first-run:79``.

        Raises
        ------
        ValueError
            If there are no settings of that name, or the seed is no number.
        """
        name, colon, seed = text.partition(":")
        if name not in NAMED or (colon and not (seed.isascii() and seed.isdecimal())):
            raise ValueError(f"NAME or NAME:SEED is wanted, NAME one of {', '.join(NAMED)}, not {text!r}")
        return cls(name, int(seed or 0))

    @property
    def folder(self) -> Path:
        """The folder of the three experiments."""
        if (self.name, self.seed) == (USUAL, 0):
            return RESULTS / self.scale
        return self._folder("paper")

    @property
    def ablation(self) -> Path:
        """The folder of `ablate`."""
        if (self.name, self.seed) == (USUAL, 0):
            return RESULTS / f"ablate{self._smoke}"
        return self._folder("ablate")

    @property
    def dev_ratios(self) -> bool:
        """Whether Experiment 3 measures dev sentences, too; the first run did not."""
        return (self.name, self.seed) != ("first-run", 0)

    @property
    def measured_treebank(self) -> Path:
        """The folder that keeps what was measured of a treebank, which is the same for all settings."""
        return Rows(USUAL, 0, self.scale).folder

    @property
    def options(self) -> str:
        """The options that name them on a command line."""
        return f"--settings {self.name}" + (f" --seed {self.seed}" if self.seed else "")

    @property
    def title(self) -> str:
        """What a table calls them."""
        return f"{self.name}, seed {self.seed}"

    @property
    def _smoke(self) -> str:
        return "-smoke" if self.scale == "smoke" else ""

    def _folder(self, of: str) -> Path:
        return RESULTS / f"{of}-{self.name}{f'-seed-{self.seed}' if self.seed else ''}{self._smoke}"
