"""What the rule of choice says of the finished runs."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.paper.settings import MODELS
from experiments.paper.why.choice import Accuracies, Scored, accuracies, candidates, choose, scored
from experiments.paper.why.decay import FIRST_RUN, LEAF_WEIGHTS, Decay
from experiments.paper.why.extent import Extent
from experiments.paper.why.found import Found, on

DRAW = "draw-"  # begins the name of a challenger that was drawn at random


@dataclass(frozen=True)
class Successor:
    """A challenger that has taken the best cell's place.

    Attributes
    ----------
    base : Decay
        The best cell.
    name : str
        Of the single change to it, or of the random draw.
    leaf_weights : "shared" or "separate"
        What it is itself trained with.
    """

    base: Decay
    name: str
    leaf_weights: str

    @property
    def title(self) -> str:
        """Its name in tables."""
        return self.name if self.name.startswith(DRAW) else f"{self.base.title}, {self.name}"


Choice = Decay | Successor  # for one model alone
Alone = Scored[Decay] | Scored[Successor]
Pair = tuple[Choice, Choice]  # of RNN and RLSTM


def own_candidates(found: Found, model: str) -> list[Decay]:
    """Return the cells that a model is trained with again, after its grid."""
    return candidates(found.cells("grid", model), FIRST_RUN)


def all_candidates(found: Found, model: str) -> list[Decay]:
    """Return these, and for the RNN also the RLSTM's, so that one setting can be chosen for both."""
    own = own_candidates(found, model)
    others = own_candidates(found, "RLSTM") if model == "RNN" else []
    return [*own, *(cell for cell in others if cell not in own)]


def own_scores(found: Found, model: str) -> list[Scored[Decay]]:
    """Return the scores of a model's own candidates."""
    cells = found.cells("final", model)
    return [scored(cell, cells[cell]) for cell in own_candidates(found, model)]


def best_cell(found: Found, model: str) -> Decay:
    """Return the cell that single changes are made to: the choice among all own candidates."""
    return choose(own_scores(found, model), lambda cell: cell.simplicity).setting


@dataclass(frozen=True)
class Decision:
    """What is chosen with one form of leaf matrices.

    Attributes
    ----------
    own : dict of Scored
        By model: the choice for it alone, be it a cell or what has taken the best cell's place.
    joint : Scored
        The choice of one setting for both.
    pair : Scored
        Both own choices, scored together.
    chosen : tuple of Decay or Successor
        Of RNN and RLSTM: the joint setting if the intervals of `joint` and `pair` overlap, else the pair.
    """

    own: dict[str, Alone]
    joint: Scored[Decay]
    pair: Scored[Pair]
    chosen: Pair


def decide(found: Found) -> dict[str, Decision]:
    """Return the decision for each form of leaf matrices, once all candidates are trained."""
    cells = {model: found.cells("final", model) for model in MODELS}
    alone = {model: _alone(found, model) for model in MODELS}
    decisions = {}
    for form in LEAF_WEIGHTS:
        own = {model: alone[model][form] for model in MODELS}
        both = [cell for cell in own_candidates(found, "RLSTM") if cell.leaf_weights == form]
        joint = choose(
            [scored(cell, *(cells[model][cell] for model in MODELS)) for cell in both],
            lambda cell: cell.simplicity,
        )
        pair = (own["RNN"].setting, own["RLSTM"].setting)
        together = scored(pair, *(_accuracies(found, model, one.setting) for model, one in own.items()))
        one_for_both = (joint.setting, joint.setting)
        chosen = one_for_both if joint.overlaps(together) else pair
        decisions[form] = Decision(own, joint, together, chosen)
    return decisions


def _alone(found: Found, model: str) -> dict[str, Alone]:
    """Return the choice for a model alone, by form of leaf matrices."""
    scores = own_scores(found, model)
    chosen: dict[str, Alone] = {
        form: choose(
            [one for one in scores if one.setting.leaf_weights == form], lambda cell: cell.simplicity
        )
        for form in LEAF_WEIGHTS
    }
    taken = replaced(found, model)
    return chosen if taken is None else {**chosen, taken.setting.leaf_weights: taken}


def _accuracies(found: Found, model: str, setting: Choice) -> Accuracies:
    if isinstance(setting, Successor):
        return accuracies(found.of("challenger", model)[setting.name])
    return found.cells("final", model)[setting]


@dataclass(frozen=True)
class Challenger:
    """A single change, or a random draw, that does better than the best cell where it was tried.

    Attributes
    ----------
    part : "one" or "again"
    setting : str
        Its name there.
    """

    part: str
    setting: str


def best_draws(found: Found, model: str, extent: Extent) -> list[str]:
    """Return the names of the random draws that are trained again, the best first."""
    tried = found.accuracies("search", model)
    return sorted(tried, key=lambda name: (-scored(name, tried[name]).score, int(name)))[: extent.best]


def challenger(found: Found, model: str, extent: Extent) -> Challenger | None:
    """Return the best of those whose interval lies wholly above the best cell's on the same sentences."""
    base = best_cell(found, model)
    there = scored(base, on(found.cells("final", model)[base], extent.one[model]))
    above: list[Scored[Challenger]] = []
    for part in ("one", "again"):
        for name, of in found.accuracies(part, model).items():
            one = scored(Challenger(part, name), of)
            if one.lower > there.upper:
                above.append(one)
    return max(above, key=lambda one: one.score).setting if above else None


def replaced(found: Found, model: str) -> Scored[Successor] | None:
    """Return what takes the best cell's place: a challenger whose interval lies wholly above it.

    None if there is no such one, or not yet: it has to be trained on all sentences of the candidates.
    """
    base = best_cell(found, model)
    of_base = found.cells("final", model)[base]
    there = scored(base, of_base)
    for name, runs in found.of("challenger", model).items():
        of_runs = accuracies(runs)
        if of_runs.keys() == of_base.keys():
            one = scored(Successor(base, name, runs[0].settings["leaf_weights"]), of_runs)
            if one.lower > there.upper:
                return one
    return None
