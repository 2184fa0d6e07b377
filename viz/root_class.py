"""Which class a picture's gradients are of, and which one the model predicts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import minigrad as mg
from models.classifier import TreeClassifier
from models.notation import shorten
from viz.rooted import AnyTree, rooted_forest

_PER_LINE = 3


@dataclass(frozen=True)
class RootClass:
    """The class at the root whose cross-entropy is J, beside the one that a model predicts.

    Attributes
    ----------
    of : int
    predicted : int
    probability : float
        Of the class that is predicted.
    names : tuple of str or None
        The classes' names.
    """

    of: int
    predicted: int
    probability: float
    names: tuple[str, ...] | None = None

    def called(self, number: int) -> str:
        """Return a class in words, by name or number."""
        return f"class {number}" if self.names is None else f"class '{shorten(self.names[number])}'"

    def __str__(self) -> str:
        return f"{self.called(self.predicted)} (p = {self.probability:.2f})"


def root_class(model: TreeClassifier, tree: AnyTree, label: int | str | None = None) -> RootClass:
    """Return the class that `root_gradient_norms` differentiates, and the model's; errors as there."""
    forest = rooted_forest(model, tree, label)
    training = model.training
    model.eval()
    try:
        with mg.no_grad():
            p = mg.softmax(model(forest, "level")[0]).data[0]
    finally:
        model.train(training)
    predicted = int(p.argmax())
    return RootClass(int(forest.label[forest.root[0]]), predicted, float(p[predicted]), model.names)


def in_words(classes: Mapping[str, RootClass]) -> str:
    """Say whose cross-entropy J is and what every model predicts, for a caption: a few lines.

    Parameters
    ----------
    classes : mapping of str to RootClass
        By the models' titles.
    """
    of = {each.called(each.of) for each in classes.values()}
    which = of.pop() if len(of) == 1 else "the class that each model predicts"
    told = [f"{title}: {each}" if len(classes) > 1 else str(each) for title, each in classes.items()]
    lines = [", ".join(told[k : k + _PER_LINE]) for k in range(0, len(told), _PER_LINE)]
    return "\n".join([f"J: cross-entropy of {which} at the root", f"predicted: {lines[0]}", *lines[1:]])
