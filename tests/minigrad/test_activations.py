"""An activation is two formulas; all else that there is of it is made of them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

import minigrad as mg
import models
from minigrad import kernels
from minigrad.kernels.activations import _tanh_f32
from minigrad.kernels.formulas import FORMULAS
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.ops.formula import ACTIVATIONS, Activation
from minigrad.symbol import RULES, UnsupportedError

SCALAR = {
    "np": np,
    "erf": scipy.special.erf,
    "zero": 0.0,
    "half": 0.5,
    "one": 1.0,
    "T": float,
    "tanh": np.tanh,
}
X = np.linspace(-3, 3, 301)
G = np.random.default_rng(0).normal(size=X.shape)


def define() -> Activation:
    @mg.activation()
    def elu(x: Any) -> Any:
        """x, but eˣ − 1 below 0

        shapes: any
        vjp: g, but g ⊙ (y + 1) below 0
        """
        return np.where(x > 0, x, np.expm1(x))

    elu.vjp_from_output(lambda g, y: np.where(y > 0, g, g * (y + 1)))
    return elu


@pytest.fixture
def elu() -> Iterator[Activation]:
    """A row that is not in the table."""
    rules = set(RULES)
    yield define()
    del ACTIVATIONS["elu"]
    for name in set(RULES) - rules:
        del RULES[name], FORMULAS[name]


def test_a_row_is_an_op_whose_derivative_is_right(elu: Activation) -> None:
    for dtype, tolerance in ((np.float32, 1e-6), (np.float64, 1e-14)):
        x = mg.tensor(X.astype(dtype), requires_grad=True)
        y = elu(x)
        y.backward(G.astype(dtype))
        assert x.grad is not None
        assert y.dtype == x.grad.dtype == dtype
        np.testing.assert_allclose(y.data, np.where(X > 0, X, np.exp(X) - 1), tolerance, tolerance)
        np.testing.assert_allclose(x.grad, G * np.where(X > 0, 1, np.exp(X)), tolerance, tolerance)
    report = mg.assert_gradients(elu, [X[X != 0]])
    assert report.methods == {"x": "complex step"}


def test_a_row_is_a_compiled_loop(elu: Activation) -> None:
    for kernel, operands in zip(elu.kernels, ((X,), (G, X)), strict=True):
        assert hasattr(kernel.compiled, "signatures") == JIT_ENABLED
        np.testing.assert_allclose(kernel(*operands), kernel.twin(*operands), rtol=1e-14)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "elu"])
def test_the_rules_of_the_compiler_compute_the_formulas(name: str, elu: Activation) -> None:
    forward, backward = ACTIVATIONS[name].kernels
    for kernel, operands in ((forward, (X,)), (backward, (G, X))):
        rule = RULES[kernel.__name__].format("x", "y")
        found = [
            eval(rule, SCALAR, dict(zip("xy", row, strict=False))) for row in zip(*operands, strict=True)
        ]
        np.testing.assert_allclose(found, kernel.twin(*operands), rtol=1e-15)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "elu"])
def test_the_slope_told_by_the_output_is_that_of_the_vjp(name: str, elu: Activation) -> None:
    op = ACTIVATIONS[name]
    x = mg.tensor(X, requires_grad=True)
    y = op(x)
    y.sum().backward()
    if name in ("silu", "gelu"):  # which give two numbers the same result
        assert op.slope is None
    else:
        assert op.slope is not None
        np.testing.assert_allclose(op.slope(y.data), x.grad, rtol=1e-12)


def test_cells_find_a_row_by_its_name(elu: Activation) -> None:
    cell = models.RNN(3, np.random.default_rng(0), "elu")
    assert cell.f is elu
    assert "np.expm1" in mg.fold_source(cell)
    text = io.StringIO()
    mg.explain_fold(cell, file=text)
    assert "elu_vjp(" in text.getvalue()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_rows_in_one_compiled_cell(dtype: Any, elu: Activation) -> None:
    functions = tuple(ACTIVATIONS.values())

    class All(mg.Cell):
        parts = (mg.Part("h", 3),)

        def compose(self, left: Any, right: Any) -> Any:
            return sum((f(left.h - 2 * right.h) for f in functions), 0 * left.h)

    forest = models.random_forest(np.random.default_rng(0), [2, 5, 9], vocabulary=models.Vocabulary(["a"]))
    leaves = np.random.default_rng(1).normal(size=(len(forest.leaves), 3)).astype(dtype)
    found = {}
    for mode in ("level", "compiled"):
        tensor = mg.tensor(leaves, requires_grad=True)
        states = mg.fold(All(), forest, tensor, mode)
        mg.tanh(states.h).sum().backward()
        found[mode] = states.h.data, tensor.grad
    for one, other in zip(*found.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * np.abs(other).max())


def test_another_formula_under_the_same_name_is_another_rule(elu: Activation) -> None:
    @mg.activation()
    def elu(x: Any) -> Any:  # type: ignore[no-redef]
        """x, but 2 (eˣ − 1) below 0

        shapes: any
        vjp: not given
        """
        return np.where(x > 0, x, 2 * np.expm1(x))

    assert kernels.elementwise(lambda x: np.where(x > 0, x, np.expm1(x)), "elu", 1).__name__ == "elu"
    assert ACTIVATIONS["elu"] is elu
    np.testing.assert_allclose(elu(X).data[0], 2 * np.expm1(-3))
    assert RULES["elu"] != RULES["elu_2"]


def test_machine_code_of_an_earlier_formula_is_not_taken_for_that_of_a_later_one() -> None:
    # Numba's cache outlives the process; two loops that differ in a constant have the same bytecode.
    for factor in (2.0, 3.0):
        kernel = kernels.elementwise(lambda x, factor=factor: factor * x, "scaled", 1)
        np.testing.assert_array_equal(kernel(X), factor * X)
        del RULES["scaled"], FORMULAS["scaled"]


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: twins only")
def test_float32_takes_the_fast_tanh_and_float64_libm_s() -> None:
    x = X.astype(np.float32)
    tanh = ACTIVATIONS["tanh"].kernels[0]
    fast = np.array([_tanh_f32(v) for v in x])
    assert (tanh(x) == fast).mean() > 0.95
    assert (tanh.twin(x) == fast).mean() < 0.95, "the two can't be told apart"
    np.testing.assert_allclose(tanh(X), tanh.twin(X), rtol=1e-15)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda x: x - np.mean(x), r"numpy\.mean"),
        (lambda x: max(x, 0), "control flow"),
        (lambda x: math.tanh(x), "real number"),
        (lambda x: None, "a result that is a NoneType"),
        (lambda: 0, "takes 0 positional arguments"),
    ],
)
def test_what_is_not_computed_element_by_element_is_refused_by_name(formula: Any, text: str) -> None:
    def curve(*xs: Any) -> Any:
        """A curve

        shapes: any
        vjp: not given
        """
        return formula(*xs)

    rules = {**RULES}
    with pytest.raises(UnsupportedError, match=rf"^curve can't be compiled .*{text}.*np\.where"):
        mg.activation()(curve)
    assert "curve" not in ACTIVATIONS
    assert rules == RULES


@pytest.mark.parametrize("vjp", [lambda g: g, lambda y, x: lambda g: g, lambda g, y, x: g])
@pytest.mark.parametrize("give", ["vjp_from_output", "vjp_from_input"])
def test_a_vjp_of_another_form_is_refused_and_shown_the_right_one(vjp: Any, give: str, elu: Any) -> None:
    letter = "y" if give == "vjp_from_output" else "x"
    with pytest.raises(UnsupportedError, match=rf"given as elu\.{give}\(lambda g, {letter}: …\)"):
        getattr(elu, give)(vjp)
