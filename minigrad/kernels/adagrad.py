"""AdaGrad's update (Duchi et al. 2011) of dense arrays, and of the rows of a table that were read."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import compiled, kernel

Array = np.ndarray
Arrays = tuple[Array, ...]


@compiled
def _step(w, G, g, lr, eps, l2, plain):  # type: ignore[no-untyped-def]
    g = g + l2 * w
    G = G + g * g
    if plain:
        return w - lr * g, G
    return w - lr * g / (np.sqrt(G) + eps), G


def _step_twin(w: Array, G: Array, g: Array, lr: float, eps: float, l2: float, plain: bool) -> None:
    g = g + w.dtype.type(l2) * w
    G += g * g
    w -= w.dtype.type(lr) * (g if plain else g / (np.sqrt(G) + w.dtype.type(eps)))


def _adagrad_dense_twin(
    G: Array, fresh: Array, spans: Array, ws: Arrays, gs: Arrays, lr: float, eps: float, l2: float
) -> None:
    for (start, end, first, last), w, g in zip(spans, ws, gs, strict=True):
        if g.size:
            _step_twin(w, G[start:end], g, lr, eps, l2, bool(fresh[first]))
            fresh[first:last] = False


@kernel(twin=_adagrad_dense_twin)
def adagrad_dense(
    G: Array, fresh: Array, spans: Array, ws: Arrays, gs: Arrays, lr: float, eps: float, l2: float
) -> None:
    """g += λw;  G += g²;  w −= η g / (√G + ε), in place, for several arrays at once.

    A call costs as much as the update of one small array.

    Parameters
    ----------
    G : (Σ sizes,)
        The sums of all arrays, end to end.
    fresh : bool (Σ marks,)
        Marks of all arrays, end to end. Where the first mark of an array is True, its step is −η g. All marks
        of an array that is updated become False.
    spans : intp (k, 4)
        For each array: start and end of its part of `G`, start and end of its marks.
    ws, gs : tuples of k arrays (size,)
        An empty gradient leaves its array as it is. Numba compiles the kernel anew for every k.
    """
    lr_, eps_, l2_ = G.dtype.type(lr), G.dtype.type(eps), G.dtype.type(l2)
    for k in range(len(ws)):
        w, g = ws[k], gs[k]
        if g.size:
            sums = G[spans[k, 0] : spans[k, 1]]
            plain = fresh[spans[k, 2]]
            for i in range(g.size):
                w[i], sums[i] = _step(w[i], sums[i], g[i], lr_, eps_, l2_, plain)
            fresh[spans[k, 2] : spans[k, 3]] = False


def _adagrad_rows_twin(
    w: Array, G: Array, rows: Array, g: Array, lr: float, eps: float, l2: float, fresh: Array
) -> None:
    for k, row in enumerate(rows):
        _step_twin(w[row], G[row], g[k], lr, eps, l2, bool(fresh[row]))
        fresh[row] = False


@kernel(twin=_adagrad_rows_twin)
def adagrad_rows(
    w: Array, G: Array, rows: Array, g: Array, lr: float, eps: float, l2: float, fresh: Array
) -> None:
    """Update w[rows[k]] with g[k] as `adagrad_dense` does; no other row is touched.

    (V, D), (V, D), intp (n,) of distinct rows, (n, D); fresh: bool (V,), rows whose step is −η g, and that
    become False.
    """
    lr_, eps_, l2_ = w.dtype.type(lr), w.dtype.type(eps), w.dtype.type(l2)
    for k in range(rows.size):
        row = rows[k]
        plain = fresh[row]
        for j in range(w.shape[1]):
            w[row, j], G[row, j] = _step(w[row, j], G[row, j], g[k, j], lr_, eps_, l2_, plain)
        fresh[row] = False
