"""A dataset of the paper in the form that the authors' program reads (github.com/lephong/lstm-rnn).

Into a folder: train.txt, dev.txt and test.txt, a tree a line with the class at its root and 0 at all other
nodes, as in the paper's Figure 2; words.lst, a word a line after #UNKNOWN#; wembs.txt, the number and width
of the vectors, then a word and its vector a line; train.config, a name and a value a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import models
from experiments.paper.datasets import datasets
from experiments.paper.model import new_model
from experiments.paper.settings import Settings
from experiments.sweep.output import writable_folder, write_text

UNKNOWN = "#UNKNOWN#"
COMPOSITION = {"RNN": "NORMAL", "RLSTM": "LSTM"}
UNCLASSIFIED = 0  # what stands at nodes without a class


def export_trees(settings: Settings, out: Path) -> list[Path]:
    """Write the data, initial word vectors and settings of a run; return the paths.

    Parameters
    ----------
    settings : Settings
        Of a run of the RNN or the RLSTM. What the program has no option for is not written: the form of leaf
        matrices, AdaGrad's first step and its ε, shuffling and initial weights are compiled in.
    out : Path
        A folder, made if it is not there.

    Raises
    ------
    ValueError
        If the model is none of the two.
    OSError
        If the folder can't be written.
    """
    if settings.model not in COMPOSITION:
        raise ValueError(f"the program trains {' and '.join(COMPOSITION)}, not {settings.model}")
    writable_folder(out)
    sets = datasets(settings)
    vocabulary = sets.train.vocabulary
    words = [UNKNOWN, *(vocabulary.word(number) for number in range(len(vocabulary)))]
    # A word without a vector is given one from N(0, 1); #UNKNOWN# stands in no sentence.
    vectors = np.vstack([np.zeros((1, settings.D), np.float32), new_model(settings).L.data])
    texts = {
        "train.txt": _trees(sets.train),
        "dev.txt": _trees(sets.dev),
        "test.txt": _trees(sets.test),
        "words.lst": "".join(f"{word}\n" for word in words),
        "wembs.txt": vectors_text(words, vectors),
        "train.config": "".join(f"{name} {value}\n" for name, value in config(settings).items()),
    }
    for name, text in texts.items():
        write_text(out / name, text)
    return [out / name for name in texts]


def tree_line(forest: models.Forest, number: int) -> str:
    """Return a tree as a line: ``(6 (0 (0 2757) (0 7759)) (0 607))``; its root has the class."""
    root, opened = int(forest.root[number]), False
    pieces: list[str] = []
    stack: list[int | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        label = int(forest.label[item]) if item == root else UNCLASSIFIED
        pieces.append(f"{' ' if opened else ''}({label}")
        opened = True
        if forest.left[item] < 0:
            pieces.append(f" {forest.vocabulary.word(int(forest.word[item]))})")
        else:
            stack += [")", int(forest.right[item]), int(forest.left[item])]
    return "".join(pieces)


def vectors_text(words: list[str], vectors: np.ndarray) -> str:
    """Return word vectors as text that gives the same float32 numbers when it is read."""
    lines = [f"{len(words)} {vectors.shape[1]}"]
    lines += [f"{word} {' '.join(map(str, row))}" for word, row in zip(words, vectors, strict=True)]
    return "\n".join(lines) + "\n"


def config(settings: Settings) -> dict[str, Any]:
    """Return the program's options by name, in the order of its own example."""
    return {
        "dim": settings.D,
        "lambda": settings.l2,
        "lambdaL": settings.l2_words,
        "lambdaC": settings.l2_classifier,
        "dropoutRate": 0,
        "normGradThresh": 1_000_000_000_000,
        "learningRateDecay": 0,
        "paramLearningRate": settings.lr,
        "wembLearningRate": settings.lr,
        "classLearningRate": settings.lr,
        "evalDevStep": 1,
        "maxNEpoch": settings.max_epochs,
        "batchSize": settings.batch,
        "nThreads": 1,
        "dataDir": "./",
        "dicDir": "./",
        "compositionType": COMPOSITION[settings.model],
        "functionType": settings.activation,
    }


def _trees(forest: models.Forest) -> str:
    return "".join(f"{tree_line(forest, number)}\n" for number in range(len(forest)))
