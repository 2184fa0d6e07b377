"""Symbols: arrays that describe a computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad import kernels
from minigrad.ops.formula import ACTIVATIONS
from minigrad.symbol import ROWS, Symbol, SymbolTable, UnsupportedError


@pytest.fixture
def table() -> SymbolTable:
    return SymbolTable(shared=True)


@pytest.fixture
def x(table: SymbolTable) -> Symbol:
    return table.make("x", (), (ROWS, 3), np.float32)


@pytest.fixture
def y(table: SymbolTable) -> Symbol:
    return table.make("y", (), (ROWS, 3), np.float32)


def mask(table: SymbolTable, name: str = "mask") -> Symbol:
    return table.make(name, (), (ROWS, 1), np.bool_)


def test_equal_computations_are_one_symbol(table: SymbolTable, x: Any, y: Any) -> None:
    before = len(table.symbols)
    assert x * y + 1 is x * y + 1
    assert len(table.symbols) == before + 2
    assert x * y is not y * x
    assert x + 1 is not x + 1.0, "a rule may write them in different ways"
    assert x + 1 is not x + True
    assert np.exp(x) is np.exp(x)
    assert (x + 0.0) is not (x + -0.0)


def test_symbols_of_other_tables_are_others(x: Any) -> None:
    other = SymbolTable().make("x", (), (ROWS, 3), np.float32)
    assert other is not x


OPERATIONS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "x + y": (lambda x, y: x + y, "add"),
    "x - y": (lambda x, y: x - y, "sub"),
    "x * y": (lambda x, y: x * y, "mul"),
    "x / y": (lambda x, y: x / y, "div"),
    "x ** y": (lambda x, y: x**y, "pow"),
    "-x": (lambda x, y: -x, "neg"),
    "x < y": (lambda x, y: x < y, "lt"),
    "x <= y": (lambda x, y: x <= y, "le"),
    "x > y": (lambda x, y: x > y, "gt"),
    "x >= y": (lambda x, y: x >= y, "ge"),
    "x == y": (lambda x, y: x == y, "eq"),
    "x != y": (lambda x, y: x != y, "ne"),
    "maximum": (np.maximum, "maximum"),
    "minimum": (np.minimum, "minimum"),
    "exp": (lambda x, y: np.exp(x), "exp"),
    "log": (lambda x, y: np.log(x), "log"),
    "sqrt": (lambda x, y: np.sqrt(x), "sqrt"),
    "abs": (lambda x, y: np.abs(x), "abs"),
    "where": (lambda x, y: np.where(x < y, x, y), "where"),
    "tanh": (lambda x, y: ACTIVATIONS["tanh"].kernels[0](x), "tanh"),
    "sigmoid_vjp": (lambda x, y: ACTIVATIONS["sigmoid"].kernels[1](x, y), "sigmoid_vjp"),
}


@pytest.mark.parametrize(("compute", "op"), OPERATIONS.values(), ids=OPERATIONS)
def test_operations(compute: Any, op: str, x: Any, y: Any) -> None:
    z = compute(x, y)
    assert isinstance(z, Symbol)
    assert z.op == op
    assert z.shape == (ROWS, 3)
    assert z.dtype == (np.bool_ if op in ("lt", "le", "gt", "ge", "eq", "ne") else np.float32)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.array(2.0)])
def test_numbers_stand_on_either_side_as_python_numbers(number: Any, x: Any) -> None:
    for z, place in ((x - number, 1), (number - x, 0)):
        assert z.op == "sub"
        assert z.dtype == np.float32
        assert z.args[place] == 2
        assert type(z.args[place]) in (int, float)


def test_masks(table: SymbolTable, x: Any) -> None:
    m, n = mask(table), mask(table, "other")
    for z, op in ((m & n, "and"), (m | n, "or"), (~m, "not"), (np.logical_not(m), "not"), (m == n, "eq")):
        assert (z.op, z.dtype, z.shape) == (op, np.bool_, (ROWS, 1))
    assert np.where(m, x, 0.0).shape == (ROWS, 3)
    assert m.astype(np.float32).dtype == np.float32
    assert np.where(np.True_, x, 0.0) is x
    with pytest.raises(UnsupportedError, match="control flow on a mask"):
        bool(m)


def test_shapes_follow_numpy(table: SymbolTable, x: Any) -> None:
    b = table.make("b", (), (3,), np.float32)
    W = table.make("W", (), (5, 3), np.float32)
    assert (x + b).shape == (ROWS, 3)
    assert (x @ W.T).shape == (ROWS, 5)
    assert W.T.T is W
    assert W.transpose((1, 0)) is W.T
    assert (x.ndim, W.size, np.shape(x)) == (2, 15, (ROWS, 3))
    with pytest.raises(ValueError, match="inner lengths differ"):
        x @ W
    with pytest.raises(ValueError, match="broadcast"):
        x + table.make("c", (), (4,), np.float32)


UNSUPPORTED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a ufunc": (np.sinh, "numpy.sinh"),
    "a method of a ufunc": (lambda x: np.add.reduce(x), "numpy.add"),
    "a function": (np.cumsum, "numpy.cumsum"),
    "a method": (lambda x: x.sum(), "ndarray.sum"),
    "an attribute": (lambda x: x.strides, "ndarray.strides"),
    "an index": (lambda x: x[0], "indexing"),
    "a kernel": (lambda x: kernels.log_softmax(x), "the kernel log_softmax"),
    "an array": (lambda x: x + np.zeros(3), "neither a parameter nor a state"),
    "a vector in a product": (lambda x: x @ np.zeros((3, 3)), "a product with something else"),
    "another dtype": (lambda x: x.astype(np.float64), "a change of dtype from float32 to float64"),
    "axes": (lambda x: x.transpose((0, 1)), "transpose with axes"),
}


@pytest.mark.parametrize(("compute", "text"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_unsupported_is_named(compute: Any, text: str, x: Any) -> None:
    with pytest.raises(UnsupportedError, match=text):
        compute(x)


def test_operands_of_two_dtypes_are_unsupported(table: SymbolTable, x: Any) -> None:
    W = table.make("W", (), (3, 3), np.float64)
    for compute in (lambda: x @ W, lambda: x * table.make("b", (), (3,), np.float64)):
        with pytest.raises(UnsupportedError, match="different dtypes"):
            compute()


def test_a_table_that_is_closed_compares_by_identity(table: SymbolTable, x: Any, y: Any) -> None:
    table.open = False
    assert x != y
    assert y in [x, y]
    assert y not in [x]
    assert {x: 1, y: 2}[y] == 2


def test_symbols_are_not_changed_and_say_who_they_are(x: Any) -> None:
    assert x.copy() is x
    assert repr(x) == "%0"
    assert not hasattr(x, "__array_interface__")
