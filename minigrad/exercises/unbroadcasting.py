"""Exercise 3. Un-broadcasting.

Y = X + row + column, where X is (n, D), row is (D,) and column is (n, 1): broadcasting repeats the row n
times and the column D times. J depends on Y, and g = ∂J/∂Y is an (n, D) array. What are the gradients of J
with respect to row and column? An element that is repeated is used several times.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.exercises import NotYetError, filled


def row_gradient(g: np.ndarray) -> Any:
    """Return ∂J/∂row, of shape (D,)."""
    return ...


def column_gradient(g: np.ndarray) -> Any:
    """Return ∂J/∂column, of shape (n, 1)."""
    return ...


def check() -> None:
    """Compare with J = Σ C ⊙ Y, for which g is C: ∂J/∂row[j] is the sum of column j of C."""
    for n, D in ((3, 2), (1, 2), (0, 2)):
        C = np.arange(1.0, n * D + 1).reshape(n, D)
        ones = {"row_gradient": (np.ones((1, n)) @ C)[0], "column_gradient": C @ np.ones((D, 1))}
        for function, right in ones.items():
            yours = np.asarray(filled(globals()[function](C), function))
            if yours.shape != right.shape:
                raise NotYetError(
                    f"{function} of a {C.shape} array has shape {yours.shape}, not {right.shape}: a gradient "
                    "has the shape of what it belongs to (`keepdims=True` leaves an axis of length 1)"
                )
            if not np.allclose(yours, right):
                raise NotYetError(
                    f"{function} of\n{C}\nis\n{yours}\nand should be\n{right}\n: add up over the repetitions"
                )
