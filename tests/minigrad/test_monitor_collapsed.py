"""The rule of weights that shrink to nothing: it speaks of those, and of nothing that may yet learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from minigrad.monitor import Collapsed, Monitor
from minigrad.nn import Parameter

GUESS = float(np.log(10))


def _epochs(
    norms: Sequence[dict[str, float]],
    losses: Sequence[float],
    shapes: dict[str, Any] | None = None,
    **options: Any,
) -> Monitor:
    """Show a monitor epochs that end with parameters of these norms, and with these mean losses."""
    shapes = {"W": (3, 3), "L": (7, 3), **(shapes or {})}
    monitor = Monitor([Collapsed(**options)], action=lambda alert: None)
    parameters = {name: Parameter(np.full(shapes[name], float(norm > 0))) for name, norm in norms[0].items()}
    for at_end, loss in zip(norms, losses, strict=True):
        monitor.observe(parameters=parameters)
        for name, norm in at_end.items():
            values = parameters[name].data
            values[...] = norm / np.sqrt(values.size)
        monitor.end_epoch(loss)
    return monitor


def test_it_speaks_where_all_matrices_have_shrunk_tenfold_and_nothing_is_learned() -> None:
    norms = [{"W": 2.0, "L": 8.0}, {"W": 0.1, "L": 0.8}, {"W": 0.01, "L": 0.4}]
    monitor = _epochs(norms, [GUESS] * 3)
    (alert,) = monitor.alerts
    assert (alert.rule, alert.epoch, alert.batch, alert.parameter) == ("collapsed", 3, 0, "W")
    largest = 3.0, 8.0  # of W before the first epoch, nine ones
    assert alert.value == pytest.approx((0.01 / largest[0] + 0.4 / largest[1]) / 2)
    assert "matrices have 0.027 of their largest norms on average, and the loss is 2.303" in alert.message


@pytest.mark.parametrize(
    ("norms", "losses"),
    [
        ([(9, 8), (0.1, 0.1), (0.1, 0.1)], [GUESS, 2.2, 1.9]),  # it learns
        ([(9, 8), (0.1, 0.1), (8, 8)], [GUESS] * 3),  # it comes back
        ([(9, 8), (0.1, 8), (0.1, 8)], [GUESS] * 3),  # one of two
        ([(9, 8), (9, 8), (9, 8)], [GUESS] * 3),  # it guesses, and keeps its weights
    ],
    ids=["learns", "comes back", "one of two", "guesses"],
)
def test_it_is_silent_where_something_is_left(norms: list[Any], losses: list[float]) -> None:
    monitor = _epochs([{"W": w, "L": words} for w, words in norms], losses)
    assert monitor.alerts == []
    assert monitor.rules[0].verdicts == 3


def test_the_threshold_and_the_loss_of_a_guess_are_where_they_are_said_to_be() -> None:
    norms = [{"L": 8.0}, {"L": 0.8}, {"L": 0.8}]
    for threshold, fires in ((0.1, False), (0.11, True)):  # 0.8 of 8.0 is a tenth, not less
        assert bool(_epochs(norms, [GUESS] * 3, threshold=threshold).alerts) == fires
    small = [{"L": 8.0}, {"L": 0.1}, {"L": 0.1}]
    for loss, fires in ((0.981 * GUESS, True), (0.979 * GUESS, False), (1.5 * GUESS, True)):
        assert bool(_epochs(small, [GUESS, loss, loss]).alerts) == fires
    # With a guess of its own it does not take the first window's loss for one.
    assert _epochs(small, [9.0, GUESS, GUESS], guess=GUESS).alerts
    assert not _epochs(small, [9.0, GUESS, GUESS]).alerts


def test_biases_and_parameters_of_nothing_but_zeros_are_left_out() -> None:
    shapes = {"b": (5,), "zero": (2, 2)}
    norms = [{"W": 2.0, "b": 9.0, "zero": 0.0}, {"W": 0.01, "b": 9.0, "zero": 0.0}]
    monitor = _epochs([*norms, norms[-1]], [GUESS] * 3, shapes)
    assert len(monitor.alerts) == 1
    only = _epochs([{"b": 0.0}] * 3, [GUESS] * 3, shapes)
    assert only.alerts == []


def test_losses_of_minibatches_fill_windows() -> None:
    parameter = Parameter(np.full((2, 2), 4.0))
    monitor = Monitor([Collapsed(min_count=5)], action=lambda alert: None)
    for batch in range(1, 16):
        parameter.data *= 0.5
        monitor.observe(loss=GUESS + 0.1 * (-1) ** batch, parameters={"W": parameter})
    assert monitor.rules[0].verdicts == 3
    (alert,) = monitor.alerts  # after the first window it has 1/16 of its norm, and after the second less
    assert alert.batch == 10
    nothing = Monitor([Collapsed(min_count=1)], action=lambda alert: None)
    nothing.observe(loss=GUESS)
    nothing.end_epoch(GUESS)
    assert nothing.rules[0].verdicts == 0  # it has seen no parameters


def test_a_state_goes_through_json_and_the_alert_comes_when_it_would_have_come() -> None:
    parameters = {"W": Parameter(np.full((3, 3), 1.0))}

    def epochs(monitor: Monitor, numbers: Sequence[int]) -> None:
        for number in numbers:
            parameters["W"].data[...] = 0.1**number
            monitor.observe(parameters=parameters)
            monitor.end_epoch(GUESS)

    whole, first, second = (Monitor([Collapsed(patience=3)], action=lambda alert: None) for _ in range(3))
    epochs(whole, range(6))
    epochs(first, range(3))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    epochs(second, range(3, 6))
    assert second.alerts == whole.alerts
    assert len(whole.alerts) == 1
    assert second.state_dict() == whole.state_dict()


@pytest.mark.parametrize("tolerance", [-0.1, 1.0, float("nan")])
def test_a_tolerance_that_is_none_is_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="collapsed: tolerance is"):
        Collapsed(tolerance=tolerance)
