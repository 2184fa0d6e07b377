"""How far back the gradient of one character's loss reaches: ‖∂J_t/∂h_{t−k}‖ by k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

import models
from experiments.studies.text.windows import Numbers

WARM_UP = 100  # characters that a chain reads before the first state whose derivative is taken

Floats = npt.NDArray[np.float64]


def error_vectors(
    model: models.TreeClassifier, contexts: npt.NDArray[np.intp], longest: int, mode: str = "compiled"
) -> dict[str, Floats]:
    """Return ∂J_t/∂s_{t−k} of each part s of the state, for k = 0, 1, …, `longest`.

    J_t is the cross-entropy of the last character of a context, given those before it. The derivative by h is
    total, through all later states; that by h_{t−k} does not count what passes by it in c_{t−k}, and the
    other way round.

    Parameters
    ----------
    model : TreeClassifier
    contexts : (m, n) array of int
        Numbers of characters: n − 1 to be read, and one to be predicted.
    longest : int
        At most n − 2, since the state before the first character is zero whatever the model is.
    mode : str
        Of the fold.

    Returns
    -------
    dict of str to (m, longest + 1, D) array
        By the names of the parts, such as "h" and "c".

    Raises
    ------
    ValueError
        If the contexts are too short.
    """
    many, size = contexts.shape
    if not 0 <= longest <= size - 2:
        raise ValueError(
            f"contexts of {size} characters have states for k from 0 to {size - 2}, not {longest}"
        )
    found = last_gradients(model, list(contexts), mode)
    return {
        part: np.asarray(gradient, np.float64).reshape(many, size - 1, -1)[:, ::-1][:, : longest + 1]
        for part, gradient in found.items()
    }


def last_gradients(
    model: models.TreeClassifier, texts: Sequence[Numbers], mode: str = "compiled"
) -> dict[str, npt.NDArray[np.floating]]:
    """Return the derivative of each text's last cross-entropy by all states before it.

    Parameters
    ----------
    model : TreeClassifier
    texts : sequence of (n,) arrays of int
        At least two characters each: all but the last are read from the state zero on, the last is predicted.
    mode : str
        Of the fold.

    Returns
    -------
    dict of str to (N, D) array
        By the parts of the state: a row for every character that is read, text by text. The gradients of the
        model's parameters are what they were.
    """
    labels = [np.full(len(text) - 1, -1) for text in texts]
    for text, label in zip(texts, labels, strict=True):
        label[-1] = text[-1]
    forest = models.chain_forest(
        np.concatenate([text[:-1] for text in texts]),
        [len(text) - 1 for text in texts],
        model.vocabulary,
        labels=np.concatenate(labels),
    )
    own = [parameter.grad for parameter in model.parameters()]  # a monitor may not have read them yet
    model.zero_grad()
    loss, states = model.loss(forest, mode)
    (loss * len(texts)).backward()  # the sum: each text's loss depends on its own states only
    for parameter, gradient in zip(model.parameters(), own, strict=True):
        parameter.grad = gradient
    return {part.name: np.asarray(states[part.name].grad)[forest.inner] for part in model.cell.parts}


def reach(
    model: models.TreeClassifier,
    texts: Sequence[Numbers],
    rng: np.random.Generator,
    *,
    places: int,
    longest: int,
    mode: str = "compiled",
) -> dict[str, Floats]:
    """Return the median of ‖∂J_t/∂s_{t−k}‖ over random places t, by k from 0 to `longest`, for each part s.

    Parameters
    ----------
    model, longest, mode
        As in `error_vectors`.
    texts : sequence of (n,) arrays of int
    rng : numpy.random.Generator
        Draws the places, from all that have enough characters before them, with replacement.
    places : int

    Raises
    ------
    ValueError
        If no text is long enough.
    """
    size = WARM_UP + longest + 2
    room = np.array([max(0, len(text) - size + 1) for text in texts])
    if not room.sum():
        raise ValueError(f"no text has {size} characters, to look {longest} characters back")
    text = rng.choice(len(texts), places, p=room / room.sum())
    start = rng.integers(room[text])
    contexts = np.stack([texts[k][at : at + size] for k, at in zip(text, start, strict=True)])
    return {
        part: np.median(np.linalg.norm(vectors, axis=2), axis=0)
        for part, vectors in error_vectors(model, contexts, longest, mode).items()
    }


def fall(medians: npt.ArrayLike, share: float = 0.5) -> float | None:
    """Return after how many characters a curve first falls to a share of where it begins; None if it doesn't.

    That of a half is its half-life. It begins where it is first more than 0: by h that is at k = 0, and by an
    LSTM's c at k = 1, since J_t reads c_t through h_t only. Between two numbers it is taken to fall
    exponentially.
    """
    curve = np.asarray(medians, np.float64)
    curve = curve[np.argmax(curve > 0) :]
    below = np.flatnonzero(curve <= curve[0] * share)
    if not len(below) or not curve[0]:
        return None
    k = int(below[0])
    if not curve[k]:
        return float(k)
    before, after = (np.log(value / curve[0]) for value in (curve[k - 1], curve[k]))
    return float(k - 1 + (before - np.log(share)) / (before - after))
