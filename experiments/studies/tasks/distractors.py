"""Distractors: keywords that have to be ignored, because a mark is beside them."""

from __future__ import annotations

import numpy as np

from experiments.studies.tasks.sentences import (
    Sentences,
    commonest_share,
    counted,
    plain,
    ranks,
)
from experiments.studies.tasks.words import KEYWORDS, MARKS, class_of, draw
from experiments.training.relabelled import with_words


def distractors(rng: np.random.Generator, n: int, lengths: tuple[int, int], rate: float) -> Sentences:
    """One keyword, whose class is the label, among distractors: ``(mark keyword)``, two words under one node.

    Words alone don't tell a distractor from the keyword; only the mark does, which is always its left sister.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
    lengths : (int, int)
    rate : float
        The probability that two words under one node, if the keyword is not one of them, are replaced by a
        mark and a keyword. With 0 it is the paper's task. Among 10 words there are about 3 such pairs.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is a probability, from 0 to 1, not {rate}")
    forest = plain(rng, n, lengths)
    keyword = forest.leaves[ranks(rng, forest) == 0]
    word = forest.word.copy()
    word[keyword] = draw(rng, KEYWORDS, n)
    is_keyword = np.zeros(forest.n_nodes, bool)
    is_keyword[keyword] = True
    left, right = forest.left[forest.inner], forest.right[forest.inner]
    pair = (forest.left[left] < 0) & (forest.left[right] < 0) & ~is_keyword[left] & ~is_keyword[right]
    pair &= rng.random(pair.size) < rate
    mark, ignored = left[pair], right[pair]
    word[mark], word[ignored] = draw(rng, MARKS, mark.size), draw(rng, KEYWORDS, ignored.size)
    alike = np.sort(np.concatenate([keyword, ignored]))
    return Sentences(
        with_words(forest, word, class_of(word[keyword])),
        counted(forest, ignored),
        forest.depth[keyword],
        commonest_share(forest.tree[alike], class_of(word[alike])),
    )
