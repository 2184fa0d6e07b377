"""The operations: each a function on arrays with its derivative directly below it. README.md lists them.

A file names in its ``__all__`` those of its functions that are operations for users.
"""

import sys
from typing import TYPE_CHECKING

from minigrad.ops import operators as operators
from minigrad.ops.activations import *  # noqa: F403
from minigrad.ops.arithmetic import *  # noqa: F403
from minigrad.ops.dropout import *  # noqa: F403
from minigrad.ops.einsum import *  # noqa: F403
from minigrad.ops.elementwise import *  # noqa: F403
from minigrad.ops.error_function import *  # noqa: F403
from minigrad.ops.head import *  # noqa: F403
from minigrad.ops.index import *  # noqa: F403
from minigrad.ops.linear import *  # noqa: F403
from minigrad.ops.moments import *  # noqa: F403
from minigrad.ops.reduce import *  # noqa: F403
from minigrad.ops.shape import *  # noqa: F403
from minigrad.ops.softmax import *  # noqa: F403
from minigrad.tensor import Tensor

FILES = (
    *("arithmetic", "elementwise", "error_function", "activations", "linear", "einsum", "reduce", "moments"),
    *("shape", "index", "softmax", "head", "dropout"),
)
NAMES: list[str] = [name for file in FILES for name in sys.modules[f"{__name__}.{file}"].__all__]

if not TYPE_CHECKING:  # a list that is computed would hide the names from mypy
    __all__ = NAMES

Tensor._functions = frozenset(NAMES)
