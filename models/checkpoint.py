"""A classifier as one ``.npz`` file: parameters, cell, sizes, vocabulary. Nothing in it is unpickled."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.nn import StateError, load_document, save_document
from models.cells import CELLS, NARY_CELLS
from models.classifier import TreeClassifier
from models.notation import shorten
from models.vocabulary import Vocabulary

FORMAT = "minigrad.TreeClassifier/2"
_PREFIX = "parameter:"  # of the arrays' names


class UnknownCellError(StateError):
    """A file that holds a model of a cell that is neither one of minigrad's nor given.

    Attributes
    ----------
    name : str
        The name of the cell's class according to the file. Nothing is imported by that name.
    """

    def __init__(self, path: str | os.PathLike[str], name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{path} holds a {shorten(name)}, which is not one of {', '.join(known)}; "
            "pass its class: load(path, cells={name: class})"
        )
        self.name = name


def save(path: str | os.PathLike[str], model: TreeClassifier) -> Path:
    """Write a model to one file, atomically; return the path.

    Raises
    ------
    OSError
        If the path can't be written.
    TypeError
        If the cell has no ``settings``, the keyword arguments that `load` rebuilds it with.
    """
    settings = getattr(model.cell, "settings", None)
    if settings is None:
        raise TypeError(
            f"{type(model.cell).__name__} has no `settings`; set it in __init__ to the keyword arguments "
            "(besides rng and dtype) that build the same cell"
        )
    header = {
        "cell": type(model.cell).__name__,
        "settings": settings,
        "classes": model.classes if model.names is None else list(model.names),
        "head": model.head,
        "vocabulary": list(model.vocabulary.words),
        "counts": list(model.vocabulary.counts),
        "unknown": model.vocabulary.unknown,
        "lower": model.vocabulary.lower,
    }
    arrays = {_PREFIX + name: values for name, values in model.state_dict().items()}
    return save_document(path, FORMAT, header, arrays)


def load(path: str | os.PathLike[str], cells: Mapping[str, Any] | None = None) -> TreeClassifier:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path
    cells : mapping of class names to cell classes, optional
        For cells of your own; minigrad's are known.

    Raises
    ------
    FileNotFoundError
    StateError
        If the file is damaged, is not such a file, or does not fit its own description; an
        `UnknownCellError` if it is the class of the cell that is missing.
    """
    header, arrays = load_document(path, FORMAT)
    try:
        known = {**CELLS, **NARY_CELLS, **(cells or {})}
        if header["cell"] not in known:
            raise UnknownCellError(path, str(header["cell"]), known)
        parameters = {name.removeprefix(_PREFIX): values for name, values in arrays.items()}
        dtype = parameters["Ws"].dtype
        rng = np.random.default_rng(0)  # every draw is overwritten below
        kind = known[header["cell"]]
        options = {"dtype": dtype} if "dtype" in inspect.signature(kind).parameters else {}
        cell = kind(rng=rng, **options, **header["settings"])
        counts = dict(zip(header["vocabulary"], header["counts"], strict=True))
        vocabulary = Vocabulary.from_counts(counts, header["unknown"], lower=header["lower"])
        model = TreeClassifier(cell, vocabulary, header["classes"], rng, header["head"])
        model.load_state_dict(parameters)
    except StateError:
        raise
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StateError(f"{path} is not a model that models.save wrote: {error}") from None
    return model
