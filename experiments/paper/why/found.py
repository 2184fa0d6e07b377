"""Finished runs of the study by part of the plan, model and setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from experiments.paper.why.choice import Accuracies, accuracies
from experiments.paper.why.decay import Decay
from experiments.paper.why.sentences import Sentences
from experiments.sweep import Run


class Found:
    """The finished runs of a folder.

    Names are ``why/PART/SETTING/MODEL/SENTENCES/RUN``, where SETTING may have several parts.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = {run.name: run for run in runs}
        self._by: dict[tuple[str, str], dict[str, list[Run]]] = {}
        for name, run in self.runs.items():
            _, part, *setting, model, _, _ = name.split("/")
            self._by.setdefault((part, model), {}).setdefault("/".join(setting), []).append(run)

    def of(self, part: str, model: str) -> dict[str, list[Run]]:
        """Return the runs of a model in a part by their setting."""
        return self._by.get((part, model), {})

    def accuracies(self, part: str, model: str) -> dict[str, Accuracies]:
        """Return best dev accuracies by setting and sentences."""
        return {setting: accuracies(runs) for setting, runs in self.of(part, model).items()}

    def cells(self, part: str, model: str) -> dict[Decay, Accuracies]:
        """Return the same by cell of the grid, for the parts "grid" and "final"."""
        return {Decay.of(runs[0].settings): accuracies(runs) for runs in self.of(part, model).values()}

    @property
    def hours(self) -> float:
        """CPU-hours of all runs together."""
        return sum(run.result["timing"]["cpu_seconds"] for run in self.runs.values()) / 3600


def on(found: Accuracies, sentences: Sequence[Sentences]) -> Accuracies:
    """Return the accuracies on some of the sentences only."""
    return {each: found[each] for each in sentences}
