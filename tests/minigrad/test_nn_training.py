"""Inits, dropout and penalties: what training starts from and what is added to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.nn import Dropout, Parameter, initial, initialise, l1, l2
from minigrad.optim import SGD


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("shape", [(50, 50), (7, 3), (1, 4)])
@pytest.mark.parametrize("norm", [0.8, 1.0, 1.2])
def test_spectral_scales_the_largest_singular_value(shape: Any, norm: float) -> None:
    W = initial("spectral", rng(), shape, np.float64, norm=norm)
    assert np.linalg.svd(W, compute_uv=False)[0] == pytest.approx(norm, rel=1e-12)
    assert np.linalg.matrix_rank(W) == min(shape)


def test_spectral_makes_matrices_only() -> None:
    with pytest.raises(ValueError, match=r"'spectral' makes matrices, not shape \(3,\)"):
        initial("spectral", rng(), (3,))


def test_a_cell_starts_anew_by_the_names_of_its_parameters() -> None:
    cell = models.RLSTM(4, rng())
    before = cell.state_dict()
    initialise(cell, {"Wc1": "identity", "Wc*": "orthogonal", "bf": ("constant", {"value": 1})}, rng(1))
    np.testing.assert_array_equal(cell.Wc1.data, np.eye(4))
    np.testing.assert_allclose(cell.Wc2.data @ cell.Wc2.data.T, np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(cell.bf.data, 1)
    assert cell.bf.dtype == np.float32
    for name in ("Wi1", "bi", "bo"):
        np.testing.assert_array_equal(cell.state_dict()[name], before[name])


def test_an_init_that_fits_nothing_changes_nothing() -> None:
    cell = models.RNN(4, rng())
    before = cell.state_dict()
    with pytest.raises(ValueError, match="no parameter is called 'bf'; there are W1, W2, b"):
        initialise(cell, {"W1": "identity", "bf": "zeros"}, rng())
    with pytest.raises(ValueError, match="'identity' makes matrices"):
        initialise(cell, {"*": "identity"}, rng())
    assert all((cell.state_dict()[name] == before[name]).all() for name in before)


def test_dropout_is_off_after_eval_and_draws_nothing_then() -> None:
    generator = rng()
    drop = Dropout(0.5, generator)
    x = mg.tensor(np.ones((100, 3)), requires_grad=True)
    y = drop(x)
    assert set(np.unique(y.data)) == {0.0, 2.0}
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)
    state = generator.bit_generator.state
    np.testing.assert_array_equal(drop.eval()(x).data, 1)
    assert generator.bit_generator.state == state
    with pytest.raises(ValueError, match=r"in \[0, 1\), not 1"):
        Dropout(1, generator)
    with pytest.raises(TypeError, match="Dropout: rng is a"):
        Dropout(0.5, 3)  # type: ignore[arg-type]


def test_penalties_are_their_formulas() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    assert l1(x).item() == pytest.approx(np.abs(x).sum())
    assert l2(x).item() == pytest.approx((x**2).sum() / 2)
    mg.assert_gradients(l1, [x])
    mg.assert_gradients(l2, [x])
    zero = mg.tensor([0.0, 1.0], requires_grad=True)
    l1(zero).backward()
    assert zero.grad is not None
    np.testing.assert_array_equal(zero.grad, [0, 1])


@pytest.mark.parametrize(("setting", "penalty"), [("l1", l1), ("l2", l2)])
def test_a_penalty_in_the_loss_and_one_in_the_optimiser_are_the_same(setting: str, penalty: Any) -> None:
    start = np.array([[1.0, -2.0], [0.0, 3.0]])
    one, other = Parameter(start), Parameter(start)
    for p, options in ((one, {setting: 0.3}), (other, {})):
        loss = (p * start[::-1]).sum()
        (loss + 0.3 * penalty(p) if not options else loss).backward()
        SGD([p], lr=0.1, **options).step()
    np.testing.assert_allclose(one.data, other.data, rtol=1e-14)


@pytest.mark.parametrize("mode", ["node", "level"])
def test_a_penalty_on_all_states_reaches_the_weights_through_every_node(mode: str) -> None:
    forest = models.Forest([models.Tree.parse("(((a) (b)) (c))")])
    cell = models.RNN(3, rng(), f="relu", dtype=np.float64)
    leaves = np.random.default_rng(1).normal(size=(3, 3))

    def penalised(W1: Any, b: Any) -> Any:
        cell.W1, cell.b = W1, b
        return l1(mg.fold(cell, forest, leaves, mode=mode).h)

    mg.assert_gradients(penalised, [cell.W1.data, cell.b.data + 0.1])
