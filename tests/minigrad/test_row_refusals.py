"""What compiled mode says of computations along rows, between nodes and of weights that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.trace import trace
from minigrad.symbol import UnsupportedError
from tests.minigrad.fold_contract.cells import ContractCell, E

REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "an axis dropped": (
        lambda p, x: mg.sum(x.h, 1),
        r"sum \(a reduction along the row that drops .* keepdims=True",
    ),
    "a sum over the nodes": (lambda p, x: x.h * mg.sum(x.h, 0), "a computation over all nodes"),
    "a sum of everything": (lambda p, x: x.h * mg.sum(x.h), "a computation over all nodes"),
    "a mean over the nodes": (lambda p, x: x.h * mg.mean(x.h, 0), r"mean \(a mean over the nodes\)"),
    "a maximum over the nodes": (lambda p, x: x.h * mg.max(x.h), r"max \(a max over the nodes\)"),
    "softmax over the nodes": (lambda p, x: mg.softmax(x.h, 0), "softmax along another axis than the last"),
    "nodes joined": (lambda p, x: mg.concat([x.h, x.h]), r"concat \(a concat of nodes\)"),
    "a vector joined": (lambda p, x: mg.concat([x.h, np.ones((1, E))], 1), "with what has no row per node"),
    "a step": (lambda p, x: x.h[:, ::2], r"getitem \(indexing other than x\[:, start:stop\]\)"),
    "a node": (lambda p, x: x.h[0] * x.h, "indexing other than"),
    "one column": (lambda p, x: x.h[:, 0], "indexing other than"),
    "a mask's columns": (lambda p, x: x.is_leaf[:, 1:1] & (x.h > 0), "indexing other than"),
    "another shape": (lambda p, x: mg.reshape(x.h, (1, -1)), r"reshape \(ndarray\.reshape of rows\)"),
    "running sums": (lambda p, x: mg.cumsum(x.h, 1), r"cumsum \(ndarray\.cumsum\)"),
    "weights with a step": (lambda p, x: x.h * p.b[::2][:1], "with a step"),
    "weights by a list": (lambda p, x: x.h * p.b[[0, 1, 2]], "something else than integers and slices"),
}


@pytest.mark.parametrize(("rule", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_compiled_is_named(rule: Callable[..., Any], text: str) -> None:
    class Refused(ContractCell):
        parts = (mg.Part("h", E),)
        shapes = {"b": (E,)}  # noqa: RUF012

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return rule(self, left)

    with pytest.raises(UnsupportedError, match=text):
        trace(Refused(np.random.default_rng(0)))
