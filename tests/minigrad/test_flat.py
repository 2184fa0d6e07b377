"""Gradients side by side in one vector: for whoever looks at one of them, it is as if they were not."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.internal.flat import FlatGradients, add_gradients, flat_gradients
from minigrad.nn import Parameter
from minigrad.optim import AdaGrad

SHAPES = [(2, 3), (1,), (0, 4), (), (5,)]
SIZE = 6 + 1 + 0 + 1 + 5


def leaves() -> list[Parameter]:
    return [Parameter(np.full(shape, float(k))) for k, shape in enumerate(SHAPES)]


def vector(scale: float = 1.0) -> np.ndarray:
    return scale * np.arange(1.0, SIZE + 1)


def parts(whole: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])
    return [g.reshape(shape) for g, shape in zip(np.split(whole, ends), SHAPES, strict=False)]


def check(own: list[Parameter], expected: list[np.ndarray | None]) -> None:
    for p, g in zip(own, expected, strict=True):
        assert (p.grad is None) == (g is None)
        if g is not None:
            assert p.grad.shape == p.shape
            np.testing.assert_array_equal(p.grad, g)


def test_every_leaf_finds_its_part() -> None:
    own = leaves()
    add_gradients(own, vector())
    check(own, list(parts(vector())))


def test_gradients_add_up_and_take_what_was_there() -> None:
    own = leaves()
    own[1].grad = np.array([10.0])
    add_gradients(own, vector())
    expected = parts(vector())
    expected[1] = expected[1] + 10
    check(own, list(expected))
    add_gradients(own, vector(2))
    check(own, [g + h for g, h in zip(expected, parts(vector(2)), strict=True)])


def test_a_gradient_that_was_looked_at_is_not_changed_by_the_next() -> None:
    own = leaves()
    add_gradients(own, vector())
    seen = own[0].grad
    flat_gradients(own).clear()
    add_gradients(own, vector(3))
    np.testing.assert_array_equal(seen, parts(vector())[0])


def test_a_vector_that_nobody_looked_at_is_used_again() -> None:
    own = leaves()
    flat = flat_gradients(own)
    first = vector()
    flat.add(first)
    flat.clear()
    assert flat.room(first.dtype) is first
    assert flat.room(first.dtype) is not first, "it is lent once"
    for look in (lambda: own[0].grad, lambda: setattr(own[0], "grad", None)):
        flat.add(first)
        look()
        flat.clear()
        assert flat.room(first.dtype) is not first
    flat.add(first)
    flat.clear()
    assert flat.room(np.float16).dtype == np.float16
    assert flat.room(first.dtype).shape == first.shape


def test_changes_in_place_stay() -> None:
    own = leaves()
    add_gradients(own, vector())
    own[0].grad *= 2
    expected = parts(vector())
    check(own, [2 * expected[0], *expected[1:]])


@pytest.mark.parametrize("value", [None, np.full((2, 3), 7.0)])
def test_one_that_is_set_alone_leaves_the_others_theirs(value: np.ndarray | None) -> None:
    own = leaves()
    add_gradients(own, vector())
    own[0].grad = value
    check(own, [value, *parts(vector())[1:]])
    add_gradients(own, vector())
    first, *rest = parts(vector())
    check(own, [first if value is None else first + value, *(2 * g for g in rest)])


def test_leaves_that_were_zeroed_one_by_one_share_a_vector_again() -> None:
    own = leaves()
    add_gradients(own, vector())
    for p in own:
        p.zero_grad()
    check(own, [None] * len(own))
    flat = flat_gradients(own)
    add_gradients(own, vector())
    assert flat.vector is not None
    check(own, list(parts(vector())))


def test_the_graph_adds_to_them() -> None:
    own = leaves()
    add_gradients(own, vector())
    mg.sum(own[0] * 3).backward()
    expected = parts(vector())
    check(own, [expected[0] + 3, *expected[1:]])


def test_one_set_of_leaves_has_one_vector() -> None:
    own = leaves()
    flat = flat_gradients(own)
    version = FlatGradients.version
    assert flat_gradients(own) is flat
    assert FlatGradients.version == version
    assert flat_gradients(own[:2]) is None
    assert flat_gradients([*own, Parameter(np.ones(2))]) is None
    assert flat_gradients([Parameter(np.ones(2)), *own]) is None
    assert flat_gradients([mg.tensor(1.0)]) is None
    assert flat_gradients([]) is None


def test_leaves_of_other_vectors_and_constants_get_theirs_too() -> None:
    own = leaves()
    flat_gradients(own[:2])
    constant = mg.tensor(np.ones((2, 3)))
    add_gradients([constant, *own[1:]], vector())
    check(own, [None, *parts(vector())[1:]])
    assert constant.grad is None


@pytest.mark.parametrize("split", [0, 2, len(SHAPES)])
@pytest.mark.parametrize("order", [1, -1])
def test_an_optimiser_takes_the_vector_as_it_takes_single_gradients(split: int, order: int) -> None:
    flat, single = leaves(), leaves()
    optimizers = []
    for own in (flat, single):
        groups = [{"params": own[:split][::order]}, {"params": own[split:][::order], "lr": 0.5}]
        optimizers.append(AdaGrad([group for group in groups if group["params"]], lr=0.1, l2=0.1))
    for scale in (1.0, -2.0, 0.5):
        add_gradients(flat, vector(scale))
        for p, g in zip(single, parts(vector(scale)), strict=True):
            p.grad = g
        for own, optimizer in zip((flat, single), optimizers, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            check(own, [None] * len(own))
    for p, q in zip(flat, single, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_an_optimiser_of_some_leaves_forgets_their_gradients_only() -> None:
    own = leaves()
    optimizer = AdaGrad(own[:2], lr=0.1)
    add_gradients(own, vector())
    before = [p.data.copy() for p in own]
    optimizer.step()
    optimizer.zero_grad()
    check(own, [None, None, *parts(vector())[2:]])
    for p, values, k in zip(own, before, itertools.count(), strict=False):
        assert np.array_equal(p.data, values) == (k >= 2)


def test_an_optimiser_follows_gradients_that_part_and_come_together_again() -> None:
    flat, single = leaves(), leaves()
    optimizers = [AdaGrad(own, lr=0.1) for own in (flat, single)]
    for step in range(4):
        add_gradients(flat, vector(step + 1))
        for p, g in zip(single, parts(vector(step + 1)), strict=True):
            p.grad = g
        if step % 2:
            for own in (flat, single):
                own[0].grad = np.full((2, 3), -2.0)
        assert (flat_gradients(flat).vector is None) == bool(step % 2)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    for p, q in zip(flat, single, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_an_optimiser_that_was_made_before_the_vector_finds_it() -> None:
    own = leaves()
    optimizer = AdaGrad(own, lr=0.1)
    for p, g in zip(own, parts(vector()), strict=True):
        p.grad = g
    optimizer.step()
    optimizer.zero_grad()
    add_gradients(own, vector())
    assert flat_gradients(own).vector is not None
    before = own[0].data.copy()
    optimizer.step()
    assert (own[0].data < before).all()


def test_a_vector_of_another_dtype_is_taken_part_by_part() -> None:
    own, twins = leaves(), leaves()
    optimizers = [AdaGrad(some, lr=0.1) for some in (own, twins)]
    add_gradients(own, vector().astype(np.float32))
    add_gradients(twins, vector())
    for optimizer in optimizers:
        optimizer.step()
    for p, q in zip(own, twins, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-6)


def test_copied_leaves_keep_their_own() -> None:
    own = leaves()
    add_gradients(own, vector())
    theirs = copy.deepcopy(own)
    check(theirs, list(parts(vector())))
    theirs[0].grad[...] = 0
    flat_gradients(own).clear()
    check(theirs[1:], list(parts(vector())[1:]))
    check(own, [None] * len(own))


def test_a_copied_optimiser_updates_the_copied_parameters() -> None:
    own = leaves()
    optimizer = AdaGrad(own, lr=0.1)
    add_gradients(own, vector())
    optimizer.step()
    before = [p.data.copy() for p in own]
    theirs, other = copy.deepcopy((own, optimizer))
    for _ in range(2):
        other.zero_grad()
        add_gradients(theirs, vector())
        other.step()
    for p, q, values in zip(own, theirs, before, strict=True):
        np.testing.assert_array_equal(p.data, values)
        assert not q.size or (q.data < values).all()


def test_what_a_graph_saved_is_noticed_to_have_changed() -> None:
    own = leaves()
    loss = mg.sum(own[0] * own[0])
    add_gradients(own, vector())
    AdaGrad(own, lr=0.1).step()
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()
