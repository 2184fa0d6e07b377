"""In-place changes: those that a derivative would notice are refused, others allowed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg
from minigrad.cotangent import as_dense


def leaf(*values: float) -> mg.Tensor:
    return mg.tensor(np.array(values), requires_grad=True)


def test_results_and_leaves_with_gradients_are_not_changed_by_accident() -> None:
    w = leaf(1.0)
    with pytest.raises(mg.GraphError, match="no_grad"):
        w[0] = 2.0
    with pytest.raises(mg.GraphError, match="result of an operation"):
        (w * 2.0)[0] = 2.0


@pytest.mark.parametrize(
    "function",
    [
        lambda w: w * w,
        lambda w: mg.log(w),
        lambda w: leaf(1.0, 2.0) @ w.T,
        lambda w: leaf(1.0, 2.0) * w.reshape(2),
        lambda w: leaf(1.0, 2.0) * w.detach(),
        lambda w: mg.where(w, leaf(1.0, 2.0), 0.0),
        # Views: what is changed lies under another tensor.
        lambda w: leaf(1.0, 2.0) * mg.squeeze(w),
        lambda w: leaf(1.0, 2.0) * mg.expand_dims(w, 0),
        lambda w: leaf(1.0, 2.0) * mg.reshape(mg.expand_dims(w, 1), (2,)),
        # Ops that read their operand in backward, one of each file.
        lambda w: w / leaf(1.0, 2.0),
        lambda w: leaf(1.0, 2.0) ** w,
        lambda w: w**2.0,
        lambda w: mg.sin(w),
        lambda w: mg.maximum(w, leaf(1.0, 3.0)),
        lambda w: mg.clip(w, 0.0, 1.5),
        lambda w: mg.var(w),
        lambda w: mg.prod(w),
        lambda w: mg.einsum("i,i->", w, leaf(1.0, 2.0)),
        lambda w: mg.erf(w),
        lambda w: mg.relu(w),
    ],
)
@pytest.mark.parametrize("change", ["setitem", "copy_", "view"])
def test_changing_a_saved_operand_in_place_is_noticed(
    function: Callable[..., mg.Tensor], change: str
) -> None:
    w = leaf(1.0, 2.0)
    out = function(w)
    with mg.no_grad():
        if change == "setitem":
            w[0] = 5.0
        elif change == "copy_":
            w.copy_([5.0, 5.0])
        else:
            w.detach()[...] = 5.0
    with pytest.raises(mg.GraphError, match="changed in place"):
        out.backward(np.ones(out.shape))


LINEAR: dict[str, Callable[..., mg.Tensor]] = {
    "add": lambda w: w + w,
    "sub": lambda w: 1.0 - w,
    "neg": lambda w: -w,
    "transpose": lambda w: w.T,
    "sum": lambda w: w.sum(),
    "mean": lambda w: w.mean(),
    "cumsum": lambda w: mg.cumsum(w),
    "reshape": lambda w: w.reshape(2, 1),
    "squeeze": lambda w: mg.squeeze(w),
    "expand_dims": lambda w: mg.expand_dims(w, 0),
    "broadcast_to": lambda w: mg.broadcast_to(w, (3, 2)),
    "concat": lambda w: mg.concat([w, w]),
    "stack": lambda w: mg.stack([w, w]),
    "split": lambda w: mg.split(w, 2)[0],
    "index": lambda w: w[1:],
    "gather": lambda w: mg.gather(w.reshape(2, 1), [1, 1]),
}


@pytest.mark.parametrize("name", LINEAR)
def test_changing_what_no_derivative_reads_is_allowed(name: str) -> None:
    function, w = LINEAR[name], leaf(1.0, 2.0)
    out = function(w)
    with mg.no_grad():
        w[...] = 5.0
    out.backward(np.ones(out.shape))
    assert w.grad is not None


@pytest.mark.parametrize(
    "function",
    [
        lambda x, k: x[k].sum(),
        lambda x, k: x[k, k].sum(),
        lambda x, k: mg.gather(x, k).sum(),
        lambda x, k: mg.cross_entropy(x, k),
    ],
)
def test_changing_an_index_afterwards_does_not_move_the_gradient(function: Callable[..., mg.Tensor]) -> None:
    x = mg.tensor(np.eye(2), requires_grad=True)
    expected = mg.tensor(np.eye(2), requires_grad=True)
    k = mg.tensor([0, 1])
    function(expected, [0, 1]).backward()
    out = function(x, k)
    k[...] = 0
    out.backward()
    np.testing.assert_array_equal(as_dense(x.grad), as_dense(expected.grad))


def test_changes_before_the_forward_pass_and_after_backward_are_fine() -> None:
    w = leaf(1.0)
    for _ in range(3):
        (w * w).backward()
        with mg.no_grad():
            w[...] = w.data - 0.1 * w.grad
        w.zero_grad()
    np.testing.assert_allclose(w.data, 0.8**3)
