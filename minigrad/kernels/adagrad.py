"""AdaGrad's update (Duchi et al. 2011) of a dense array, and of the rows of a table that were read."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import compiled, kernel

Array = np.ndarray


@compiled
def _step(w, G, g, lr, eps, l2, plain):  # type: ignore[no-untyped-def]
    g = g + l2 * w
    G = G + g * g
    if plain:
        return w - lr * g, G
    return w - lr * g / (np.sqrt(G) + eps), G


def _adagrad_dense_twin(w: Array, G: Array, g: Array, lr: float, eps: float, l2: float, plain: bool) -> None:
    g = g + w.dtype.type(l2) * w
    G += g * g
    w -= w.dtype.type(lr) * (g if plain else g / (np.sqrt(G) + w.dtype.type(eps)))


@kernel(twin=_adagrad_dense_twin)
def _adagrad_flat(w: Array, G: Array, g: Array, lr: float, eps: float, l2: float, plain: bool) -> None:
    lr_, eps_, l2_ = w.dtype.type(lr), w.dtype.type(eps), w.dtype.type(l2)
    w1, G1, g1 = w.ravel(), G.ravel(), g.ravel()
    for k in range(w1.size):
        w1[k], G1[k] = _step(w1[k], G1[k], g1[k], lr_, eps_, l2_, plain)


def adagrad_dense(w: Array, G: Array, g: Array, lr: float, eps: float, l2: float, plain: bool) -> None:
    """g += λw;  G += g²;  w −= η g / (√G + ε), in place; all arrays have one shape.

    With `plain` the step is −η g; G is updated all the same.
    """
    if w.flags.c_contiguous and G.flags.c_contiguous:
        _adagrad_flat(w, G, g, lr, eps, l2, plain)
    else:  # a flat view of them does not exist: the loop would update a copy
        _adagrad_dense_twin(w, G, g, lr, eps, l2, plain)


adagrad_dense.twin = _adagrad_dense_twin  # type: ignore[attr-defined]


def _adagrad_rows_twin(
    w: Array, G: Array, rows: Array, g: Array, lr: float, eps: float, l2: float, plain: Array
) -> None:
    for k, row in enumerate(rows):
        _adagrad_dense_twin(w[row], G[row], g[k], lr, eps, l2, bool(plain[row]))


@kernel(twin=_adagrad_rows_twin)
def adagrad_rows(
    w: Array, G: Array, rows: Array, g: Array, lr: float, eps: float, l2: float, plain: Array
) -> None:
    """Update w[rows[k]] with g[k] as `adagrad_dense` does; no other row is touched.

    (V, D), (V, D), intp (n,) of distinct rows, (n, D); plain: bool (V,), rows whose step is −η g.
    """
    lr_, eps_, l2_ = w.dtype.type(lr), w.dtype.type(eps), w.dtype.type(l2)
    for k in range(rows.size):
        row = rows[k]
        p = plain[row]
        for j in range(w.shape[1]):
            w[row, j], G[row, j] = _step(w[row, j], G[row, j], g[k, j], lr_, eps_, l2_, p)
