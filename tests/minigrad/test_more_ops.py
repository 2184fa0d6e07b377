"""What the table of ops does not show: edges, refusals, methods, and how the compiler takes the newer ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import models
from minigrad.cotangent import as_dense
from minigrad.kernels.jit import JIT_ENABLED


def gradient(function: Callable[[mg.Tensor], mg.Tensor], x: Any) -> Any:
    leaf = mg.tensor(np.asarray(x, np.float64), requires_grad=True)
    out = function(leaf)
    out.backward(np.arange(1.0, out.size + 1).reshape(out.shape))
    return as_dense(leaf.grad)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 4.0], [12, 8, 6]),
        ([2.0, 0.0, 4.0], [0, 8, 0]),
        ([0.0, 3.0, 0.0], [0, 0, 0]),
        ([0.0], [1]),
        ([], []),
    ],
)
def test_the_gradient_of_a_product_is_that_of_the_others_also_at_zeros(x: Any, expected: Any) -> None:
    np.testing.assert_array_equal(gradient(mg.prod, x), expected)


def test_a_product_along_several_axes_has_exact_gradients_at_zeros() -> None:
    x = np.arange(12.0).reshape(2, 3, 2) % 5  # 0 at three places
    found = gradient(lambda x: mg.prod(x, (0, 2)), x)
    for j in range(3):
        for i, k in np.ndindex(2, 2):
            others = x[:, j].copy()
            others[i, k] = 1
            assert found[i, j, k] == (j + 1) * others.prod()


def test_the_gradient_of_a_norm_at_zero_is_zero() -> None:
    np.testing.assert_array_equal(gradient(mg.norm, [0.0, 0.0]), [0, 0])
    rows = gradient(lambda x: mg.norm(x, axis=1), [[0.0, 0.0], [3.0, -4.0]])
    np.testing.assert_allclose(rows, np.array([[0, 0], [1.2, -1.6]]), rtol=1e-15)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e-30), (np.float32, 1e30), (np.float64, 1e-200)])
def test_a_norm_is_right_where_the_squares_would_vanish_or_overflow(dtype: Any, size: float) -> None:
    x = mg.tensor(np.array([3 * size, -4 * size], dtype), requires_grad=True)
    y = mg.norm(x)
    y.backward()
    assert y.item() == pytest.approx(5 * size, rel=1e-6)
    np.testing.assert_allclose(as_dense(x.grad), [0.6, -0.8], rtol=1e-6)


def test_the_norm_of_what_is_not_finite_is_not_finite() -> None:
    assert mg.norm(np.array([np.inf, 1.0])).item() == np.inf
    assert np.isnan(mg.norm(np.array([np.nan, np.inf])).item())


@pytest.mark.parametrize("name", ["std", "layer_norm"])
def test_equal_elements_give_gradients_without_nan(name: str) -> None:
    np.testing.assert_array_equal(gradient(getattr(mg, name), [3.0, 3.0, 3.0]), _zero_variance[name])


# g = 1, or (1, 2, 3) for the three results of layer_norm, whose s is √eps
_zero_variance = {"std": [0, 0, 0], "layer_norm": np.array([-1, 0, 1]) / np.sqrt(1e-5)}


def test_the_mean_of_no_squares_is_refused() -> None:
    for op in (mg.var, mg.std):
        with pytest.raises(mg.ShapeError, match=r"which is 0 here.*more than ddof"):
            op(np.ones((2, 1)), axis=1, ddof=1)
        with pytest.raises(mg.ShapeError, match="ddof"):
            op(np.ones(0))
    with pytest.raises(mg.ShapeError, match="layer_norm"):
        mg.layer_norm(np.ones((2, 0)))
    with pytest.raises(ValueError, match="eps"):
        mg.layer_norm(np.ones(2), eps=-1)


@pytest.mark.parametrize("name", ["prod", "norm", "var", "std", "cumsum", "squeeze", "layer_norm"])
def test_an_axis_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(mg.ShapeError, match=rf"^{name}: the shapes operand 1 \(1, 3\) with axis=2"):
        getattr(mg, name)(np.ones((1, 3)), axis=2)


def test_squeeze_and_broadcast_to_refuse_what_does_not_fit() -> None:
    with pytest.raises(mg.ShapeError, match="length 1"):
        mg.squeeze(np.ones((1, 3)), 1)
    with pytest.raises(mg.ShapeError, match=r"broadcast_to: .*shape=\(2, 2\)"):
        mg.broadcast_to(np.ones(3), (2, 2))
    with pytest.raises(mg.ShapeError, match="bilinear"):
        mg.bilinear(np.ones((2, 3)), np.ones((3, 3)), np.ones((1, 3, 3)))


def test_a_broadcast_result_has_memory_of_its_own() -> None:
    x = np.ones(3)
    y = mg.broadcast_to(x, (2, 3))
    x[0] = 5
    y.data[0, 1] = 7
    np.testing.assert_array_equal(y.data, [[1, 7, 1], [1, 1, 1]])


def test_clip_has_the_derivative_one_from_bound_to_bound() -> None:
    x = [-1.5, -1.0, 0.0, 2.0, 2.5, np.nan]
    np.testing.assert_array_equal(gradient(lambda x: mg.clip(x, -1, 2), x), [0, 2, 3, 4, 0, 0])
    np.testing.assert_array_equal(gradient(lambda x: mg.clip(x, min=-1), x), [0, 2, 3, 4, 5, 0])
    np.testing.assert_array_equal(gradient(lambda x: mg.clip(x, max=2), x), [1, 2, 3, 4, 0, 0])


def test_clip_refuses_bounds_that_bound_nothing() -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="min, max or both"):
        mg.clip(x)
    with pytest.raises(ValueError, match="min lies above max"):
        mg.clip(x, 2, 1)
    with pytest.raises(ValueError, match="max is NaN"):
        mg.clip(x, 0, np.nan)
    with pytest.raises(TypeError, match=r"min requires a gradient.*mg\.maximum"):
        mg.clip(x, mg.tensor(0.0, requires_grad=True))
    np.testing.assert_array_equal(x.clip(1, 1).data, [1, 1])
    np.testing.assert_array_equal(x.clip(mg.tensor([1.5, 0.0])).data, [1.5, 2])


def test_a_bound_that_changes_later_changes_nothing() -> None:
    x, bound = mg.tensor(np.array([1.0, 3.0]), requires_grad=True), np.array([2.0, 2.0])
    y = mg.clip(x, bound)
    bound[:] = 9
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 1])


@pytest.mark.parametrize(
    ("subscripts", "operands", "text"),
    [
        ("...i,i->...", 2, "letter instead of"),
        ("ij->ji", 2, "two operands"),
        ("ij,jk->ik", 3, "two operands"),
        ("i1,j->i", 2, "two operands"),
        (("ij", "jk"), 2, "two operands"),
        ("ij,jk->il", 2, "'l' of the result .* neither operand"),
        ("ij,jk->ii", 2, "'i' of the result .* twice"),
        ("i,jk->k", 2, "'i' names 1 axes"),
        ("ij,jk->ik", 2, "do not fit"),
        ("ii,ij->j", 2, "one letter"),
    ],
)
def test_einsum_refuses_other_forms(subscripts: Any, operands: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        mg.einsum(subscripts, *[np.ones((2, 3))] * operands)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.data())
def test_einsum_of_any_letters_has_the_derivatives_of_its_values(data: st.DataObject) -> None:
    """Letters twice in one operand, lengths of 1 beside longer ones, and any of them summed."""
    length = {c: data.draw(st.integers(1, 3)) for c in "abc"}
    operands, arrays = [], []
    for k in range(2):
        letters = "".join(data.draw(st.lists(st.sampled_from("abc"), max_size=3)))
        operands.append(letters)
        one = {c: data.draw(st.sampled_from([1, length[c]])) for c in letters}
        arrays.append(np.random.default_rng(k).normal(size=[one[c] for c in letters]))
    known = sorted({*operands[0], *operands[1]})
    to = "".join(data.draw(st.permutations(known))[: data.draw(st.integers(0, len(known)))])
    subscripts = f"{operands[0]},{operands[1]}->{to}"
    leaves = [mg.tensor(x, requires_grad=True) for x in arrays]
    y = mg.einsum(subscripts, *leaves)
    np.testing.assert_allclose(y.data, np.einsum(subscripts, *arrays), rtol=1e-13, atol=1e-13)
    g = np.random.default_rng(2).normal(size=y.shape)
    y.backward(g)
    for k, leaf in enumerate(leaves):  # y is linear in each operand
        step = np.random.default_rng(3).normal(size=leaf.shape)
        change = np.einsum(subscripts, *(step if j == k else x for j, x in enumerate(arrays)))
        assert np.sum(g * change) == pytest.approx(np.sum(as_dense(leaf.grad) * step), rel=1e-9, abs=1e-9)


def test_methods_of_tensors_are_the_functions() -> None:
    x = mg.tensor(np.random.default_rng(0).normal(size=(2, 1, 3)))
    for method, function in (
        (x.prod(axis=2), mg.prod(x, axis=2)),
        (x.var(ddof=1), mg.var(x, ddof=1)),
        (x.std(0), mg.std(x, 0)),
        (x.cumsum(2), mg.cumsum(x, 2)),
        (x.clip(-1, 0.5), mg.clip(x, -1, 0.5)),
        (x.squeeze(1), mg.squeeze(x, 1)),
    ):
        np.testing.assert_array_equal(method.data, function.data, strict=True)


class Waves(mg.Cell):
    """A cell of operations that are compiled element by element."""

    parts = (mg.Part("h", 2),)

    def compose(self, left: Any, right: Any) -> Any:
        return mg.erf(left.h) + mg.sin(right.h).clip(-0.5, 0.5) + mg.gelu(mg.cos(left.h))


@pytest.mark.slow
@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_they_compute_what_they_compute_by_levels(dtype: Any) -> None:
    forest = models.random_forest(np.random.default_rng(0), [3, 9], vocabulary=models.Vocabulary(["a"]))
    vectors = np.random.default_rng(1).normal(size=(12, 2)).astype(dtype)
    found = []
    for mode in ("level", "compiled"):
        leaves = mg.tensor(vectors, requires_grad=True)
        h = mg.fold(Waves(), forest, leaves, mode).h
        (h * h).sum().backward()
        found.append((h.data, as_dense(leaves.grad)))
    tolerance = 2e-5 if dtype is np.float32 else 1e-12
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.abs(one).max())


def test_the_compiler_writes_sine_clip_and_error_function() -> None:
    source = mg.fold_source(Waves())
    assert all(name in source for name in ("np.sin(", "np.cos(", "erf(", "np.minimum("))


def test_rows_that_are_ignored_have_no_loss_and_no_gradient_whatever_their_label() -> None:
    x = mg.tensor(np.array([[1.0, 2.0, 0.0], [3.0, -1.0, 0.5]]), requires_grad=True)
    loss = mg.cross_entropy(x, [-100, 2], ignore_index=-100)
    loss.backward()
    assert loss.item() == pytest.approx(mg.cross_entropy(x.data[1:], [2]).item(), rel=1e-14)
    np.testing.assert_array_equal(as_dense(x.grad)[0], [0, 0, 0])
    masked = mg.cross_entropy(np.array([[0.0, -np.inf]]), [0], weight=[1, 1], reduction="sum")
    assert masked.item() == 0  # a class that is ruled out, by a score of −∞


def test_cross_entropy_refuses_what_it_cannot_weigh() -> None:
    x = np.ones((2, 3))
    for options, error, text in (
        ({"weight": [1, 2]}, mg.ShapeError, "weights of shape .2,. for 3 classes"),
        ({"weight": [1, -2, 1]}, ValueError, "not negative"),
        ({"weight": [1, np.nan, 1]}, ValueError, "finite"),
        ({"weight": mg.tensor(np.ones(3), requires_grad=True)}, TypeError, "constants"),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing"),
        ({"weight": [0, 0, 1]}, mg.ShapeError, "mean over no row"),
        ({"ignore_index": 1, "labels": [1, 1]}, mg.ShapeError, "mean over no row"),
        ({"ignore_index": 1, "labels": [1, 7]}, ValueError, "label 7 of row 1"),
        ({"ignore_index": 1, "labels": [1, 0, 0]}, mg.ShapeError, "labels"),
        ({"reduction": "all"}, ValueError, "reduction is 'mean', 'sum' or 'none'"),
    ):
        settings: dict[str, Any] = {"labels": [0, 1], **options}
        with pytest.raises(error, match=text):
            mg.cross_entropy(x, **settings)
