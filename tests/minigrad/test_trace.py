"""The trace: a cell as symbols, with its derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.context import thread
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.nn import Parameter
from minigrad.symbol import ROWS, Symbol, UnsupportedError
from models.cells import RNN
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Simple


def listing(traced: Trace) -> list[str]:
    """One line per symbol, in order."""
    names = {s: f"W{k}" for k, s in enumerate(traced.parameter_symbols)}
    lines = []
    for s in traced.table.symbols:
        args = ", ".join(names.get(a, repr(a)) if isinstance(a, Symbol) else str(a) for a in s.args)
        lines.append(f"{names.get(s, repr(s))} = {s.op}({args})")
    return lines


RNN_FORWARD = [
    "W0 = parameter(0)",
    "W1 = parameter(1)",
    "W2 = parameter(2)",
    "%3 = child(left, h)",
    "%4 = is_leaf(left)",
    "%5 = child(right, h)",
    "%6 = is_leaf(right)",
    "%7 = transpose(W0)",
    "%8 = matmul(%3, %7)",
    "%9 = transpose(W1)",
    "%10 = matmul(%5, %9)",
    "%11 = add(%8, %10)",
    "%12 = add(%11, W2)",
    "%13 = tanh(%12)",
    "%14 = cotangent(h)",
]
RNN_BACKWARD = {
    "left h": "matmul(tanh_vjp(cotangent(h), %13), W0)",
    "right h": "matmul(tanh_vjp(cotangent(h), %13), W1)",
    "W0": "transpose(matmul(transpose(%3), tanh_vjp(cotangent(h), %13)))",
    "W1": "transpose(matmul(transpose(%5), tanh_vjp(cotangent(h), %13)))",
    "W2": "column_sums(tanh_vjp(cotangent(h), %13))",
}


def formula(s: Any, traced: Trace) -> str:
    """Return a symbol of backward as a formula of symbols of forward."""
    if not isinstance(s, Symbol):
        return str(s)
    if s in traced.parameter_symbols:
        return f"W{traced.parameter_symbols.index(s)}"
    if s.id <= 13:
        return repr(s)
    return f"{s.op}({', '.join(formula(a, traced) for a in s.args)})"


def test_the_trace_of_an_rnn_is_what_one_would_write() -> None:
    traced = trace(RNN(4, np.random.default_rng(0)), np.float32)
    assert listing(traced)[:15] == RNN_FORWARD
    assert traced.outputs["h"] is traced.table.symbols[13]
    assert traced.outputs["h"].shape == (ROWS, 4)
    gradients = {f"{side} {name}": g for (side, name), g in traced.child_gradients.items()}
    gradients |= {f"W{k}": g for k, g in enumerate(traced.parameter_gradients)}
    assert {name: formula(g, traced) for name, g in gradients.items()} == RNN_BACKWARD


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_cell_of_the_contract_is_traced(kind: type[ContractCell], dtype: Any) -> None:
    cell = kind(np.random.default_rng(0), dtype)
    traced = trace(cell, dtype)
    assert list(traced.outputs) == [p.name for p in cell.parts]
    assert {s.dtype for s in traced.table.symbols} <= {np.dtype(dtype), np.dtype(np.bool_)}
    for s, p in zip(traced.parameter_gradients, cell.parameters(), strict=True):
        assert s is not None
        assert s.shape == p.shape


def composing(rule: Any) -> Any:
    class Cell(Simple):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return rule(self, left, right)

    return Cell(np.random.default_rng(0))


def fail(cell: Any, x: Any, y: Any) -> Any:
    raise KeyError("mine")


def branch(cell: Any, x: Any, y: Any) -> Any:
    return x.h if cell.b else y.h


ERRORS = {
    "unsupported": (lambda c, x, y: mg.cumsum(x.h @ c.W1, 1) * y.h, UnsupportedError),
    "control flow": (branch, mg.GraphError),
    "its own": (fail, KeyError),
    "shapes": (lambda c, x, y: x.h @ np.zeros((2, 2)), UnsupportedError),
    "parts": (lambda c, x, y: {"g": x.h}, ValueError),
    "nothing": (lambda c, x, y: None, TypeError),
    "no error": (lambda c, x, y: mg.tanh(x.h @ c.W1 + c.b), None),
}


@pytest.mark.parametrize(("rule", "error"), ERRORS.values(), ids=ERRORS)
def test_everything_is_as_before_afterwards(rule: Any, error: Any) -> None:
    cell = composing(rule)
    arrays = [p.data for p in cell.parameters()]
    gradients = [np.ones_like(a) for a in arrays]
    for p, g in zip(cell.parameters(), gradients, strict=True):
        p.grad = g
    cell.W2.grad = None
    with mg.no_grad(), mg.scope("mine"), mg.record_values(), mg.record_gradients() as record:
        engine = dict(vars(thread.state))
        if error is None:
            trace(cell, np.float64)
        else:
            with pytest.raises(error):
                trace(cell, np.float64)
        assert vars(thread.state) == engine
        assert len(record) == 0, "the backward of the trace is not one of the user's"
    for p, data, g in zip(cell.parameters(), arrays, gradients, strict=True):
        assert p.data is data
        assert p.grad is (None if p is cell.W2 else g)
        assert (p.grad == 1).all() if p.grad is not None else True


class Dropped(ContractCell):
    parts = (mg.Part("h", E),)
    shapes = {"W": (E, 2 * E), "V": (2 * E, E)}  # noqa: RUF012

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        wide = mg.dropout(left.h @ self.W, 0.5, self.one)
        return mg.dropout(wide @ self.V + mg.dropout(right.h, 0.0, self.one), 0.25, self.other)


def test_masks_are_described_in_order_and_nothing_is_drawn() -> None:
    cell = Dropped(np.random.default_rng(0))
    cell.one, cell.other = np.random.default_rng(1), np.random.default_rng(2)
    masks = trace(cell, np.float64).masks
    assert [(s.op, s.shape, s.dtype, p) for s, p, _ in masks] == [
        ("mask", (ROWS, 2 * E), np.bool_, 0.5),
        ("mask", (ROWS, E), np.bool_, 0.25),
    ]
    assert masks[0][2] is cell.one
    assert masks[1][2] is cell.other
    assert cell.one.random() == np.random.default_rng(1).random()


def test_an_op_without_a_description_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"^cumsum \("):
        trace(composing(lambda c, x, y: mg.cumsum(x.h, 1) * y.h), np.float64)


def test_an_op_whose_derivative_has_no_description_is_named() -> None:
    @mg.primitive(name="reversed sign")
    def flip(x: Any) -> Any:
        """-x

        shapes: any
        vjp: -g, computed by a function that symbols don't know
        """
        return -x

    flip.defvjp(lambda ans, x: lambda g: np.flip(np.flip(-g)))
    with pytest.raises(UnsupportedError, match=r"the derivative of reversed sign \(numpy\.flip\)"):
        trace(composing(lambda c, x, y: flip(x.h @ c.W1)), np.float64)


def test_a_parameter_that_is_not_used_has_no_gradient() -> None:
    cell = composing(lambda c, x, y: mg.tanh(x.h @ c.W1 + y.h))
    cell.spare = Parameter(np.zeros(3))
    assert [g is None for g in trace(cell, np.float64).parameter_gradients] == [False, True, True, True]


def test_a_child_that_is_not_read_has_no_gradient() -> None:
    traced = trace(composing(lambda c, x, y: mg.tanh(y.h)), np.float64)
    assert list(traced.child_gradients) == [("right", "h")]


def test_comparing_masks_is_described_not_evaluated() -> None:
    both = composing(lambda c, x, y: mg.where(x.is_leaf == y.is_leaf, x.h, y.h))
    either = composing(lambda c, x, y: mg.where(x.is_leaf & ~y.is_leaf, x.h, y.h))
    assert "eq" in [s.op for s in trace(both, np.float64).table.symbols]
    assert {"and", "not"} <= {s.op for s in trace(either, np.float64).table.symbols}
