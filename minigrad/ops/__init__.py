"""The operations: each a function on arrays with its derivative directly below it."""

from minigrad.ops import operators as operators
from minigrad.ops.arithmetic import (
    add,
    div,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    sub,
    where,
)
from minigrad.ops.dropout import dropout
from minigrad.ops.elementwise import (
    abs,
    exp,
    log,
    relu,
    sigmoid,
    softplus,
    softsign,
    sqrt,
    tanh,
)
from minigrad.ops.head import linear_cross_entropy
from minigrad.ops.index import gather, getitem
from minigrad.ops.linear import matmul, transpose
from minigrad.ops.reduce import (
    logsumexp,
    max,
    mean,
    min,
    sum,
)
from minigrad.ops.shape import concat, reshape, split, stack
from minigrad.ops.softmax import cross_entropy, log_softmax, softmax
from minigrad.tensor import Tensor

__all__ = [
    "abs",
    "add",
    "concat",
    "cross_entropy",
    "div",
    "dropout",
    "exp",
    "gather",
    "getitem",
    "linear_cross_entropy",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mul",
    "neg",
    "pow",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "split",
    "sqrt",
    "stack",
    "sub",
    "sum",
    "tanh",
    "transpose",
    "where",
]

Tensor._functions = frozenset(__all__)
