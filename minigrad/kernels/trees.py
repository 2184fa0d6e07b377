"""Where the nodes of a forest stand, told from its child links alone."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.jit import kernel
from minigrad.kernels.rows import INTEGERS

Array = np.ndarray


@kernel(dtypes=INTEGERS)
def depths_and_roots(left: Array, right: Array) -> tuple[Array, Array]:
    """Return how far below its root every node is, and the row of that root.

    intp (N,), intp (N,), −1 at leaves; children stand before their parents -> intp (N,), intp (N,).
    """
    n = left.size
    depth, root = np.zeros(n, np.intp), np.arange(n)
    for back in range(n):
        row = n - 1 - back
        for child in (left[row], right[row]):
            if child >= 0:
                depth[child] = depth[row] + 1
                root[child] = root[row]
    return depth, root
