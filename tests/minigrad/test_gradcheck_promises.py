"""Every number in the docstring of `gradcheck`."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.checks.line import STEP
from tests.minigrad.gradcheck_cases import numbers, primitive

Array = np.ndarray
METHODS = ("central", "complex")


def _off_by(error: Any, slope: Any = 1.0) -> Any:
    """x ⊙ slope, whose derivative is wrong by these amounts."""
    return primitive(lambda x: x * slope, lambda g, x: g * (slope + np.asarray(error)))


def test_the_defaults_are_those_of_the_signature() -> None:
    found = {name: p.default for name, p in inspect.signature(mg.gradcheck).parameters.items()}
    expected = {"method": "auto", "rtol": 1e-6, "atol": 0.0, "seed": 0, "max_elements": 500, "names": None}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("error", "right"), [(1.2e-6, False), (0.8e-6, True), (-1.2e-6, False), (-0.8e-6, True)]
)
def test_a_derivative_may_be_off_by_a_millionth_of_itself(error: float, right: bool) -> None:
    assert bool(mg.gradcheck(_off_by(error), [numbers(3)])) == right
    assert bool(mg.gradcheck(_off_by(3e-6), [numbers(3)], rtol=4e-6))


@pytest.mark.parametrize(("error", "right"), [(1.2e-9, False), (0.8e-9, True)])
def test_a_small_one_by_a_millionth_of_a_thousandth_of_the_largest(error: float, right: bool) -> None:
    """rtol · G / 1000, where G is the largest derivative of the input: not that of the others."""
    slope, off = np.array([1.0, 1e-5, 1e-5]), np.array([0.0, error, 0.0])
    c = np.abs(mg.gradcheck(_off_by(0.0, slope), [numbers(3)]).cotangent)  # type: ignore[arg-type]
    report = mg.gradcheck(_off_by(off * c[0] / c[1], slope), [numbers(3)])
    assert bool(report) == right
    alone = mg.gradcheck(lambda x, y: _off_by(0.0)(x) + _off_by(off, slope)(y), [numbers(3) * 0, numbers(3)])
    assert bool(alone) == right
    assert {row.index for row in report.wrong} <= {(1,)}
    other = mg.gradcheck(lambda x, y: x * 1e3 + _off_by(1e-9, 1e-5)(y), [numbers(3), numbers(3)])
    assert {row.input for row in other.wrong} == {"y"}  # x's derivatives don't count


def test_the_absolute_tolerance_is_added_and_0_unless_given() -> None:
    wrong = _off_by(5e-9, 1e-5)
    assert not mg.gradcheck(wrong, [numbers(3)])
    assert mg.gradcheck(wrong, [numbers(3)], atol=1e-8)
    assert not mg.gradcheck(wrong, [numbers(3)], atol=2e-9)
    report = mg.gradcheck(mg.tanh, [numbers(3)], atol=0.5, rtol=0.0)
    assert all(row.tolerance == pytest.approx(0.5, abs=1e-8) for row in report.rows)
    long = mg.gradcheck(mg.tanh, [numbers(600)], atol=0.5, rtol=0.0)
    assert all(row.tolerance == pytest.approx(0.5 * 600**0.5, rel=1e-6) for row in long.rows)


@pytest.mark.parametrize(("method", "noise"), [("central", 1e-10), ("complex", 1e-15)])
def test_noise_is_the_rounding_error_of_the_result(method: str, noise: float) -> None:
    for size in (1.0, 1e3):
        report = mg.gradcheck(
            lambda x, size=size: x * 2.0 + size, [np.array([0.25])], method=method, rtol=0.0
        )
        assert report.cotangent is not None
        total = float(np.abs(report.cotangent * (0.5 + size)).sum())
        assert noise / 3 < report.rows[0].tolerance / total < 3 * noise


def test_an_element_moves_by_the_cube_root_of_epsilon_times_its_size_or_1() -> None:
    seen: list[float] = []

    def watched(x: mg.Tensor) -> mg.Tensor:
        seen.append(float(x.data[0]))
        return mg.tanh(x)

    for x, unit in ((0.5, 1.0), (-1.0, 1.0), (3.0, 3.0), (-8.0, 8.0)):
        seen.clear()
        mg.gradcheck(watched, [np.array([x])], method="central")
        moved = sorted({abs(value - x) for value in seen if value != x})
        assert moved == pytest.approx([np.finfo(float).eps ** (1 / 3) * unit] * len(moved), rel=1e-4)
        assert moved
    assert pytest.approx(6.06e-6, rel=1e-3) == STEP


@pytest.mark.parametrize(
    ("size", "options"), [(500, {}), (501, {}), (3, {"max_elements": 3}), (4, {"max_elements": 3})]
)
def test_up_to_max_elements_are_checked_one_by_one_and_more_along_four_directions(
    size: int, options: Any
) -> None:
    report = mg.gradcheck(mg.tanh, [numbers(size)], **options)
    one_by_one = size == options.get("max_elements", 500)
    assert len(report.rows) == (size if one_by_one else 4)
    assert [row.direction for row in report.rows] == ([0] * size if one_by_one else [1, 2, 3, 4])
    assert report.compared == size
    assert ("along 4 directions" in str(report)) != one_by_one


def test_directions_are_plus_and_minus_one_and_differ() -> None:
    moves: list[Array] = []
    x = np.full(40, 0.25)

    def watched(t: mg.Tensor) -> mg.Tensor:
        moves.append(t.data - x)
        return mg.tanh(t)

    mg.gradcheck(watched, [x], method="central", max_elements=10)
    steps = [move for move in moves if move.any()]
    assert all(np.ptp(np.abs(step)) < 1e-12 for step in steps)
    assert len({tuple(np.sign(step)) for step in steps}) == 2 * 4  # up and down along each
    assert all(0 < (step > 0).sum() < 40 for step in steps)


@pytest.mark.parametrize(
    ("n", "kinks", "right"), [(20, 2, True), (20, 3, False), (10, 1, True), (9, 1, False)]
)
def test_a_tenth_of_the_elements_may_lie_on_kinks_and_no_more(n: int, kinks: int, right: bool) -> None:
    x = numbers(n)
    x[:kinks] = 0
    report = mg.gradcheck(mg.relu, [x])
    assert bool(report) == right
    assert (report.kinks, report.compared) == (kinks, n - kinks)
    assert not report.wrong


def test_a_report_keeps_its_numbers_when_the_inputs_change_afterwards() -> None:
    x = mg.tensor(numbers(3), requires_grad=True)
    report = mg.gradcheck(lambda t: t * 1.0, [x])
    before = report.as_dict()
    x.data[...] = 9.0
    with mg.no_grad():
        x[...] = 7.0
    assert report.as_dict() == before
    assert report.cotangent is not None
    (x * 1.0).backward(report.cotangent)
    assert isinstance(x.grad, np.ndarray)
    x.grad += 5.0
    assert report.as_dict() == before
