"""The error function, which NumPy lacks: compiled code takes the C library's, arrays SciPy's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.primitive import primitive
from minigrad.symbol import Symbol

__all__ = ["erf"]

Array = np.ndarray


def error_function(x: Any) -> Any:
    """Return erf x of an array, real or complex, or of a symbol."""
    if isinstance(x, Symbol):
        return x.kernel("erf", (x,))
    from scipy.special import erf  # slow to import, and needed only where nothing is compiled

    return erf(x)


_erf = kernels.elementwise(error_function, "erf", 1)


@primitive()
def erf(x: Array) -> Any:
    """The error function, 2/√π ∫₀ˣ e^(−t²) dt

    shapes: any
    vjp: g ⊙ 2/√π e^(−x²)
    """
    return _erf(x)


erf.defvjp(lambda y, x: lambda g: g * (2 / math.sqrt(math.pi) * np.exp(-(x * x))))
