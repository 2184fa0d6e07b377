"""Every schedule beside its formula, at the edges of its periods, and what an optimiser makes of it."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from math import cos, inf, nan, pi
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter
from minigrad.optim import OPTIMIZERS, SGD, Cosine, Plateau, Schedule, StepDecay, WarmUp, by_name


def test_a_step_comes_when_its_epochs_have_ended() -> None:
    at = StepDecay(3, factor=0.5).at
    assert [at(t) for t in (0, 2, 2.99, 3, 5.99, 6, 9)] == [1, 1, 1, 0.5, 0.5, 0.25, 0.125]
    assert [StepDecay(0.5).at(t) for t in (0.49, 0.5)] == [1, 0.1]


def test_cosine_is_equation_5_of_the_paper() -> None:
    schedule = Cosine(8, low=0.2)
    for t in np.linspace(0, 8, 17):
        assert schedule.at(t) == pytest.approx(0.2 + 0.5 * (1 - 0.2) * (1 + cos(t / 8 * pi)), rel=1e-14)
    assert [schedule.at(t) for t in (0, 4, 8, 9, 100)] == pytest.approx([1, 0.6, 0.2, 0.2, 0.2], rel=1e-14)
    assert Cosine(8).at(8) == 0


def test_warm_restarts_begin_at_1_and_periods_grow() -> None:
    schedule = Cosine(2, growth=3)  # 0–2, 2–8, 8–26
    assert [schedule.at(t) for t in (0, 2, 8, 26)] == [1, 1, 1, 1]
    assert [schedule.at(t) for t in (1, 5, 17)] == pytest.approx([0.5] * 3)
    assert schedule.at(8 - 1e-9) < 1e-15
    equal = Cosine(2, growth=1)
    assert [equal.at(t) for t in (2, 4, 100)] == [1, 1, 1]
    assert equal.at(7) == pytest.approx(0.5)


def test_a_warm_up_is_a_straight_line_and_what_follows_begins_at_its_end() -> None:
    schedule = WarmUp(4, Cosine(10), start=0.2)
    assert [schedule.at(t) for t in (0, 1, 2, 3.5)] == pytest.approx([0.2, 0.4, 0.6, 0.9], rel=1e-14)
    assert schedule.at(4) == 1
    assert schedule.at(9) == pytest.approx(0.5)
    assert WarmUp(2).at(0) == 0.1
    assert [WarmUp(2).at(t) for t in (2, 50)] == [1, 1]
    twice = WarmUp(1, WarmUp(1, StepDecay(1, 0.5), start=0.5), start=0.5)
    assert [twice.at(t) for t in (0, 0.5, 1, 1.5, 2, 3)] == [0.5, 0.75, 0.5, 0.75, 1, 0.5]


def test_a_plateau_lowers_the_rate_when_its_patience_is_exactly_reached_and_then_waits_again() -> None:
    schedule = Plateau(factor=0.5, patience=2, low=0.2)
    factors = []
    for time, score in enumerate([-inf, -3.0, -3.0, -4.0, -2.9, -2.9, -5.0, -2.9, -2.9, -2.9, -2.9], 1):
        schedule.observe(time, score)
        factors.append(schedule.at(time))
    # better, better, equal, worse → ½; better, equal, worse → ¼; two → no lower than 0.2, and so on
    assert factors == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]
    once = Plateau(patience=1)
    once.observe(1, nan)
    once.observe(2, nan)
    assert once.at(2) == 0.5


def test_a_plateau_after_a_warm_up_sees_the_scores_after_it_only() -> None:
    schedule = WarmUp(2, Plateau(patience=1))
    for time, score in ((1, 0.9), (2, 0.9), (3, 0.5)):
        schedule.observe(time, score)
        assert schedule.at(time) == (pytest.approx(0.55) if time == 1 else 1)
    schedule.observe(4, 0.5)
    assert schedule.at(4) == 0.5
    schedule.restart()
    assert schedule.at(4) == 1


@pytest.mark.parametrize("make", [lambda: Plateau(patience=2), lambda: WarmUp(1, Plateau(patience=2))])
def test_a_state_goes_through_json_and_is_that_of_its_time(make: Any) -> None:
    whole, first, second = make(), make(), make()
    scores = [0.1, 0.5, 0.4, 0.5, 0.3, 0.2]
    for k, score in enumerate(scores[:3]):
        whole.observe(k + 1, score)
        first.observe(k + 1, score)
    state = first.state_dict()
    for k, score in enumerate(scores[3:], 3):
        first.observe(k + 1, score)
    second.load_state_dict(json.loads(json.dumps(state)))
    for k, score in enumerate(scores[3:], 3):
        whole.observe(k + 1, score)
        second.observe(k + 1, score)
        assert second.at(k) == whole.at(k)
    assert second.state_dict() == whole.state_dict()
    assert whole.at(9) == 0.25


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: StepDecay(0), "StepDecay: every is 0; it is a number of epochs, above 0"),
        (lambda: StepDecay(1, factor=0), "factor is 0"),
        (lambda: StepDecay(inf), "every is inf"),
        (lambda: Cosine(0), "epochs is 0"),
        (lambda: Cosine(nan), "epochs is nan"),
        (lambda: Cosine(1, low=1.5), r"low is 1.5; it is in \[0, 1\]"),
        (lambda: Cosine(1, low=-0.1), "low is -0.1"),
        (lambda: Cosine(1, growth=0.9), "growth is 0.9; it is a number from 1 on, or None"),
        (lambda: WarmUp(0), "epochs is 0"),
        (
            lambda: WarmUp(1, start=0),
            r"start is 0; it is in \(0, 1\]: at 0 the first update would do nothing",
        ),
        (lambda: WarmUp(1, 5), "then is 5; it is a schedule or None"),  # type: ignore[arg-type]
        (lambda: Plateau(factor=1), r"factor is 1; it lies in \(0, 1\)"),
        (lambda: Plateau(factor=0), "factor is 0"),
        (lambda: Plateau(patience=0), "patience is 0; it is at least 1"),
        (lambda: Plateau(low=2), "low is 2"),
    ],
)
def test_wrong_settings_are_refused(make: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()


def test_the_edges_of_settings_are_allowed_and_settings_stay() -> None:
    assert [Cosine(1, low=1).at(0.5), Cosine(1, low=0, growth=1).at(1), WarmUp(1, start=1).at(0)] == [1, 1, 1]
    assert Plateau(low=1, patience=1).at(0) == 1
    with pytest.raises(FrozenInstanceError):
        Cosine(1).low = 0.5  # type: ignore[misc]
    with pytest.raises(NotImplementedError):
        Schedule().at(0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_factor_multiplies_every_groups_rate_and_nothing_else(name: str) -> None:
    """As if the groups had been made with the lower rates, decay and averages included."""

    def run(factor: float, rates: tuple[float, float]) -> list[bytes]:
        one, table = Parameter(np.ones(3)), Parameter(np.ones((4, 2)))
        groups = [{"params": [one], "lr": rates[0]}, {"params": [table], "lr": rates[1]}]
        optimizer = by_name(name, groups, l2=0.1)
        assert optimizer.lr_factor == 1.0
        optimizer.lr_factor = factor
        for step in range(3):
            one.grad = np.sin(step + np.arange(3.0))
            table.grad = mg.SparseRows(np.array([step, 3]), np.ones((2, 2)), 4)
            optimizer.step()
        assert [group["lr"] for group in optimizer.groups] == list(rates)
        return [one.data.tobytes(), table.data.tobytes()]

    assert run(0.25, (0.5, 0.125)) == run(1.0, (0.125, 0.03125)) != run(1.0, (0.5, 0.125))


def test_a_rate_of_zero_leaves_the_weights() -> None:
    p = Parameter(np.ones(2))
    p.grad = np.ones(2)
    optimizer = SGD([p], lr=0.5)
    optimizer.lr_factor = 0.0
    optimizer.step()
    assert p.data.tolist() == [1, 1]
