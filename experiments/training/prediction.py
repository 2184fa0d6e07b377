"""What a trained model says of sentences: a class and its probability for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import models
from models.cells import check_kind, is_chain_cell
from viz.rooted import AnyTree, rooted

BATCH = 500  # trees that are run at once


@dataclass
class Predictions:
    """The predictions of a model, and what it did not know.

    Attributes
    ----------
    model : TreeClassifier
    mode : str
        Of the fold.
    words : int
        How many words were read.
    unknown : Counter of str
        Those that the model does not know, each with its count.
    """

    model: models.TreeClassifier
    mode: str = "compiled"
    words: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def of(self, trees: Iterable[tuple[AnyTree, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        """Yield a record per tree: what was told of it, its label, all probabilities, and its unknown words.

        Only the roots are classified; labels of the trees are not read.

        Raises
        ------
        ForestError
            If a tree is not binary, or not of the kind that the model reads.
        VocabularyError
            If a word is unknown and the model has no entry for such words.
        """
        waiting = iter(trees)
        while batch := list(islice(waiting, BATCH)):
            forest = self._forest([tree for tree, _ in batch], batch)
            for (tree, told), p in zip(batch, self.model.probabilities(forest, self.mode), strict=True):
                yield {**told, **self._record(tree, p)}

    def _forest(self, trees: list[Any], batch: list[tuple[Any, dict[str, Any]]]) -> Any:
        try:
            return self._read(trees)
        except (models.ForestError, models.VocabularyError):
            for tree, told in batch:
                try:
                    self._read([tree])
                except (models.ForestError, models.VocabularyError) as error:
                    text = str(error).replace(" of tree 1", "", 1)
                    raise type(error)(f"{told['file']}, line {told['line']}: {text}") from None
            raise

    def _read(self, trees: list[Any]) -> Any:
        # A label, any class, at the root alone: a model that classifies labelled nodes classifies it then.
        bare = [rooted(tree, 0) for tree in trees]
        kind: Any = models.TreeForest if isinstance(bare[0], models.DependencyTree) else models.Forest
        forest = kind(bare, self.model.vocabulary)
        check_kind(self.model.cell, forest)
        return models.as_chains(forest) if is_chain_cell(self.model.cell) else forest

    def _record(self, tree: AnyTree, p: Any) -> dict[str, Any]:
        words = tree.words()
        unknown = [word for word in words if word not in self.model.vocabulary]
        self.words += len(words)
        self.unknown.update(unknown)
        probabilities = {self.model.name(k): round(float(share), 6) for k, share in enumerate(p)}
        record = {"label": self.model.name(int(p.argmax())), "probabilities": probabilities}
        return {**record, "unknown": unknown} if unknown else record
