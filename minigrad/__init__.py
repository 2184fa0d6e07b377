"""minigrad: reverse-mode automatic differentiation with a dynamic graph per parse tree.

The guided tour is README.md in this folder.
"""

from minigrad import monitor, nn, optim
from minigrad.context import no_grad, scope
from minigrad.cotangent import SparseRows
from minigrad.errors import CompileWarning, GraphError, ShapeError
from minigrad.explain import explain, graph_dot
from minigrad.fold import Cell, Child, NodeStates, Part, explain_fold, fold, fold_source
from minigrad.gradcheck import assert_gradients, gradcheck
from minigrad.ops import *  # noqa: F403
from minigrad.ops import NAMES as OPS
from minigrad.ops.formula import activation
from minigrad.primitive import primitive
from minigrad.record import GradientRecord, record_gradients, record_values
from minigrad.tensor import Tensor, tensor

__all__ = [
    "Cell",
    "Child",
    "CompileWarning",
    "GradientRecord",
    "GraphError",
    "NodeStates",
    "Part",
    "ShapeError",
    "SparseRows",
    "Tensor",
    "activation",
    "assert_gradients",
    "explain",
    "explain_fold",
    "fold",
    "fold_source",
    "gradcheck",
    "graph_dot",
    "monitor",
    "nn",
    "no_grad",
    "optim",
    "primitive",
    "record_gradients",
    "record_values",
    "scope",
    "tensor",
    *OPS,
]
