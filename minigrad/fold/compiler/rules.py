"""How each elementwise op is written in the emitted code.

An op without a rule here can't be compiled: its cell runs as ``level``. To give it one, add a line; what
`minigrad.symbol` can't describe (an op that calls a NumPy function that is not elementwise) needs more.
"""

from __future__ import annotations

RULES = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "pow": "{0} ** {1}",
    "square": "{0} * {0}",
    "exp": "np.exp({0})",
    "log": "np.log({0})",
    "sqrt": "np.sqrt({0})",
    "abs": "abs({0})",
    "sign": "np.sign({0})",
    "maximum": "np.maximum({0}, {1})",
    "minimum": "np.minimum({0}, {1})",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "and": "({0} and {1})",
    "or": "({0} or {1})",
    "not": "(not {0})",
    "where": "{1} if {0} else {2}",
    "tanh": "tanh({0})",
    "tanh_vjp": "{0} * (one - {1} * {1})",
    "sigmoid": "half + half * tanh(half * {0})",
    "sigmoid_vjp": "{0} * {1} * (one - {1})",
    "relu": "zero if {0} <= zero else {0}",
    "relu_vjp": "{0} if {1} > zero else zero",
    "softsign": "{0} / (one + abs({0}))",
    "softsign_vjp": "{0} / ((one + abs({1})) * (one + abs({1})))",
    "softplus": "(zero if {0} < zero else {0}) + np.log1p(np.exp(-abs({0})))",
    "softplus_vjp": "{0} * (half + half * tanh(half * {1}))",
}
