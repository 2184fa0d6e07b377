"""Prepared steps are steps: the same bits as without preparation, whatever happens between two of them."""

from __future__ import annotations

import copy
import gc
import sys
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.training.step import training_step
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.optim import SGD, AdaGrad, Adam, StepDecay
from models.direct import loss_and_gradients
from models.prepared import PreparedStep, prepared_step
from tests.models.test_direct import VOCABULARY, TwoParts, setup
from tests.models.test_step_memory import forests, kept, same, values

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled")
OPTIMIZERS = [SGD, AdaGrad, partial(SGD, momentum=0.9), partial(Adam, l2=1e-3, l1=1e-4)]


def unprepared(model: Any, optimizer: Any, forest: models.Forest) -> tuple[float, Any]:
    """Take a step as three calls."""
    optimizer.zero_grad()
    loss, states = loss_and_gradients(model, forest)  # type: ignore[misc]
    if np.isfinite(loss):
        optimizer.step()
    return loss, states


def both(optimizer: Any, kind: Any = TwoParts, head: str = "root") -> list[tuple[Any, Any]]:
    """Return two models with the same parameters, and an optimiser for each."""
    made = [setup(head, kind)[0] for _ in range(2)]
    return [(model, optimizer(model.parameters(), lr=0.1)) for model in made]


def parameters(model: Any) -> dict[str, np.ndarray]:
    """Return the parameters' values."""
    return {name: p.data for name, p in model.named_parameters()}


def everything(model: Any, optimizer: Any, states: Any) -> dict[str, np.ndarray]:
    """Return copies of all that a step leaves behind."""
    found = {**values(model, states), **{f"{n}.data": p.data for n, p in model.named_parameters()}}
    return kept({**found, **{f"kept {n}": v for n, v in optimizer.state_dict().items()}})


@pytest.mark.parametrize("kind", [TwoParts, pytest.param(models.RLSTM, marks=pytest.mark.slow)])
@pytest.mark.parametrize("head", ["root", "labelled"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_prepared_step_gives_the_same_bits(optimizer: Any, head: str, kind: Any) -> None:
    one, other = both(optimizer, kind, head)
    for _ in range(2):  # the second time, nobody's gradients are arranged anew
        training_step(*one, forests()[0])
        unprepared(*other, forests()[0])
    for look in (False, True, True, False, False, True):
        for forest in forests():
            found, expected = prepared_step(*one, forest), unprepared(*other, forest)
            assert found is not None, "nothing has changed"
            assert found[0] == expected[0]
            if look:
                same(everything(*one, found[1]), everything(*other, expected[1]))


def _replaced(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.cell.a.data = model.cell.a.data * 2


def _replaced_words(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.L.data = model.L.data[::-1].copy()


def _written(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.cell.b.data[...] *= 0.5
    model.Ws.data += 0.1


def _loaded(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.load_state_dict({name: 0.9 * value for name, value in model.state_dict().items()})


def _slower(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    optimizer.groups[0]["lr"] = 0.01
    optimizer.lr_factor = 0.5


def _gradients_of_its_own(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.Ws.grad = np.ones(model.Ws.shape, np.float32)
    optimizer.step()


def _by_graph(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    optimizer.zero_grad()
    model.loss(forests()[1], "level")[0].backward()
    optimizer.step()


def _other_optimiser(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    training_step(model, SGD(model.parameters(), lr=0.2), forests()[1])


def _state_of_the_optimiser(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    optimizer.load_state_dict({name: value + 1 for name, value in optimizer.state_dict().items()})


def _not_finite(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    before = model.bs.data.copy()
    model.bs.data[...] = np.nan
    words = model.L.data.copy()
    assert np.isnan(training_step(model, optimizer, forests()[1])[0])
    np.testing.assert_array_equal(model.L.data, words)
    assert all(p.grad is None for p in model.parameters())
    model.bs.data[...] = before


def _other_head(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    model.Ws = mg.nn.Parameter(model.Ws.data * 2)


def _replaced_and_back(model: Any, optimizer: Any, monkeypatch: Any) -> None:
    own = model.Ws.data
    model.Ws.data = own * 2
    unprepared(model, optimizer, forests()[1])
    model.Ws.data = own


@pytest.mark.parametrize(
    "change",
    [
        *(_replaced, _replaced_words, _written, _loaded, _slower, _gradients_of_its_own, _by_graph),
        *(_other_optimiser, _state_of_the_optimiser, _not_finite, _other_head),
        _replaced_and_back,
    ],
)
def test_what_happens_between_two_steps_is_noticed(change: Callable[..., None], monkeypatch: Any) -> None:
    one, other = both(AdaGrad)
    runs = (partial(training_step, *one), one), (partial(unprepared, *other), other)
    for _ in range(2):  # the second time, nobody's gradients are arranged anew
        for step, _ in runs:
            step(forests()[0])
    assert prepared_step(*one, forests()[1]) is not None
    unprepared(*other, forests()[1])
    for _, run in runs:
        change(*run, monkeypatch)
    for forest in forests():
        (loss, states), (expected, expected_states) = (step(forest) for step, _ in runs)
        assert loss == expected
        same(everything(*one, states), everything(*other, expected_states))


def test_a_cell_that_computes_something_else_is_computed_so(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = both(SGD)
    for step, run in ((training_step, one), (unprepared, other)):
        step(*run, forests()[0])
    plain = TwoParts.compose
    doubled = lambda self, left, right: {n: v * 2 for n, v in plain(self, left, right).items()}  # noqa: E731
    monkeypatch.setattr(TwoParts, "compose", doubled)
    assert prepared_step(*one, forests()[1]) is None
    assert training_step(*one, forests()[1])[0] == unprepared(*other, forests()[1])[0]


def test_an_in_place_change_is_detected_after_a_prepared_step() -> None:
    model, forest = setup()
    optimizer = SGD(model.parameters(), lr=0.1)
    training_step(model, optimizer, forest)
    losses = [mg.sum(p * p) for p in model.parameters()]
    assert prepared_step(model, optimizer, forest) is not None
    for loss in losses:
        with pytest.raises(mg.GraphError, match="changed in place"):
            loss.backward()


def test_a_schedule_is_followed() -> None:
    one, other = both(SGD)
    for step, run in ((training_step, one), (unprepared, other)):
        for time, forest in enumerate(forests()):
            run[1].lr_factor = StepDecay(every=2, factor=0.5).at(time)
            step(*run, forest)
    same(
        {n: p.data for n, p in one[0].named_parameters()},
        kept({n: p.data for n, p in other[0].named_parameters()}),
    )


def test_other_calls_are_left_to_the_usual_step(monkeypatch: pytest.MonkeyPatch) -> None:
    model, forest = setup()
    optimizer = SGD(model.parameters(), lr=0.1)
    assert prepared_step(model, optimizer, forest) is None, "nothing has been arranged"
    training_step(model, optimizer, forest)
    with mg.no_grad():
        assert prepared_step(model, optimizer, forest) is None
    with mg.record_gradients():
        assert prepared_step(model, optimizer, forest) is None
    assert prepared_step(setup()[0], optimizer, forest) is None
    bad = np.full(forest.n_nodes, 7)
    wrong = models.Forest.from_arrays(forest.left, forest.right, forest.word, bad, forest.root, VOCABULARY)
    with pytest.raises(ValueError, match="has the label 7"):
        training_step(model, optimizer, wrong)
    training_step(model, optimizer, forest)
    taken: list[object] = []
    monkeypatch.setattr(optimizer, "step", lambda: taken.append(None))
    training_step(model, optimizer, forest)
    assert taken, "an optimiser's own step is called"
    groups = [{"params": [model.L]}, {"params": [*model.cell.parameters(), model.Ws, model.bs]}]
    split = SGD(groups, lr=0.1)
    training_step(model, split, forest)
    assert prepared_step(model, split, forest) is None, "two groups"


class Wrapped:
    """Has what a step needs of an optimiser, and nothing else."""

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("own",)

    def __init__(self, own: Any) -> None:
        self.own = own

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.own.zero_grad()

    def step(self) -> None:
        """Change the parameters."""
        self.own.step()


def test_an_optimiser_of_one_s_own_is_taken_as_it_is() -> None:
    one, other = both(SGD)
    for forest in forests():
        found = training_step(one[0], Wrapped(one[1]), forest)  # type: ignore[arg-type]
        assert found[0] == unprepared(*other, forest)[0]
    same(parameters(one[0]), kept(parameters(other[0])))


def test_a_copy_of_model_and_optimiser_trains_as_they_do() -> None:
    model, forest = setup()
    optimizer = AdaGrad(model.parameters(), lr=0.1)
    training_step(model, optimizer, forest)
    training_step(model, optimizer, forest)
    twin, moved, trees = copy.deepcopy((model, optimizer, forest))
    for _ in range(2):
        assert training_step(twin, moved, trees)[0] == training_step(model, optimizer, forest)[0]
    same(
        {n: p.data for n, p in twin.named_parameters()},
        kept({n: p.data for n, p in model.named_parameters()}),
    )


def test_models_and_optimisers_are_not_kept_alive() -> None:
    model, forest = setup()
    optimizer = SGD(model.parameters(), lr=0.1)
    training_step(model, optimizer, forest)
    assert any(isinstance(step, PreparedStep) for step in sys.modules["models.prepared"]._known.values())
    seen = weakref.ref(model), weakref.ref(optimizer)
    del model, optimizer
    gc.collect()
    assert [each() for each in seen] == [None, None]
