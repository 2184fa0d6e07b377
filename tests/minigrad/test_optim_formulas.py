"""Every optimiser beside its published formula, one number at a time, and beside PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign, sqrt
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.optim import OPTIMIZERS, Adam, AdamW, Optimizer, by_name
from tests.minigrad.test_optim import G_DENSE, G_ROWS, G_SUMMED, ROWS, W, dtypes, give, parameter

# One number w, as the papers write it, after all of its derivatives.


def decayed(g: float, w: float, l2: float, l1: float) -> float:
    return g + l2 * w + (copysign(l1, w) if w else 0.0)


def sgd(
    w: float, gs: Any, lr: float, l2: float, l1: float, momentum: float = 0, nesterov: bool = False
) -> float:
    velocity = 0.0
    for g in gs:
        g = decayed(g, w, l2, l1)
        velocity = momentum * velocity + g
        w -= lr * (g + momentum * velocity if nesterov else velocity)
    return w


def adagrad(w: float, gs: Any, lr: float, l2: float, l1: float, eps: float = 1e-3) -> float:
    total = 0.0
    for g in gs:
        g = decayed(g, w, l2, l1)
        total += g**2
        w -= lr * g / (sqrt(total) + eps)
    return w


def rmsprop(
    w: float, gs: Any, lr: float, l2: float, l1: float, alpha: float = 0.9, eps: float = 1e-3
) -> float:
    mean = 0.0
    for g in gs:
        g = decayed(g, w, l2, l1)
        mean = alpha * mean + (1 - alpha) * g**2
        w -= lr * g / (sqrt(mean) + eps)
    return w


def adadelta(
    w: float, gs: Any, lr: float, l2: float, l1: float, rho: float = 0.8, eps: float = 1e-3
) -> float:
    squares = steps = 0.0
    for g in gs:
        g = decayed(g, w, l2, l1)
        squares = rho * squares + (1 - rho) * g**2
        step = -sqrt(steps + eps) / sqrt(squares + eps) * g
        steps = rho * steps + (1 - rho) * step**2
        w += lr * step
    return w


def adam(
    w: float, gs: Any, lr: float, l2: float, l1: float, betas: Any = (0.8, 0.95), eps: float = 1e-3
) -> float:
    first = second = 0.0
    for t, g in enumerate(gs, 1):
        g = decayed(g, w, l2, l1)
        first = betas[0] * first + (1 - betas[0]) * g
        second = betas[1] * second + (1 - betas[1]) * g**2
        w -= lr * (first / (1 - betas[0] ** t)) / (sqrt(second / (1 - betas[1] ** t)) + eps)
    return w


def adamw(
    w: float,
    gs: Any,
    lr: float,
    l2: float,
    l1: float,
    weight_decay: float,
    betas: Any = (0.8, 0.95),
    eps: float = 1e-3,
) -> float:
    """Algorithm 2 of Loshchilov & Hutter (2019), with η λ for its η λ: w is decayed as it stood before."""
    first = second = 0.0
    for t, g in enumerate(gs, 1):
        g = decayed(g, w, l2, l1)
        first = betas[0] * first + (1 - betas[0]) * g
        second = betas[1] * second + (1 - betas[1]) * g**2
        step = (first / (1 - betas[0] ** t)) / (sqrt(second / (1 - betas[1] ** t)) + eps)
        w = w - lr * step - lr * weight_decay * w
    return w


CASES: dict[str, tuple[str, Callable[..., float], dict[str, Any]]] = {
    "sgd": ("sgd", sgd, {}),
    "momentum": ("sgd", sgd, {"momentum": 0.7}),
    "nesterov": ("sgd", sgd, {"momentum": 0.7, "nesterov": True}),
    "adagrad": ("adagrad", adagrad, {"eps": 1e-3}),
    "rmsprop": ("rmsprop", rmsprop, {"alpha": 0.9, "eps": 1e-3}),
    "adadelta": ("adadelta", adadelta, {"rho": 0.8, "eps": 1e-3}),
    "adam": ("adam", adam, {"betas": (0.8, 0.95), "eps": 1e-3}),
    "adamw": ("adamw", adamw, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.4}),
}
cases = pytest.mark.parametrize("case", CASES)
SCALES = (1.0, -0.5, 2.0, 0.1)


def test_every_optimiser_has_a_formula() -> None:
    assert {name for name, _, _ in CASES.values()} == OPTIMIZERS.keys()


@dtypes
@cases
@pytest.mark.parametrize(("l2", "l1"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.2)])
@pytest.mark.parametrize("sparse", [False, True])
def test_it_is_its_formula(dtype: Any, case: str, l2: float, l1: float, sparse: bool) -> None:
    name, formula, options = CASES[case]
    p = parameter(dtype)
    optimizer = by_name(name, [p], lr=0.1, l2=l2, l1=l1, **options)
    for scale in SCALES:
        give(p, sparse, scale)
        optimizer.step()
    expected = W.copy()
    for row, column in np.ndindex(W.shape):
        if not sparse or row != 1:  # row 1 is not read
            gs = [scale * (G_SUMMED if sparse else G_DENSE)[row, column] for scale in SCALES]
            expected[row, column] = formula(W[row, column], gs, 0.1, l2, l1, **options)
    np.testing.assert_allclose(p.data, expected, rtol=1e-13 if dtype is np.float64 else 2e-6)
    assert p.dtype == dtype


@cases
def test_every_row_takes_the_steps_it_would_take_alone(case: str) -> None:
    # Rows that are read at other times than their neighbours, and once all rows at once.
    name, formula, options = CASES[case]
    p = parameter()
    optimizer = by_name(name, [p], lr=0.1, l2=0.3, **options)
    got: list[list[np.ndarray]] = [[], [], []]
    for step, rows in enumerate([[2], [0, 2], [2], None, [1, 0], None]):
        draw = np.random.default_rng(step).normal(size=W.shape)
        if rows is None:
            p.grad = draw
        else:
            p.grad = mg.SparseRows(np.array(rows), draw[rows], 3)
        for row in range(3) if rows is None else rows:
            got[row].append(draw[row])
        optimizer.step()
    expected = [
        [formula(W[row, j], [g[j] for g in got[row]], 0.1, 0.3, 0.0, **options) for j in range(2)]
        for row in range(3)
    ]
    np.testing.assert_allclose(p.data, expected, rtol=1e-12)


@cases
def test_weights_at_zero_are_not_pushed_by_l1(case: str) -> None:
    name, _, options = CASES[case]
    p = Parameter(np.array([0.0, 1.0, -1.0]))
    p.grad = np.zeros(3)
    by_name(name, [p], lr=0.1, l1=0.5, **options).step()
    assert p.data[0] == 0
    assert 0 < p.data[1] < 1
    assert p.data[2] == -p.data[1]


@cases
def test_a_bad_gradient_shows(case: str) -> None:
    name, _, options = CASES[case]
    p = Parameter(np.ones(40, np.float32))
    p.grad = np.ones(40, np.float32)
    p.grad[7] = np.nan
    by_name(name, [p], lr=0.1, **options).step()
    assert np.flatnonzero(np.isnan(p.data)).tolist() == [7]


THEIRS = {
    "sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam",
    "adamw": "AdamW",
}  # fmt: skip


@cases
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_torch_takes_the_same_dense_steps(case: str, l2: float) -> None:
    torch = pytest.importorskip("torch")
    name, _, options = CASES[case]
    p = parameter()
    theirs = torch.nn.Parameter(torch.tensor(W))
    if name == "adamw":  # whose weight decay is not in the gradient
        mine: Optimizer = AdamW([p], lr=0.1, **{**options, "weight_decay": l2})
    else:
        mine = by_name(name, [p], lr=0.1, l2=l2, **options)
    reference = getattr(torch.optim, THEIRS[name])([theirs], lr=0.1, **{**options, "weight_decay": l2})
    for scale in SCALES:
        give(p, False, scale)
        theirs.grad = torch.tensor(scale * G_DENSE)
        mine.step()
        reference.step()
        np.testing.assert_allclose(p.data, theirs.detach().numpy(), rtol=1e-11)


@pytest.mark.parametrize(("name", "theirs"), [("sgd", "SGD"), ("adagrad", "Adagrad"), ("adam", "SparseAdam")])
def test_torch_takes_the_same_sparse_steps(name: str, theirs: str) -> None:
    # The same rows at every step: where SparseAdam's count of steps is also that of each row.
    torch = pytest.importorskip("torch")
    p = parameter()
    table = torch.nn.Parameter(torch.tensor(W))
    options: dict[str, Any] = {"eps": 1e-8} if name == "adam" else {}
    mine: Optimizer = by_name(name, [p], lr=0.1, **options)
    reference = getattr(torch.optim, theirs)([table], lr=0.1, **options)
    for scale in SCALES:
        give(p, True, scale)
        mine.step()
        with torch.sparse.check_sparse_tensor_invariants(True):  # PyTorch warns unless told yes or no
            table.grad = torch.sparse_coo_tensor(
                torch.tensor(ROWS)[None], torch.tensor(scale * G_ROWS), W.shape
            )
            reference.step()
        np.testing.assert_allclose(p.data, table.detach().numpy(), rtol=1e-7)  # ε stands elsewhere in theirs


def test_a_defaulted_optimiser_has_the_defaults_of_torch() -> None:
    torch = pytest.importorskip("torch")
    for name, theirs in THEIRS.items():
        mine = by_name(name, [parameter()]).groups[0]
        reference = getattr(torch.optim, theirs)([torch.nn.Parameter(torch.zeros(1))], lr=0.1).defaults
        for key in mine.keys() & reference.keys() - {"params", "lr"}:
            assert mine[key] == reference[key], (name, key)


def test_decoupled_decay_does_not_depend_on_the_gradients_and_a_penalty_does() -> None:
    """What AdamW is for: Adam divides a penalty by the size of the gradient, as it does the gradient."""
    for scale in (1.0, 100.0):
        shrunk = {}
        for name, options in {"adamw": {"weight_decay": 0.2}, "adam": {"l2": 0.2}}.items():
            p, free = Parameter(np.array([2.0])), Parameter(np.array([2.0]))
            for q, own in ((p, options), (free, {"weight_decay": 0.0} if name == "adamw" else {})):
                optimizer = by_name(name, [q], lr=0.1, eps=1e-12, **own)
                for sign in (1, -1):
                    q.grad = np.array([sign * scale])
                    optimizer.step()
            shrunk[name] = float((free.data - p.data)[0])
        assert shrunk["adamw"] == pytest.approx(0.1 * 0.2 * (2.0 + 2.0 * 0.98 - 0.1), rel=1e-6)
        assert (shrunk["adam"] > 0.01) == (scale == 1.0)


def test_adamw_without_decay_is_adam_bit_by_bit() -> None:
    one, other = parameter(np.float32), parameter(np.float32)
    for p, optimizer in ((one, AdamW([one], lr=0.1, weight_decay=0.0)), (other, Adam([other], lr=0.1))):
        for scale in SCALES:
            give(p, False, scale)
            optimizer.step()
    assert one.data.tobytes() == other.data.tobytes()
    with pytest.raises(ValueError, match=r"weight_decay is -0\.1; it can't be negative"):
        AdamW([one], weight_decay=-0.1)


def test_names_and_options_that_are_wrong_are_told_apart() -> None:
    with pytest.raises(ValueError, match="no optimiser 'rmsprob'; choose one of sgd, adagrad, rmsprop, "):
        by_name("rmsprob", [parameter()])
    with pytest.raises(ValueError, match="rmsprop has no option momentum; it has lr, alpha, eps, l2, l1"):
        by_name("rmsprop", [parameter()], momentum=0.9)
    with pytest.raises(ValueError, match="give momentum, for instance"):
        by_name("sgd", [parameter()], nesterov=True)
    for options in ({"betas": (0.9, 1.0)}, {"betas": (-0.1, 0.9)}):
        with pytest.raises(ValueError, match=r"betas is .*; it lies in \[0, 1\)"):
            by_name("adam", [parameter()], **options)
    with pytest.raises(ValueError, match=r"momentum is 1.5"):
        by_name("sgd", [{"params": [parameter()], "momentum": 1.5}])


def test_momentum_that_comes_too_late_is_refused() -> None:
    # It would be kept in memory that is not there.
    p = parameter()
    optimizer = by_name("sgd", [p])
    optimizer.groups[0]["momentum"] = 0.9
    give(p, sparse=False)
    with pytest.raises(ValueError, match="made without momentum"):
        optimizer.step()
    groups = by_name("sgd", [{"params": [p], "momentum": 0.9}, {"params": [parameter()]}])
    assert sorted(groups.state_dict()) == ["v0", "v1"]
