"""`check_cell` passes every cell there is, and finds, by name, what is wrong with a wrong one."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.nn import Parameter
from models import CellCheckError, Forest, Tree, check_cell

TREES = ["(0 (0 (0 a) (0 b)) (0 (0 c) (0 (0 d) (0 a))))", "(0 d)", "(0 (0 b) (0 a))"]
QUICK = ("node", "level")


class Mean(mg.Cell):
    """A right one, for others to spoil."""

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.settings = {"D": D}
        self.parts = (mg.Part("h", D),)
        self.W = Parameter(rng.normal(size=(D, D)).astype(dtype))

    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.h) / 2 @ self.W.T)


@mg.primitive()
def crooked(x: Any) -> Any:
    """x², with a derivative that is off by a thousandth

    shapes: any
    vjp: 2.002 g ⊙ x
    """
    return x * x


crooked.defvjp(lambda ans, x: lambda g: 2.002 * g * x)


class WrongDerivative(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh(crooked(left.h - right.h) @ self.W.T)


class MixesRows(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + mg.mean(right.h, axis=0)) @ self.W.T)


class WiderInFloat64(Mean):
    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        super().__init__(D, rng, dtype)
        self.scale = np.full(D, 0.5)

    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.h * self.scale) @ self.W.T)


class Forgetful(Mean):
    """Its behaviour depends on how often it was called."""

    calls = 0

    def compose(self, left: Any, right: Any) -> Any:
        Forgetful.calls += 1
        return mg.tanh((left.h + right.h) * (1 + Forgetful.calls * 1e-3) @ self.W.T)


class HiddenState(Mean):
    """What it computes depends on an array that is no parameter."""

    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        super().__init__(D, rng, dtype)
        self.shift = float(rng.normal())

    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.h + self.shift) @ self.W.T)


class WrongSettings(Mean):
    def __init__(self, width: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        super().__init__(width, rng, dtype)


class Raises(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return left.h @ mg.tensor(np.zeros((2, 2), left.h.dtype))


class NoSettings(Mean):
    def __init__(self, D: int, rng: np.random.Generator) -> None:
        super().__init__(D, rng)
        del self.settings


class Dropped(Mean):
    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        super().__init__(D, rng, dtype)
        self.rng = np.random.default_rng(5)

    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((mg.dropout(left.h, 0.5, self.rng) + right.h) @ self.W.T)


def failed(cell: Any, trees: Any = TREES, **options: Any) -> str:
    out = io.StringIO()
    with pytest.raises(CellCheckError) as caught:
        check_cell(cell, trees, modes=QUICK, file=out, **options)
    assert isinstance(caught.value, AssertionError)
    assert out.getvalue() == f"{caught.value}\n"
    return str(caught.value)


@pytest.mark.parametrize("name", models.CELLS)
def test_every_cell_passes(name: str) -> None:
    out = io.StringIO()
    report = check_cell(name, TREES, modes=QUICK, file=out)
    assert report
    assert out.getvalue().startswith(f"check_cell {name}: passed\n")
    assert {line.verdict for line in report.lines} == {"ok"}
    assert report.as_dict()["passed"] is True


@pytest.mark.slow
@pytest.mark.parametrize("name", models.CELLS)
def test_every_cell_passes_compiled(name: str) -> None:
    report = check_cell(name, TREES, file=io.StringIO())
    assert {line.verdict for line in report.lines} == {"ok"}  # no note: none of them runs as level
    assert any(line.mode == "compiled" for line in report.lines)


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        (WrongDerivative, ["WRONG  gradcheck", r"by backward, .* by differences"]),
        (MixesRows, ["WRONG  float64, as node by node  *level  the (values|gradient) .* instead of"]),
        (WiderInFloat64, ["WRONG  float32 runs  *node  *ShapeError: .*is float64"]),
        (Forgetful, ["WRONG  float64, twice the same  *node .*differs from one run to the next"]),
        (HiddenState, ["WRONG  state_dict there and back .* instead of"]),
        (WrongSettings, ["WRONG  made again .*WrongSettings.*raised TypeError"]),
        (Raises, ["WRONG  runs  *node  ShapeError: matmul in .*do not fit"]),
    ],
)
def test_what_is_wrong_is_found_and_named(cell: Any, texts: list[str]) -> None:
    report = failed(cell)
    for text in texts:
        assert re.search(text, report), report


def test_without_settings_there_is_a_note_and_dropout_is_drawn_alike() -> None:
    report = check_cell(NoSettings, TREES, modes=QUICK, file=io.StringIO())
    assert [line.detail[:14] for line in report.lines if line.verdict == "note"] == ["there are none"]
    assert check_cell(Dropped, TREES, modes=QUICK, file=io.StringIO())


def test_an_own_loss_is_what_is_differentiated() -> None:
    seen = []

    def loss(states: mg.NodeStates, forest: Forest) -> mg.Tensor:
        seen.append(forest)
        return mg.sum(states["h"][forest.root] * 2)

    forest = Forest([Tree.parse(TREES[0])])
    assert check_cell(Mean, forest, loss, modes=QUICK, file=io.StringIO())
    assert all(one is forest for one in seen)
    assert seen


def test_a_loss_that_depends_on_nothing_does_not_pass() -> None:
    text = failed(Mean, loss=lambda states, forest: mg.sum(states["h"] * 0.0))
    assert "the loss does not depend on the cell" in text


def test_a_parameter_that_nothing_reads_is_noted() -> None:
    class Idle(Mean):
        def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
            super().__init__(D, rng, dtype)
            self.V = Parameter(np.ones((D, D), dtype))

    report = check_cell(Idle, TREES, modes=QUICK, file=io.StringIO())
    assert [line.detail for line in report.lines if line.verdict == "note"] == [
        "the loss does not depend on V"
    ]


def test_the_cell_itself_is_left_alone() -> None:
    cell = Mean(3, np.random.default_rng(0))
    before, parameters = cell.state_dict(), cell.parameters()
    check_cell(cell, Tree.parse(TREES[0]), modes=QUICK, file=io.StringIO())
    assert cell.parameters()[0] is parameters[0]
    assert parameters[0].grad is None
    assert all(values.tobytes() == before[name].tobytes() for name, values in cell.state_dict().items())


@pytest.mark.parametrize("cell", [None, 3, dict, "LTSM"])
def test_what_is_no_cell_is_refused(cell: Any) -> None:
    with pytest.raises(models.CellError, match=r"a cell is an instance|there is no cell"):
        check_cell(cell, TREES, file=io.StringIO())


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="no mode 'fast'; choose one of node, level, compiled"):
        check_cell(Mean, TREES, modes=["fast"])
