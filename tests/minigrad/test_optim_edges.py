"""Optimisers and clipping: defaults, settings at their bounds, and arrays that stay the caller's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.optim import OPTIMIZERS, SGD, AdaGrad, Adam, by_name, clip_grad_norm, clip_grad_value
from tests.minigrad.test_optim import G_DENSE, G_ROWS, RESUMED, ROWS, W, everyone, give, parameter

DEFAULTS: dict[str, dict[str, Any]] = {
    "sgd": {"lr": 0.01, "momentum": 0.0, "nesterov": False},
    "adagrad": {"lr": 0.05, "eps": 1e-10, "first_step": "adagrad"},
    "rmsprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
    "adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
    "adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    "adamw": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_has_its_defaults(name: str) -> None:
    (group,) = by_name(name, [parameter()]).groups
    assert {key: value for key, value in group.items() if key != "params"} == {
        **DEFAULTS[name],
        "l2": 0.0,
        "l1": 0.0,
    }


@pytest.mark.parametrize("key", ["momentum", "alpha", "rho"])
def test_a_share_may_be_0_and_not_1(key: str) -> None:
    name = {"momentum": "sgd", "alpha": "rmsprop", "rho": "adadelta"}[key]
    for allowed in (0.0, np.nextafter(1, 0)):
        by_name(name, [parameter()], **{key: allowed})
    for wrong in (1.0, -1e-300, np.nan):
        with pytest.raises(ValueError, match=rf"{key} is .*; it lies in \[0, 1\)"):
            by_name(name, [parameter()], **{key: wrong})


@pytest.mark.parametrize("key", ["lr", "l2", "l1", "eps", "weight_decay"])
def test_a_setting_may_be_0_and_not_less(key: str) -> None:
    by_name("adamw", [parameter()], **{key: 0})
    for wrong in (-1e-300, np.nan):
        with pytest.raises(ValueError, match=f"{key} is .*; it can't be negative"):
            by_name("adamw", [parameter()], **{key: wrong})


@everyone
@pytest.mark.parametrize("sparse", [False, True])
def test_a_step_leaves_the_gradient_as_it_was(make: Any, sparse: bool) -> None:
    p = parameter()
    values, rows = (G_ROWS.copy(), ROWS.copy()) if sparse else (G_DENSE.copy(), None)
    p.grad = values if rows is None else mg.SparseRows(rows, values, len(W))
    make([p], lr=0.1, l2=0.3, l1=0.1).step()
    np.testing.assert_array_equal(values, G_ROWS if sparse else G_DENSE)
    if rows is not None:
        np.testing.assert_array_equal(rows, ROWS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_is_a_copy_in_both_directions(name: str) -> None:
    def step(optimizer: Any, p: Parameter) -> None:
        give(p, sparse=False)
        optimizer.step()

    options = {"lr": 0.1, **RESUMED[name]}
    p, q, twin = parameter(), parameter(), parameter()
    one, other, alone = (
        by_name(name, [p], **options),
        by_name(name, [q], **options),
        by_name(name, [twin], **options),
    )
    for optimizer, parameter_ in ((one, p), (alone, twin)):
        step(optimizer, parameter_)
    state = one.state_dict()
    kept = {key: array.tobytes() for key, array in state.items()}
    assert kept
    other.load_state_dict(state)
    step(one, p)
    assert {key: array.tobytes() for key, array in state.items()} == kept
    for array in state.values():
        array[...] = 7
    assert {key: array.tobytes() for key, array in other.state_dict().items()} == kept
    step(other, q)
    step(alone, twin)
    assert p.data.tobytes() == twin.data.tobytes()


def test_groups_and_settings_are_copies_of_what_was_given() -> None:
    betas, listed = [0.8, 0.9], [parameter()]
    group: dict[str, Any] = {"params": listed, "betas": betas, "l2": 0.5}
    optimizer = Adam([group], lr=0.1)
    betas[0] = 0.0
    listed.append(parameter())
    group["l2"] = 9.0
    (own,) = optimizer.groups
    assert (tuple(own["betas"]), len(own["params"]), own["l2"]) == ((0.8, 0.9), 1, 0.5)
    own["lr"] = 3.0
    assert "lr" not in group
    assert Adam([parameter()]).groups[0]["lr"] == 1e-3


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("sparse", [False, True])
def test_clipping_leaves_the_arrays_that_were_gradients(clip: Any, sparse: bool) -> None:
    p = parameter()
    values = (G_ROWS if sparse else G_DENSE).copy()
    p.grad = mg.SparseRows(ROWS, values, len(W)) if sparse else values
    held = p.grad
    clip([p], 0.1)
    assert p.grad is not held
    np.testing.assert_array_equal(values, G_ROWS if sparse else G_DENSE)


def test_a_gradient_at_the_bound_is_left_alone() -> None:
    p = Parameter(np.zeros(2))
    p.grad = exact = np.array([3.0, -4.0])
    assert clip_grad_norm([p], 5.0) == 5.0
    assert p.grad is exact
    assert clip_grad_value([p], 4.0) == 4.0
    assert p.grad is exact
    assert clip_grad_norm([p], np.nextafter(5.0, 0)) == 5.0
    assert p.grad is not exact
    p.grad = exact
    clip_grad_value([p], np.nextafter(4.0, 0))
    assert p.grad is not exact


def test_a_bound_of_0_takes_everything_away() -> None:
    for clip in (clip_grad_norm, clip_grad_value):
        p = parameter()
        give(p, sparse=False)
        clip([p], 0.0)
        np.testing.assert_array_equal(p.grad, np.zeros_like(W))


def test_the_count_of_steps_begins_at_1() -> None:
    """Adam's first step is η whatever the gradient is; AdaGrad's plain first step is the first one only."""
    for scale in (1e-3, 1e3):
        p = Parameter(np.zeros(1))
        optimizer = Adam([p], lr=0.1, eps=0.0)
        p.grad = np.array([scale])
        optimizer.step()
        np.testing.assert_allclose(p.data, [-0.1], rtol=1e-14)
        assert optimizer.state_dict()["steps0"].tolist() == [1]
    p = Parameter(np.zeros(1))
    plain = AdaGrad([p], lr=1.0, eps=0.0, first_step="sgd")
    for expected in (-3.0, -3.0 - 3 / np.sqrt(18)):
        p.grad = np.array([3.0])
        plain.step()
        np.testing.assert_allclose(p.data, [expected], rtol=1e-14)


def test_a_momentum_of_0_keeps_nothing() -> None:
    assert SGD([parameter()], momentum=0.0).state_dict() == {}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_more_is_kept_per_element_than_the_formula_has(name: str) -> None:
    """A table of word vectors is the largest array there is."""
    optimizer = by_name(name, [parameter(), Parameter(np.zeros(5))])
    ((batch,),) = optimizer._batches
    sizes = [len(kept) for kept in batch._kept]
    assert sizes == [11] * len(optimizer.slots) + [0] * (2 - len(optimizer.slots))
