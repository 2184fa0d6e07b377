"""minigrad: reverse-mode automatic differentiation with a dynamic graph per parse tree.

The guided tour is README.md in this folder.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minigrad import nn
from minigrad.context import no_grad, scope
from minigrad.cotangent import SparseRows
from minigrad.errors import CompileWarning, GraphError, ShapeError
from minigrad.explain import explain, graph_dot
from minigrad.fold import Cell, Child, Children, NaryCell, NodeStates, Part, constant, fold
from minigrad.ops import *  # noqa: F403
from minigrad.ops import NAMES as OPS
from minigrad.ops.formula import activation
from minigrad.primitive import primitive
from minigrad.record import GradientRecord, record_gradients, record_values
from minigrad.tensor import Tensor, tensor

if TYPE_CHECKING:
    from minigrad import monitor, optim
    from minigrad.checks import assert_gradients, gradcheck
    from minigrad.fold.compiler import explain_fold, fold_source
    from minigrad.functional import grad, value_and_grad
    from minigrad.jacobians import jacobian
    from minigrad.step import step_through

# Loaded when they are first used, so that `import minigrad` stays quick.
_LATER = {
    "assert_gradients": "minigrad.checks",
    "explain_fold": "minigrad.fold.compiler",
    "fold_source": "minigrad.fold.compiler",
    "grad": "minigrad.functional",
    "gradcheck": "minigrad.checks",
    "jacobian": "minigrad.jacobians",
    "monitor": "minigrad",
    "optim": "minigrad",
    "step_through": "minigrad.step",
    "value_and_grad": "minigrad.functional",
}

__all__ = [
    "Cell",
    "Child",
    "Children",
    "CompileWarning",
    "GradientRecord",
    "GraphError",
    "NaryCell",
    "NodeStates",
    "Part",
    "ShapeError",
    "SparseRows",
    "Tensor",
    "activation",
    "assert_gradients",
    "constant",
    "explain",
    "explain_fold",
    "fold",
    "fold_source",
    "grad",
    "gradcheck",
    "graph_dot",
    "jacobian",
    "monitor",
    "nn",
    "no_grad",
    "optim",
    "primitive",
    "record_gradients",
    "record_values",
    "scope",
    "step_through",
    "tensor",
    "value_and_grad",
    *OPS,
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
    package = import_module(_LATER[name])
    found = import_module(f"minigrad.{name}") if package.__name__ == "minigrad" else getattr(package, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
