"""Every op of the table: its value, its derivative, its dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import minigrad.ops
from minigrad.cotangent import as_dense
from tests.minigrad.op_table import TABLE, Row, Shape

Shapes = tuple[Shape, ...]
DTYPES = (np.float32, np.float64)

each_row = pytest.mark.parametrize("row", TABLE, ids=str)


def each_case(test: Callable[[Row, Shapes], None]) -> Any:
    """Run a test for every row, and there for all shapes: a test for each would take longer than the ops."""

    def for_all_shapes(row: Row) -> None:
        for shapes in row.shapes:
            try:
                test(row, shapes)
            except BaseException as error:
                error.add_note(f"for the shapes {shapes}")
                raise

    for_all_shapes.__name__, for_all_shapes.__doc__ = test.__name__, test.__doc__
    return each_row(for_all_shapes)


each_pair = pytest.mark.parametrize(
    "row", [row for row in TABLE if len(row.shapes[0]) == 2 and row.square], ids=str
)


def leaves(row: Row, shapes: Shapes, dtype: type = np.float64) -> list[mg.Tensor]:
    return [mg.tensor(x, requires_grad=True) for x in row.operands(shapes, dtype)]


def cotangent_for(value: mg.Tensor) -> np.ndarray:
    return np.asarray(np.random.default_rng(5).uniform(0.5, 1.5, value.shape), value.dtype)


def gradients(row: Row, shapes: Shapes, dtype: type) -> tuple[np.ndarray, list[np.ndarray]]:
    inputs = leaves(row, shapes, dtype)
    out = row.function(*inputs)
    out.backward(cotangent_for(out))
    return out.data, [as_dense(x.grad) for x in inputs]


def test_every_op_has_a_row_in_the_table() -> None:
    assert {row.name for row in TABLE} == set(minigrad.ops.__all__)


def test_every_op_is_reachable_from_the_package() -> None:
    assert all(getattr(mg, name) is getattr(minigrad.ops, name) for name in minigrad.ops.__all__)


@each_case
def test_value_and_dtype(row: Row, shapes: Shapes) -> None:
    for dtype in DTYPES:
        arrays = row.operands(shapes, dtype)
        value = row.function(*map(mg.tensor, arrays))
        expected = row.oracle(*[x.astype(np.float64) for x in arrays])
        assert value.dtype == dtype
        assert isinstance(value.data, np.ndarray)
        tolerance = 3e-6 if dtype is np.float32 else 1e-13
        np.testing.assert_allclose(value.data, expected, tolerance, tolerance, strict=False)
        assert value.shape == np.shape(expected)


@each_case
def test_derivative(row: Row, shapes: Shapes) -> None:
    inputs = leaves(row, shapes)
    out = row.function(*inputs)
    if out.size and any(x.size for x in inputs):
        mg.assert_gradients(row.function, inputs)
    else:  # there is nothing to difference, but backward must get through
        out.backward(np.zeros(out.shape))
        for x in inputs:
            np.testing.assert_array_equal(as_dense(x.grad), np.zeros(x.shape), strict=True)


@each_case
def test_float32_gradient_is_float32_and_near_that_of_float64(row: Row, shapes: Shapes) -> None:
    _, single = gradients(row, shapes, np.float32)
    _, double = gradients(row, shapes, np.float64)
    for f32, f64 in zip(single, double, strict=True):
        assert f32.dtype == np.float32
        assert f64.dtype == np.float64
        np.testing.assert_allclose(f32, f64, rtol=2e-5, atol=2e-6)


@each_case
def test_a_cotangent_that_is_a_broadcast_view(row: Row, shapes: Shapes) -> None:
    # y.sum() hands y a read-only array with strides of 0.
    one, other = leaves(row, shapes), leaves(row, shapes)
    row.function(*one).sum().backward()
    out = row.function(*other)
    out.backward(np.ones(out.shape))
    for x, y in zip(one, other, strict=True):
        np.testing.assert_allclose(as_dense(x.grad), as_dense(y.grad), rtol=1e-14)


@each_row
def test_operands_in_transposed_memory(row: Row) -> None:
    for shapes in row.shapes:
        arrays = row.operands(shapes)
        flipped = [mg.tensor(x.T).T for x in arrays]
        np.testing.assert_allclose(
            row.function(*flipped).data, row.function(*map(mg.tensor, arrays)).data, rtol=1e-14
        )


@each_pair
def test_one_tensor_for_both_operands(row: Row) -> None:
    x = np.random.default_rng(0).uniform(*row.domain, (4, 4))
    mg.assert_gradients(lambda x: row.function(x, x), [x])


@each_pair
def test_only_the_operand_that_requires_a_gradient_is_recorded(row: Row) -> None:
    a, b = row.operands(((4, 4), (4, 4)))
    x = mg.tensor(a, requires_grad=True)
    constant = mg.tensor(b)
    row.function(x, constant).sum().backward()
    row.function(constant, x).sum().backward()
    assert x.grad is not None
    assert constant.grad is None
    assert not row.function(constant, b).requires_grad


@pytest.mark.parametrize("row", [row for row in TABLE if row.torch], ids=str)
def test_like_torch(row: Row) -> None:
    torch = pytest.importorskip("torch")
    for shapes in row.shapes:
        value, ours = gradients(row, shapes, np.float64)
        inputs = [torch.tensor(x, requires_grad=True) for x in row.operands(shapes)]
        assert row.torch is not None
        out = row.torch(*inputs)
        np.testing.assert_allclose(value, out.detach().numpy(), rtol=1e-12, atol=1e-14)
        out.backward(torch.tensor(cotangent_for(mg.tensor(value))))
        for x, g in zip(inputs, ours, strict=True):
            np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-11, atol=1e-13)
