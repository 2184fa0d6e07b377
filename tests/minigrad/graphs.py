"""Graphs at random for the tests of what is printed and drawn of a graph."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import minigrad as mg


@st.composite
def random_graphs(draw: st.DrawFn) -> mg.Tensor:
    """The last of a few ops on random earlier values, in random scopes that may be entered again."""
    leaves = [
        mg.tensor(np.full((2, 2), 0.5 + k), requires_grad=True, name=f"W{k}")
        for k in range(draw(st.integers(1, 3)))
    ]
    values = list(leaves)
    for _ in range(draw(st.integers(0, 14))):
        name = draw(st.sampled_from([None, None, "gate", "step 1", "step 2"]))
        x, y = draw(st.sampled_from(values)), draw(st.sampled_from(values[-4:]))
        op = draw(st.sampled_from(["add", "mul", "matmul", "tanh", "T", "gather"]))
        with mg.scope(name):
            made = {
                "add": lambda x=x, y=y: x + y,
                "mul": lambda x=x, y=y: x * y,
                "matmul": lambda x=x, y=y: x @ y.T,
                "tanh": lambda y=y: mg.tanh(y),
                "T": lambda y=y: y.T,
                "gather": lambda y=y: mg.gather(y, [1, 0]),
            }[op]()
        values.append(made)
    return values[-1]


@st.composite
def expansions(draw: st.DrawFn, tensor: mg.Tensor) -> str | list[str]:
    """Any choice of a graph's scopes."""
    from minigrad.graph import reachable

    assert tensor.node is not None
    found = (node.meta.scope for node in reachable(tensor.node))
    scopes = sorted({str(scope) for scope in found if scope is not None})
    chosen = draw(st.lists(st.sampled_from(scopes), unique=True)) if scopes else []
    return "all" if draw(st.booleans()) else chosen
