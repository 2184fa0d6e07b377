"""The treebank's three files as forests, and their common vocabulary."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import parent_process
from pathlib import Path

import numpy as np
from tqdm import tqdm

import models
from experiments.sentiment.names import root_names, tell_mixed, with_numbers
from experiments.sentiment.settings import UNKNOWN, Settings
from experiments.training.treebank import PARTS, USUAL, read_parts
from minigrad.nn import StateError
from minigrad.waiting import waiting
from viz.reading import Reading, with_options


@dataclass(frozen=True)
class Treebank:
    """What is in the files.

    Attributes
    ----------
    trees : mapping of str to lists of Tree
        By the name of the part: train, dev, test.
    sha256 : mapping of str to str
        Of the files, by the same names.
    classes : int
        As many as there are labels in train, from 0 on.
    names : tuple of str or None
        Of the classes, if they have names; the trees' labels are their numbers.
    """

    trees: Mapping[str, list[models.Tree]]
    sha256: Mapping[str, str]
    classes: int = 0
    names: tuple[str, ...] | None = None

    def words(self, *parts: str) -> Iterator[str]:
        """Yield the words of some parts, one by one in their order."""
        return (word for part in parts for tree in self.trees[part] for word in tree.words())


@dataclass(frozen=True)
class Sets:
    """What a run trains and is measured on.

    Attributes
    ----------
    train, dev, test : Forest
        With one vocabulary.
    vectors : WordVectors or None
        What the words start from, if not from random vectors.
    classes : int
    names : tuple of str or None
        Of the classes.
    """

    train: models.Forest
    dev: models.Forest
    test: models.Forest
    vectors: models.WordVectors | None
    classes: int
    names: tuple[str, ...] | None = None

    def as_chains(self) -> Sets:
        """Return the sentences as left-branching chains, with the roots' classes and no others.

        The leaf at the start, which no cell reads, has the unknown word. L2 shrinks the vectors of the words
        of a minibatch, and the unknown word is in nearly every one anyway.
        """
        start = self.train.vocabulary[UNKNOWN]
        train, dev, test = (models.as_chains(forest, start) for forest in (self.train, self.dev, self.test))
        return Sets(train, dev, test, self.vectors, self.classes, self.names)


@lru_cache(maxsize=1)
def read_treebank(folder: Path, reading: Reading = USUAL) -> Treebank:
    """Read the files that `read_parts` reads: binary trees with classes from 0 on; errors as there.

    If a root of train has a label that is no number, the classes are the labels of its roots, by name, and
    other labels, as NP, are none; how many nodes have such a label is told. Otherwise there are as many
    classes as train has labels, up to its largest one. A class that train does not have is
    told, since a label may be wrong, or counted from 1.

    Raises
    ------
    ForestError
        If a file has no trees, or one that has no class at its root, a label that is none or that train does
        not have, or a node with other than two children; or if train has one class only. The text names the
        file and the line.
    """
    trees: dict[str, list[models.Tree]] = {}
    sha256: dict[str, str] = {}
    classes = 0
    names: tuple[str, ...] | None = None
    for path, found, lines, digest in read_parts(folder, reading):
        if not trees and (names := root_names(found)) is not None:
            tell_mixed(path, found, lines, names)
        if names is not None:
            found = with_numbers(path, found, lines, names)
        labels = _labels(path, found, lines)
        if not classes:
            classes = _classes(path, labels)
        if (wrong := labels >= classes).any():
            row = int(np.argmax(wrong))
            tree = int(np.searchsorted(np.cumsum([tree.n_nodes for tree in found]), row, "right"))
            raise models.ForestError(
                f"{path}, line {lines[tree]}: a node has the label {labels[row]}; the classes of "
                f"{PARTS[0]}.txt are 0..{classes - 1}"
            )
        trees[path.stem], sha256[path.stem] = found, digest
    return Treebank(trees, sha256, classes, names)


def _labels(path: Path, trees: list[models.Tree], lines: list[int]) -> np.ndarray:
    """Return the labels of all nodes, -1 for none; errors as in `read_treebank`."""
    try:
        forest = models.Forest(trees)
    except models.ForestError:
        _name_line(path, trees, lines)
        raise
    unlabelled = np.flatnonzero(forest.label[forest.root] < 0)
    if len(unlabelled):
        tree = int(unlabelled[0])
        root = forest.describe(forest.root[tree]).replace(f" of tree {tree + 1}", "")
        raise models.ForestError(f"{path}, line {lines[tree]}: {root}, has no label; the root has a class")
    return forest.label


def _name_line(path: Path, trees: list[models.Tree], lines: list[int]) -> None:
    """Raise the error of the first tree that is no tree of a forest, with its line."""
    if not trees:
        raise models.ForestError(f"{path}: there are no trees in it")
    for tree, line in zip(trees, lines, strict=True):
        try:
            models.Forest([tree])
        except models.ForestError as error:
            text = str(error).replace(" of tree 1", "", 1)
            raise models.ForestError(f"{path}, line {line}: {text}") from None


def _classes(path: Path, labels: np.ndarray) -> int:
    """Return how many classes there are; tell of those that no node has."""
    present = np.unique(labels[labels >= 0])
    classes = int(present[-1]) + 1
    if classes < 2:
        raise models.ForestError(f"{path}: all labels are 0; there are at least two classes, 0 and 1")
    if missing := sorted(set(range(min(classes, 1000))) - set(present.tolist())):
        some = ", ".join(map(str, missing[:5])) + ", …" * (len(missing) > 5)
        if parent_process() is None:
            print(
                f"note: the labels of {path} go up to {classes - 1}, so there are {classes} classes, "
                f"but no node has the label {some}",
                file=sys.stderr,
            )
    return classes


@lru_cache(maxsize=1)
def read_vectors(
    path: Path, folder: Path, reading: Reading = USUAL, encoding: str = "utf-8"
) -> models.WordVectors:
    """Read the vectors of the words of the treebank in a folder; errors as in `models.read_vectors`.

    `reading` is how the treebank is read, `encoding` that of the file of vectors.

    A bar shows how far it is, unless this is one of the processes of a sweep.
    """
    words = read_treebank(folder, reading).words(*PARTS)
    silent = None if parent_process() is None else True  # None: unless stderr is a terminal
    size = path.stat().st_size
    with (
        waiting(f"reading {path}"),
        tqdm(total=size, desc="vectors", unit="B", unit_scale=True, disable=silent, leave=False) as bar,
        warnings.catch_warnings(record=True) as remarks,
    ):
        warnings.simplefilter("always", models.VectorsWarning)
        vectors = models.read_vectors(path, words, bar.update, encoding=encoding)
    for remark in remarks if silent is None else ():
        print(f"note: {with_options(str(remark.message), 'vectors-')}", file=sys.stderr)
    return vectors


def coverage(settings: Settings, treebank: Treebank, vectors: models.WordVectors) -> str:
    """Say how many of the words of a run start from a vector of the file, and which do not."""
    kept = sampled(settings, treebank)
    words = vocabulary(kept, settings.min_count, settings.lower, vectors)
    distinct = models.Vocabulary(kept.words(*PARTS), lower=settings.lower)
    known = sum(vectors.of(word) is not None for word in distinct.words)
    text = f"vectors: {known:,} of {len(distinct):,} words have one"
    if random := vectors.missing(words):
        text += f"; {len(random):,} frequent words of train start from random ones"
    if rest := len(distinct) - len(words) + 1:
        trained = any(word not in words for word in kept.words("train"))
        told = "trained" if trained else "never trained, since train has no such word"
        text += f"; the unknown word stands for {rest:,} more, and its vector, random at first, is {told}"
    return text


def sets(settings: Settings, paths: Mapping[str, str]) -> Sets:
    """Return the data of a run.

    Parameters
    ----------
    settings : dict
    paths : mapping of str to str
        Where the "treebank" is, and the "vectors" if the settings have any.

    Raises
    ------
    StateError
        If the files are not those of the settings.
    OSError, TreebankError, ForestError, VectorsError
        As in `read_treebank` and `models.read_vectors`.
    """
    folder = Path(paths["treebank"])
    reading = Reading.from_told(settings.treebank)
    treebank = read_treebank(folder, reading)
    if treebank.sha256 != {part: settings.treebank.get(part) for part in PARTS}:
        raise StateError(f"the treebank in {folder} has changed since this run was planned")
    vectors = None
    if settings.vectors is not None:
        encoding = settings.vectors.get("encoding", "utf-8")
        vectors = read_vectors(Path(paths["vectors"]), folder, reading, encoding)
        if vectors.sha256() != settings.vectors["sha256"]:
            raise StateError(f"{paths['vectors']} has changed since this run was planned")
    kept = sampled(settings, treebank)
    words = vocabulary(kept, settings.min_count, settings.lower, vectors)
    train, dev, test = (models.Forest(kept.trees[part], words) for part in PARTS)
    return Sets(train, dev, test, vectors, treebank.classes, treebank.names)


def sampled(settings: Settings, treebank: Treebank) -> Treebank:
    """Return the trees that a run reads."""
    places = sample(settings, treebank)
    kept = {part: [trees[k] for k in places[part]] for part, trees in treebank.trees.items()}
    return Treebank(kept, treebank.sha256, treebank.classes, treebank.names)


def sample(settings: Settings, treebank: Treebank) -> dict[str, Sequence[int]]:
    """Return the indices of the trees that a run reads, by part: all, or a random sample.

    The first trees would not do: those of the Stanford Sentiment Treebank are not like the others.
    """
    places: dict[str, Sequence[int]] = {part: range(len(trees)) for part, trees in treebank.trees.items()}
    if settings.trees is None:
        return places
    for k, (part, every) in enumerate(places.items()):
        rng = np.random.default_rng([*settings.seeds["sample"], k])
        places[part] = np.sort(rng.permutation(len(every))[: settings.trees]).tolist()
    return places


def vocabulary(
    treebank: Treebank, min_count: int, lower: bool, vectors: models.WordVectors | None = None
) -> models.Vocabulary:
    """Return the words that occur in train at least `min_count` times, and one word for all others.

    With vectors, every word that has one is included, also those of dev and test.
    """
    frequent = models.Vocabulary(treebank.words("train"), UNKNOWN, lower=lower, min_count=min_count)
    if vectors is None:
        return frequent
    kept = (word for word in treebank.words(*PARTS) if word in frequent or vectors.of(word) is not None)
    return models.Vocabulary(kept, UNKNOWN, lower=lower)
