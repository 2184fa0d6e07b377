"""One sentence before training and after it: where its gradient goes, drawn and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import models
import viz
from experiments.paper.data import CLASSES, keyword_rows

DEPTH = 8  # of the keyword that is drawn and spoken of
LEAVES = 16  # of the largest tree that is drawn
GUESSING = 1 / CLASSES
TINY = np.finfo(np.float64).tiny
NO_BETTER = 0.03  # above guessing: an accuracy that 1,000 test sentences hardly tell from it


@dataclass(frozen=True)
class Trained:
    """A model, and how it started.

    Attributes
    ----------
    model : TreeClassifier
        With the parameters of its best epoch.
    start : dict
        Its parameters before the first update.
    best_epoch : int
    accuracy : float
        On test.
    before, after : dict
        Median gradient ratio of keyword to root by keyword depth, over the training sentences: before the
        first update, and in the best epoch.
    """

    model: models.TreeClassifier
    start: dict[str, np.ndarray]
    best_epoch: int
    accuracy: float
    before: Mapping[int, float]
    after: Mapping[int, float]

    def titles(self, name: str) -> tuple[str, str]:
        """Return what the two pictures of the model are called."""
        return f"{name} before training", f"{name} after training: {self.accuracy:.0%} right"

    @property
    def guesses(self) -> bool:
        """Whether the accuracy is hardly better than chance."""
        return self.accuracy < GUESSING + NO_BETTER

    def success(self) -> str:
        """Return in words what the accuracy means."""
        if self.guesses:
            return "still guesses"
        return "finds the keyword" if self.accuracy > 0.5 else "finds some of the keywords"

    def recovered(self, depth: int) -> bool:
        """Tell whether training has multiplied the median ratio at a depth by ten or more."""
        return self.after.get(depth, 0.0) >= 10 * self.before.get(depth, np.inf)

    def norms(self, forest: models.Forest, mode: str = "level") -> tuple[np.ndarray, np.ndarray]:
        """Return ‖∂J/∂p‖ of every node, two arrays (number of nodes,): before training, and after."""
        trained = self.model.state_dict()
        after = viz.gradient_norms(self.model, forest, mode)
        self.model.load_state_dict(self.start)
        before = viz.gradient_norms(self.model, forest, mode)
        self.model.load_state_dict(trained)
        return before, after


def typical_sentence(trained: Mapping[str, Trained], forest: models.Forest) -> models.Forest:
    """Choose the sentence to draw: the one whose gradient ratios are nearest to the medians that are told.

    Among the sentences with at most `LEAVES` words and a keyword at depth `DEPTH` (any sentence, if there is
    none). Distances are those of logarithms, summed over the models, before training and after.
    """
    nodes = np.diff(forest.root, prepend=-1)
    suitable = np.flatnonzero((forest.depth[keyword_rows(forest)] == DEPTH) & (nodes < 2 * LEAVES))
    candidates = forest.select(suitable if len(suitable) else slice(None))
    keyword = keyword_rows(candidates)
    distance = np.zeros(len(candidates))
    for each in trained.values():
        for norm, medians in zip(each.norms(candidates), (each.before, each.after), strict=True):
            ratio = np.maximum(norm[keyword], TINY) / np.maximum(norm[candidates.root], TINY)
            usual = [medians.get(int(depth), np.nan) for depth in candidates.depth[keyword]]
            distance += np.abs(np.log(ratio / usual))
    return candidates.select([int(np.argmin(np.nan_to_num(distance, nan=np.inf)))])


def pictures(
    trained: Mapping[str, Trained],
    sentence: models.Forest,
    norms: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> dict[str, viz.Comparison]:
    """Return pictures of the sentence's tree by file name, all on one scale.

    One per model, before training and after, with numbers; and ``sentence``, without: the first model before
    training, then every model after it. A node's colour is its gradient norm as a share of the root's: the
    loss of a trained model is small, and so are all its gradients, but shares can be compared.

    Parameters
    ----------
    trained : mapping from a model's name to what is known of it
    sentence : Forest
        Of one tree.
    norms : mapping from a model's name to two arrays
        Of the sentence, as `Trained.norms` returns them.
    """
    tree, keyword = sentence.to_tree(0), int(keyword_rows(sentence)[0])
    panels = {name: dict(zip(trained[name].titles(name), both, strict=True)) for name, both in norms.items()}
    scale = viz.RatioScale.fit(*(values for both in norms.values() for values in both))
    first, *others = (list(both.items()) for both in panels.values())
    story = dict([*first, *(after for _, after in others)])
    return {
        "sentence": viz.compare(tree, story, scale, keyword=keyword, numbers=False),
        **{name.lower(): viz.compare(tree, both, scale, keyword=keyword) for name, both in panels.items()},
    }


def told(trained: Mapping[str, Trained]) -> str:
    """Return in words what the medians and the accuracies show; every number is one of `trained`'s."""
    depth = max(d for each in trained.values() for d in each.before if d <= DEPTH)
    gone = ", ".join(f"{short(each.before.get(depth))} in the {name}" for name, each in trained.items())
    lines = [
        f"Before training, the share of the root's gradient that reaches a keyword {depth} levels down is",
        f"{gone} (medians).",
    ]
    for name, each in trained.items():
        verb = "is back up to" if each.recovered(depth) else "is"
        lines.append(
            f"After epoch {each.best_epoch} the {name}'s {verb} {short(each.after.get(depth))}, and it "
            f"{each.success()}: {each.accuracy:.1%} of the test sentences are right."
        )
    if any(each.recovered(depth) and each.guesses for each in trained.values()):
        lines.append("A gradient that arrives does not by itself make a network learn.")
    return "\n".join(lines)


def short(ratio: float | None) -> str:
    """Return a ratio with two digits after the point, or its order of magnitude if it is small."""
    if ratio is None:
        return "–"
    return f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.0e}".replace("e-0", "e-")
