"""A claim of the paper, and a decision about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiments.paper.stored import NoRows, Stored
from experiments.sweep.wording import verdict

NO_ROWS = "no rows"


@dataclass(frozen=True)
class Evidence:
    """Everything that claims are decided by.

    Attributes
    ----------
    runs : Stored
        The paper's three experiments.
    ablation : Stored
        The runs of `ablate`.
    treebank : dict or None
        What `experiments.paper.treebank.measure` returned, if a treebank was measured.
    """

    runs: Stored
    ablation: Stored
    treebank: dict[str, Any] | None = None


Decide = Callable[[Evidence], tuple[bool, bool, str]]


@dataclass(frozen=True)
class Decision:
    """A verdict and the numbers behind it.

    Attributes
    ----------
    verdict : str
        ``holds``, ``partly``, ``does not hold`` or ``no rows``.
    measured : str
        The numbers; without rows, what is missing.
    command : str or None
        Without rows: what makes them, as `experiments.paper.stored.command_line` takes it.
    """

    verdict: str
    measured: str
    command: str | None = None


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper and the criterion by which runs decide it.

    Attributes
    ----------
    id : int
    where : str
        The section of the paper.
    sentence : str
        The paper's words.
    criterion : str
        When it holds, and when partly; B is the best of a dataset's runs, M their median.
    """

    id: int
    where: str
    sentence: str
    criterion: str
    _decide: Decide

    def decide(self, evidence: Evidence) -> Decision:
        """Return the decision that the evidence supports."""
        try:
            holds, partly, measured = self._decide(evidence)
            return Decision(verdict(holds, partly), measured)
        except NoRows as missing:
            return Decision(NO_ROWS, missing.what, missing.command)


def claim(id: int, where: str, sentence: str, holds: str, partly: str | None) -> Callable[[Decide], Claim]:
    """Make a claim of a function that returns whether it holds, whether it holds partly, and the numbers."""
    criterion = f"holds: {holds}" + (f"; partly: {partly}" if partly else "")
    return lambda decide: Claim(id, where, sentence, criterion, decide)
