"""Compiled loops: arrays in, arrays out. Nothing here knows tensors, trees or derivative rules."""

from minigrad.kernels.activations import elementwise
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.kernels.reductions import (
    MANY,
    averaged,
    column_sums,
    euclidean_norm,
    row_norms,
    squared_norm,
    summed,
)
from minigrad.kernels.rows import first_outside, scatter_add_rows, sum_rows
from minigrad.kernels.softmax import (
    cross_entropy,
    cross_entropy_vjp,
    linear_cross_entropy,
    log_softmax,
    softmax,
)
from minigrad.kernels.trees import depths_and_roots
from minigrad.kernels.updates import update

__all__ = [
    "JIT_ENABLED",
    "MANY",
    "averaged",
    "column_sums",
    "cross_entropy",
    "cross_entropy_vjp",
    "depths_and_roots",
    "elementwise",
    "euclidean_norm",
    "first_outside",
    "linear_cross_entropy",
    "log_softmax",
    "row_norms",
    "scatter_add_rows",
    "softmax",
    "squared_norm",
    "sum_rows",
    "summed",
    "update",
]
