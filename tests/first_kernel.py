"""A kernel is called, as the first of its process: Numba then loads all its rules, which takes 0.2 s."""

from __future__ import annotations

import numpy as np

from minigrad import kernels

kernels.squared_norm(np.ones((1, 1)))
