"""How gradients go back before training, at moments during it, and afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.studies.exam import outcomes
from experiments.studies.text.data import Data
from experiments.studies.text.decades import encode
from experiments.studies.text.itemised import itemised, varied
from experiments.studies.text.reach import WARM_UP, reach
from experiments.studies.text.settings import Settings
from experiments.studies.text.windows import LONGEST, chains
from experiments.training.watcher import Watcher

DIGITS = 4  # of medians of gradients
LOSS_DIGITS = 3


class Moments(Watcher):
    """Looks at a model during training, as soon as so many characters were trained on.

    Parameters
    ----------
    look : function
        Returns what is found, JSON values. It must draw nothing that training draws.
    characters : sequence of int
        The moments, ascending; those that training does not reach are left out.

    Attributes
    ----------
    found : list of dict
        What was found at each moment, and "characters", how many it were after that update.
    """

    def __init__(self, look: Callable[[], dict[str, Any]], characters: Sequence[int]) -> None:
        self._look, self._characters = look, characters
        self._seen = 0
        self.found: list[dict[str, Any]] = []

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Count the characters; look if there are enough."""
        before = self._seen
        self._seen += len(forest.inner)
        if any(before < moment <= self._seen for moment in self._characters):
            self.found.append({"characters": self._seen, **self._look()})

    def state_dict(self) -> dict[str, Any]:
        """Return the count, and what was found."""
        return {"seen": self._seen, "found": self.found}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from them."""
        self._seen, self.found = state["seen"], list(state["found"])


class Look:
    """What is looked at in a model at each moment: the same places of dev, and the same excerpt.

    Parameters
    ----------
    settings : Settings
    of : Data

    Attributes
    ----------
    excerpt : dict
        "document", its name; "start", the excerpt's first place there; "text", the characters that are read,
        and one more, whose loss is the last.
    """

    def __init__(self, settings: Settings, of: Data) -> None:
        self._settings, self._texts = settings, of.parts["dev"]
        number, start = varied(of, settings.excerpt)
        end = start + settings.excerpt + 1
        document = of.corpus.parts["dev"][number]
        self.excerpt = {"document": document.name, "start": start, "text": document.text[start:end]}
        self._numbers = self._texts[number][start - WARM_UP : end]

    def __call__(self, model: models.TreeClassifier) -> dict[str, Any]:
        """Return medians by distance, "reach", and the excerpt's "itemised" gradients, of a model.

        "itemised" has by the parts of the state, such as "h", a text for each loss of the excerpt: the sizes
        of what it sends to the states up to its place, as `decades.encode` writes them. "arriving" has by
        parts the size of what all these losses together send to each state, which is less than the sum of
        sizes where they disagree; "bits" has the losses.
        """
        return {"reach": self._reach(model), "itemised": self._itemised(model)}

    def _reach(self, model: models.TreeClassifier) -> dict[str, list[float]]:
        settings = self._settings
        rng = np.random.default_rng(settings.seeds["places"])  # the same places every time
        sizes = {"places": settings.places, "longest": settings.longest}
        found = reach(model, self._texts, rng, **sizes, mode=settings.mode)
        return {part: [float(f"{value:.{DIGITS}g}") for value in curve] for part, curve in found.items()}

    def _itemised(self, model: models.TreeClassifier) -> dict[str, Any]:
        mode, forest = self._settings.mode, chains([self._numbers], model.vocabulary, LONGEST)
        bits = outcomes(model, forest, mode)[0][WARM_UP:] / np.log(2)
        found: dict[str, Any] = {"bits": [round(float(value), LOSS_DIGITS) for value in bits], "arriving": {}}
        for part, vectors in itemised(model, self._numbers, WARM_UP, mode).items():
            exact = vectors.astype(np.float64)
            found["arriving"][part] = encode(np.linalg.norm(exact.sum(axis=0), axis=1))
            sizes = np.linalg.norm(exact, axis=2)
            found[part] = [encode(own[: t + 1]) for t, own in enumerate(sizes)]
        return found
