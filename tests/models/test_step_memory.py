"""What steps keep for each other is nobody else's: who looks at states and gradients keeps them."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

import models
from experiments.training.step import training_step
from minigrad.cotangent import SparseRows
from minigrad.fold.compiler.run import compiled
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import SGD, AdaGrad, Adam, clip_grad_norm
from models.direct import loss_and_gradients
from tests.models.test_direct import VOCABULARY, TwoParts, setup

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
KINDS = [TwoParts, pytest.param(models.RLSTM, marks=pytest.mark.slow)]


def forests(count: int = 5) -> list[models.Forest]:
    """Return minibatches of different sizes."""
    rng = np.random.default_rng(5)
    lengths = [rng.integers(1 + (k == 0), 12, size=1 + k % 3) for k in range(count)]
    lengths[0][0] = 7
    return [
        models.random_forest(rng, n + 1, vocabulary=VOCABULARY, labels=rng.integers(4, size=len(n)))
        for n in lengths
    ]


def values(model: Any, states: Any) -> dict[str, Any]:
    """Return states, their gradients and those of the parameters, as they are handed out."""
    found = {name: p.grad for name, p in model.named_parameters()}
    for name, tensor in states.items():
        found |= {name: tensor.data, f"∂{name}": tensor.grad}
    return found


def kept(found: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return copies as plain arrays."""
    return {name: np.array(g.dense() if isinstance(g, SparseRows) else g) for name, g in found.items()}


def same(found: dict[str, Any], expected: dict[str, np.ndarray]) -> None:
    """Check that nothing differs, in any bit."""
    assert found.keys() == expected.keys()
    for name, array in kept(found).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


@pytest.mark.parametrize("at_states", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_looked_at_stays_through_later_steps(kind: Any, at_states: bool) -> None:
    model, _ = setup(kind=kind)
    optimizer = AdaGrad(model.parameters(), lr=0.1)
    seen = []
    for forest in forests() * 2:
        _, states = training_step(model, optimizer, forest)
        found = values(model, states if at_states else {})
        seen.append((found, kept(found)))
        del states
    for found, expected in seen:
        same(found, expected)


def test_states_that_are_looked_at_later_are_those_of_their_step() -> None:
    model, _ = setup()
    optimizer = SGD(model.parameters(), lr=0.1)
    expected, held = [], []
    for forest in forests():
        _, states = loss_and_gradients(model, forest)
        optimizer.zero_grad()
        expected.append(kept({name: t.data for name, t in states.items()} | {"∂": states.h.grad}))
        held.append(training_step(model, optimizer, forest)[1])
    for states, arrays in zip(held, expected, strict=True):
        same({name: t.data for name, t in states.items()} | {"∂": states.h.grad}, arrays)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", [SGD, AdaGrad, partial(Adam, l2=1e-3)])
def test_steps_move_parameters_alike_whether_someone_looks_or_not(optimizer: Any, kind: Any) -> None:
    runs = []
    for look in (False, True):
        model, _ = setup(kind=kind)
        made, losses = optimizer(model.parameters(), lr=0.1), []
        for k, forest in enumerate(forests() * 2):
            if look and k % 3 == 0:  # by a graph
                made.zero_grad()
                loss, states = model.loss(forest, "compiled")
                loss.backward()
                made.step()
                losses.append(None)
            else:
                value, states = training_step(model, made, forest)
                losses.append(value)
                if look:
                    values(model, states)
                    clip_grad_norm(model.parameters(), 1e9)
            del states
        runs.append((losses, {name: p.data for name, p in model.named_parameters()}))
    (losses, plain), (others, looked) = runs
    same(plain, kept(looked))
    assert all(b is None or a == b for a, b in zip(losses, others, strict=True))


def test_a_step_works_in_the_memory_of_the_last_and_reads_nothing_of_it() -> None:
    model, forest = setup("labelled")
    code = compiled(model.cell, np.float32)
    _, states = loss_and_gradients(model, forest)
    expected = kept(values(model, states))
    del states
    model.zero_grad()
    loss_and_gradients(model, forest)
    assert not code.rooms._free, "the words' gradients are in it"
    model.zero_grad()
    (room,) = code.rooms._free
    for array in (room.states, room.totals, room.by_h, room.by_entries, room.memory.bytes):
        array.fill(255 if array.dtype == np.uint8 else np.nan)
    room.entries.fill(-1)
    _, states = loss_and_gradients(model, forest)
    assert not code.rooms._free
    same(values(model, states), expected)
    del states
    model.zero_grad()
    assert room not in code.rooms._free, "its states have been looked at"


def test_a_second_minibatch_adds_to_what_the_first_has_left_in_lent_memory() -> None:
    model, forest = setup()
    other = forests()[0]
    parts = []
    for each in (forest, other):
        loss_and_gradients(model, each)
        parts.append(kept({name: p.grad for name, p in model.named_parameters()}))
        model.zero_grad()
    loss_and_gradients(model, forest)
    loss_and_gradients(model, other)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(np.asarray(p.grad), parts[0][name] + parts[1][name], err_msg=name)


def test_memory_of_large_minibatches_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["minigrad.fold.compiler.rooms"], "SPARE", 0)
    model, forest = setup()
    code = compiled(model.cell, np.float32)
    held = [loss_and_gradients(model, forest) for _ in range(4)]
    model.zero_grad()
    del held
    assert len(code.rooms._free) == 2
