"""The artificial grammar: a subject, words between, and a verb that has to agree with the subject in number.

::

    sentence     →  noun[n] between verb[n]        n: singular or plural
    between      →  modifier between | modifier
    modifier     →  preposition noun[m] | adverb   m: drawn anew for every noun

"keys near cabinet often beside doors _": the nouns between, some of the other number, are distractors; those
of the other number are called attractors (Linzen, Dupoux & Goldberg 2016). What is predicted, at the verb's
place, is its number.
"""

from __future__ import annotations

import numpy as np

import models
from minigrad.rng import require_generator

SINGULAR = [
    "author", "bird", "boat", "book", "bottle", "boy", "building", "cabinet", "chair", "coat", "cup",
    "dog", "door", "farmer", "flower", "friend", "garden", "girl", "hat", "horse", "house", "key",
    "lamp", "letter", "manager", "neighbour", "owl", "picture", "pilot", "plane", "river", "road",
    "ship", "singer", "stone", "table", "teacher", "tree", "wall", "window",
]  # fmt: skip
PREPOSITIONS = [
    "above", "at", "behind", "below", "beside", "beyond", "by", "from", "near", "with",
]  # fmt: skip
ADVERBS = [
    "again", "almost", "always", "now", "often", "quietly", "rarely", "still", "suddenly", "today",
]  # fmt: skip

NOUNS = 2 * len(SINGULAR)  # the words below, singular and plural in turn; a noun's number is word % 2
NUMBERS = ("singular", "plural")  # the classes
START = "<start>"  # the leaf that a chain begins with, which is never read
VOCABULARY = models.Vocabulary(
    [form for noun in SINGULAR for form in (noun, f"{noun}s")] + PREPOSITIONS + ADVERBS + [START]
)
CHANCE = 1 / len(NUMBERS)


def sentences(rng: np.random.Generator, distance: np.ndarray, shape: str = "uniform_split") -> models.Forest:
    """Generate sentences up to the verb, with random trees.

    Parameters
    ----------
    rng : numpy.random.Generator
    distance : (sentences,) array of int >= 1
        Words between subject and verb.
    shape : str
        One of `models.SHAPES`: of the trees. `models.as_chains` makes chains of the same sentences.

    Returns
    -------
    Forest
        Over `VOCABULARY`; the roots carry the number of the subject, which is each sentence's first word.
    """
    require_generator(rng, "sentences")
    distance = np.asarray(distance, np.intp)
    if distance.ndim != 1 or not distance.size or distance.min() < 1:
        raise ValueError("distance is a list of numbers of words, at least one sentence and one word in each")
    length = distance + 1
    first = np.cumsum(length) - length
    words = np.empty(int(length.sum()), np.intp)
    noun = rng.integers(NOUNS, size=words.size)
    preposition = NOUNS + rng.integers(len(PREPOSITIONS), size=words.size)
    adverb = NOUNS + len(PREPOSITIONS) + rng.integers(len(ADVERBS), size=words.size)
    phrase = (
        rng.random(words.size) < 0.5
    )  # whether a modifier that begins here is a preposition with its noun
    owed = np.zeros(len(length), bool)  # whether a preposition waits for its noun
    words[first] = noun[first]
    for place in range(1, int(length.max())):
        here = np.flatnonzero(length > place)
        at = first[here] + place
        begins = ~owed[here] & phrase[at] & (length[here] > place + 1)
        words[at] = np.where(owed[here], noun[at], np.where(begins, preposition[at], adverb[at]))
        owed[here] = begins
    return models.random_forest(
        rng, length, shape, vocabulary=VOCABULARY, words=words, labels=words[first] % 2
    )


def subject_rows(forest: models.Forest) -> np.ndarray:
    """Return the row of each sentence's subject, a leaf: its first noun, intp (sentences,)."""
    nouns = _nouns(forest)
    return nouns[np.unique(forest.tree[nouns], return_index=True)[1]]


def distances(forest: models.Forest) -> np.ndarray:
    """Return how many words stand between subject and verb in each sentence, intp (sentences,)."""
    words = forest.leaves[forest.word[forest.leaves] != VOCABULARY[START]]
    return np.bincount(forest.tree[words], minlength=len(forest)) - 1


def attractors(forest: models.Forest) -> np.ndarray:
    """Return how many nouns of the other number each sentence has, intp (sentences,)."""
    nouns = _nouns(forest)
    other = forest.word[nouns] % 2 != forest.label[forest.root][forest.tree[nouns]]
    return np.bincount(forest.tree[nouns], weights=other, minlength=len(forest)).astype(np.intp)


def most_nouns(forest: models.Forest) -> np.ndarray:
    """Return whether most nouns of a sentence have the subject's number: 1 or 0, ½ for a tie.

    It is what can be known without the order of the words.
    """
    other = attractors(forest)
    same = np.bincount(forest.tree[_nouns(forest)], minlength=len(forest)) - other
    return (1 + np.sign(same - other)) / 2


def _nouns(forest: models.Forest) -> np.ndarray:
    return np.flatnonzero((forest.word >= 0) & (forest.word < NOUNS))
