"""Kernels of formulas: what is computed element by element is written once, as a function on arrays.

That function is the kernel's NumPy twin. Run on symbols it tells how one element is computed; from this come
the compiled loop and the rule by which the fold's compiler writes the same computation.

Numba's own ``tanh`` calls libm once per element (9 ns); in float32 it is replaced by a rational function
that vectorises (0.3 ns). Float64 is for checks and keeps libm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import erf as erf  # for the loops, which see this module's globals
from typing import Any

import numpy as np

from minigrad.kernels.formulas import add_formula, trace_formula
from minigrad.kernels.jit import compiled, kernel
from minigrad.symbol import RULES, UnsupportedError

__all__ = ["elementwise"]

LOOP = """\
def {name}({arguments}):
    T = {last}.dtype.type
    zero, half, one = T(0), T(0.5), T(1)
    out = np.empty({last}.shape, {last}.dtype)
    {flat}, to = {ravelled}, out.ravel()
{loop}
    return out
"""
FOR = "for k in range(to.size):\n{indent}    to[k] = {element}"
WITH_TANH = """\
    if {last}.itemsize == 4:
        {single}
    else:
        {double}"""


# A 13/6 rational in x, whose coefficients Eigen and XLA use for the same purpose: highest power of x² first.
TANH_NUMERATOR = (
    *(-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08),
    *(1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03),
)
TANH_DENOMINATOR = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
TANH_LIMIT = 7.90531110763549805  # beyond, the rational is constant
TANH_ONE = 9.02  # beyond, tanh rounds to 1; the clamped rational would stop at 1 − 2e-7
_P, _Q = tuple(map(np.float32, TANH_NUMERATOR)), tuple(map(np.float32, TANH_DENOMINATOR))


@compiled
def _tanh_f32(x):  # type: ignore[no-untyped-def]
    """tanh of a float32: a rational in x, constant where tanh hardly changes. NaN fails all comparisons
    and passes through.

    |error| < 3e-7; 3.3e-7 on processors without fused multiply-adds.
    """
    limit = np.float32(TANH_LIMIT)
    z = x
    if z > limit:
        z = limit
    if z < -limit:
        z = -limit
    s = z * z
    p = ((((((_P[0] * s + _P[1]) * s + _P[2]) * s + _P[3]) * s + _P[4]) * s + _P[5]) * s) + _P[6]
    q = ((_Q[0] * s + _Q[1]) * s + _Q[2]) * s + _Q[3]
    y = z * p / q
    one = np.float32(1)
    if x > np.float32(TANH_ONE):
        y = one
    if x < np.float32(-TANH_ONE):
        y = -one
    return y


def elementwise(formula: Callable[..., Any], name: str, operands: int) -> Callable[..., Any]:
    """Return the kernel of a formula.

    Parameters
    ----------
    formula : function of arrays of one shape
        Made of arithmetic, comparisons, ``np.where`` and the ufuncs of `minigrad.symbol`.
    name : str
        What the fold's compiler and `explain_fold` call it.
    operands : int
        How many arrays the formula takes.

    Raises
    ------
    UnsupportedError
        If the formula uses anything else; the text names it.
    """
    try:
        result = trace_formula(formula, operands)
    except (UnsupportedError, TypeError) as error:
        raise UnsupportedError(
            f"{name} can't be compiled element by element ({error}); write its formula with arithmetic, "
            "comparisons, np.where and NumPy's elementwise functions"
        ) from None
    name = add_formula(name, result)
    rule = RULES[name]
    return kernel(twin=formula, any_shape=True)(_loop(name, rule, operands))


def _loop(name: str, rule: str, operands: int) -> Callable[..., Any]:
    """Return the loop over all elements, not compiled yet, of whatever dtype the last operand has."""
    arguments = [f"x{k}" for k in range(operands)]
    last = arguments[-1]
    element = rule.format(*(f"flat{k}[k]" for k in range(operands)))
    if "tanh(" in rule:
        loop = WITH_TANH.format(
            last=last,
            single=FOR.format(indent=" " * 8, element=element.replace("tanh(", "_tanh_f32(")),
            double=FOR.format(indent=" " * 8, element=element.replace("tanh(", "np.tanh(")),
        )
    else:
        loop = "    " + FOR.format(indent=" " * 4, element=element)
    text = LOOP.format(
        name=name,
        arguments=", ".join(arguments),
        last=last,
        flat=", ".join(f"flat{k}" for k in range(operands)),
        ravelled=", ".join(f"{argument}.ravel()" for argument in arguments),
        loop=loop,
    )
    # Numba caches machine code by a function's file, qualified name and line. The file is this one, whose
    # `_tanh_f32` the loop calls; the name changes with the formula.
    scope: dict[str, Any] = {}
    exec(compile(text, __file__, "exec"), globals(), scope)
    function: Callable[..., Any] = scope[name]
    function.__qualname__ = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return function
