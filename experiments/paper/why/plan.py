"""The parts of the study in their order, what each trains, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.paper.settings import MODELS, SCALES
from experiments.paper.why.decay import GRID, LEAF_WEIGHTS
from experiments.paper.why.decision import (
    DRAW,
    all_candidates,
    best_cell,
    best_draws,
    challenger,
)
from experiments.paper.why.extent import EXTENTS, FIRST_OF
from experiments.paper.why.found import Found
from experiments.paper.why.sentences import Sentences, job
from experiments.paper.why.variants import SINGLE, drawn
from experiments.sweep import Job

# Measured with seed 77, at the paper's size: CPU-seconds per tree node, and epochs until early stopping.
NODE_SECONDS = {
    ("RLSTM", "shared"): 1.3e-6, ("RLSTM", "separate"): 1.9e-6,
    ("RNN", "shared"): 0.3e-6, ("RNN", "separate"): 0.4e-6,
}  # fmt: skip
EPOCHS = 15

SEED = 78  # of all that is chosen here; the paper's runs have others

Settings = Mapping[str, Mapping[str, Any]]  # changes to the paper's settings, by the names of settings


@dataclass(frozen=True)
class Part:
    """Runs that need nothing but the rows of the parts before.

    Attributes
    ----------
    kind : str
        A key of `FIRST_OF`.
    model : "RNN" or "RLSTM"
    what : str
        In words.
    at_most : int
        The number of settings; of some parts it is not known before they begin.
    sentences : sequence of Sentences
    runs : int
        Of each setting on each sentences.
    settings : function of what is found
        Returns the settings.
    """

    kind: str
    model: str
    what: str
    at_most: int
    sentences: Sequence[Sentences]
    runs: int
    settings: Callable[[Found], Settings]

    @property
    def most_runs(self) -> int:
        """How many runs it has, at most."""
        return self.at_most * len(self.sentences) * self.runs


class Plan:
    """The study at a scale.

    Parameters
    ----------
    scale : "smoke" or "paper"
    seed : int
        Of data, weights, order and random draws.
    runs : int, optional
        Of each setting, if not as many as the scale has; random draws have one in any case.
    """

    def __init__(self, scale: str, seed: int = SEED, runs: int | None = None) -> None:
        self.size, self.extent, self.seed = SCALES[scale], EXTENTS[scale], seed
        if runs is not None:
            self.extent = replace(self.extent, grid_runs=runs, final_runs=runs, again=runs)
        self.parts = tuple(self._parts())

    def jobs(self, part: Part, found: Found) -> list[Job]:
        """Return the runs of a part, once those before it are finished."""
        return list(self._jobs(part, part.settings(found)))

    def hours(self, part: Part) -> float:
        """Return how many CPU-hours a part may take."""
        seconds = sum(NODE_SECONDS[part.model, form] for form in LEAF_WEIGHTS) / len(LEAF_WEIGHTS)
        nodes = sum(one.work for one in self._jobs(part, {"any": {}}))
        return part.at_most * nodes * EPOCHS * seconds / 3600

    def _jobs(self, part: Part, settings: Settings) -> Iterator[Job]:
        first = FIRST_OF[part.kind]
        for name, changes in settings.items():
            for sentences in part.sentences:
                for run in range(first, first + part.runs):
                    yield job(
                        f"{part.kind}/{name}",
                        part.model,
                        sentences,
                        run,
                        size=self.size,
                        seed=self.seed,
                        changes=changes,
                    )

    def _parts(self) -> Iterator[Part]:
        of, every = self.extent, {cell.name: cell.changes for cell in GRID}
        for model in reversed(MODELS):  # the RLSTM's first: they answer the question
            for sentences in of.grid[model]:
                what = "L2 on words, on the rest, leaf matrices: fully crossed"
                yield Part("grid", model, what, len(GRID), sentences, of.grid_runs, lambda found: every)
        for model in reversed(MODELS):
            most = 5 if model == "RLSTM" else 9
            what = "the two best cells of each leaf form, and the first run's"
            if model == "RNN":
                what += "; and the RLSTM's"
            yield Part(
                "final", model, what, most, of.final[model], of.final_runs, self._of(model, _finalists)
            )
        for model in reversed(MODELS):
            what = "one change to the best cell"
            settings = self._of(model, _single)
            yield Part("one", model, what, len(SINGLE), of.one[model], of.final_runs, settings)
        for model in reversed(MODELS):
            what, settings = "settings drawn at random", self._of(model, self._draws)
            yield Part("search", model, what, of.draws, of.one[model], 1, settings)
            what, settings = "the best of them with fresh seeds", self._of(model, self._best_draws)
            yield Part("again", model, what, of.best, of.one[model], of.again, settings)
        for model in reversed(MODELS):
            what = "what did better than the best cell in one of the two parts before, if anything"
            settings = self._of(model, self._challenger)
            yield Part("challenger", model, what, 1, of.final[model], of.final_runs, settings)

    @staticmethod
    def _of(model: str, settings: Callable[[Found, str], Settings]) -> Callable[[Found], Settings]:
        return lambda found: settings(found, model)

    def _draws(self, found: Found, model: str) -> Settings:
        return self._drawn(model, range(1, self.extent.draws + 1))

    def _best_draws(self, found: Found, model: str) -> Settings:
        return self._drawn(model, map(int, best_draws(found, model, self.extent)))

    def _drawn(self, model: str, numbers: Iterable[int]) -> Settings:
        return {str(number): drawn(model, number, self.seed) for number in numbers}

    def _challenger(self, found: Found, model: str) -> Settings:
        one = challenger(found, model, self.extent)
        if one is None:
            return {}
        if one.part == "one":
            return {one.setting: _single(found, model)[one.setting]}
        return {f"{DRAW}{one.setting}": drawn(model, int(one.setting), self.seed)}


def _finalists(found: Found, model: str) -> Settings:
    return {cell.name: cell.changes for cell in all_candidates(found, model)}


def _single(found: Found, model: str) -> Settings:
    base = best_cell(found, model).changes
    return {name: {**base, **change} for name, change in SINGLE.items()}
