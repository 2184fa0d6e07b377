"""`check_cell` passes every cell there is, and finds, by name, what is wrong with a wrong one."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad import waiting
from minigrad.nn import Parameter
from models import CellCheckError, Forest, Tree, check_cell
from tests.clock import Impatient

TREES = ["(0 (0 (0 a) (0 b)) (0 (0 c) (0 (0 d) (0 a))))", "(0 d)", "(0 (0 b) (0 a))"]
BRIEF = (
    "RNN",
    "RLSTM",
    "TreeLSTM",
    "LSTM",
)  # whose checks take a second at most; all are checked in the slow part
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


class LessTheMean(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.h - mg.mean(right.h, axis=0)) @ self.W.T)


class LessTheLargest(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        x = left.h + right.h
        return mg.tanh((x - mg.max(x, axis=0)) @ self.W.T)


class RunningSum(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        x = left.h + right.h
        up_to = np.tril(np.ones((len(x.data), len(x.data)), x.dtype))
        return mg.tanh(mg.tensor(up_to) @ x @ self.W.T)


class SoftmaxOverRows(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh(mg.softmax(left.h + right.h, axis=0) @ self.W.T)


class CountsRows(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.h) * (1 / left.h.shape[0]) @ self.W.T)


@mg.primitive()
def gossip(x: Any) -> Any:
    """x, with a derivative that is that of all rows

    shapes: any
    vjp: the sum of g over axis 0
    """
    return x * 1


gossip.defvjp(lambda ans, x: lambda g: g * 0 + g.sum(axis=0))


class MixesGradients(Mean):
    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh(gossip(left.h + right.h) @ self.W.T)


class ChainLessTheMean(mg.Cell):
    def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.settings = {"D": D}
        self.parts = (mg.Part("h", D, leaf="zero"),)
        self.right_parts = (mg.Part("x", D),)
        self.W = Parameter(rng.normal(size=(D, D)).astype(dtype))

    def compose(self, left: Any, right: Any) -> Any:
        return mg.tanh((left.h + right.x - mg.mean(right.x, axis=0) / 2) @ self.W.T)


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


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in BRIEF)) for name in models.CELLS]
)
def test_every_cell_passes(name: str) -> None:
    out = io.StringIO()
    report = check_cell(name, TREES[2], modes=QUICK, file=out)  # and trees of its own
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
        (WiderInFloat64, ["WRONG  float32 runs  *node  *ShapeError: .*is float64"]),
        (Forgetful, ["WRONG  float64, twice the same  *node .*differs from one run to the next"]),
        (HiddenState, ["WRONG  state_dict there and back .* instead of"]),
        (WrongSettings, [r"WRONG  WrongSettings\(rng=…, dtype=…, \*\*settings\)  *TypeError: .*'D'"]),
        (Raises, ["WRONG  runs  *node  ShapeError: matmul in .*do not fit"]),
    ],
)
def test_what_is_wrong_is_found_and_named(cell: Any, texts: list[str]) -> None:
    report = failed(cell)
    for text in texts:
        assert re.search(text, report), report


MIXING = [LessTheMean, LessTheLargest, RunningSum, SoftmaxOverRows, CountsRows, ChainLessTheMean]


@pytest.mark.parametrize("trees", ["(0 a)", "((((a) (b)) (c)) (a))", TREES], ids=["leaf", "chain", "trees"])
@pytest.mark.parametrize("own_loss", [False, True])
@pytest.mark.parametrize("cell", MIXING)
def test_a_cell_that_mixes_nodes_is_found_whatever_the_trees(cell: Any, own_loss: bool, trees: Any) -> None:
    report = failed(cell, trees, loss=(lambda states, forest: mg.sum(states["h"])) if own_loss else None)
    found = re.search(
        r"WRONG  a node alone, and with others  level  compose mixes nodes: element \d of the values of h at "
        r"'.+' is (\S+) together with [23] other nodes, (\S+) alone\.\n +Each row of what compose reads is "
        r"another node: reduce along axis 1, not along axis 0,\n +and compute nothing from the number of ",
        report,
    )
    assert found, report
    assert float(found[1]) != float(found[2])
    assert re.search("ok     a node alone, and with others  node   the same\n", report)


def test_a_cell_whose_gradients_alone_are_mixed_is_found() -> None:
    report = failed(MixesGradients, "(0 a)")
    assert "compose mixes nodes: element 0 of the gradient with respect to the nodes' h at " in report


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, marks=[pytest.mark.slow] if cell is CountsRows else []) for cell in MIXING],
)
def test_a_cell_that_mixes_nodes_is_found_in_mode_compiled(cell: Any) -> None:
    # All but one have no compiled form, which is known at once; the number of rows becomes a constant.
    with pytest.raises(CellCheckError, match="with others  compiled  compose mixes nodes: element"):
        check_cell(cell, "(0 a)", modes=["compiled"], file=io.StringIO())


def test_the_numbers_named_are_those_of_the_cell() -> None:
    report = failed(CountsRows, "(0 a)")
    found = re.search(r"at 'a b' is (\S+) together with 3 other nodes, (\S+) alone", report)
    assert found is not None
    assert np.arctanh(float(found[2])) / np.arctanh(float(found[1])) == pytest.approx(4, rel=1e-4)


@pytest.mark.parametrize("cell", [Mean, "LSTM"])
def test_a_right_cell_passes_whatever_the_trees(cell: Any) -> None:
    assert check_cell(cell, "(0 a)", modes=QUICK, file=io.StringIO())


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


def test_a_report_is_printed_or_raised_but_not_both(capsys: pytest.CaptureFixture[str]) -> None:
    report = check_cell(Mean, "(0 a)", modes=QUICK)
    assert capsys.readouterr().out == f"{report}\n"
    with pytest.raises(CellCheckError, match="check_cell Raises: FAILED"):
        check_cell(Raises, "(0 a)", modes=QUICK)
    assert capsys.readouterr().out == ""


def test_numbers_and_parameters_are_counted() -> None:
    report = check_cell(Mean, "(0 a)", modes=QUICK, file=io.StringIO())
    assert report.lines[0].detail == "16 numbers in 1 parameter; state h (4)"


def test_a_cell_without_parameters_is_told_what_one_is() -> None:
    class Plain(Mean):
        def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
            super().__init__(D, rng, dtype)
            self.W = np.eye(D, dtype=dtype)  # type: ignore[assignment]

        def compose(self, left: Any, right: Any) -> Any:
            return mg.tanh(left.h + right.h)

    report = check_cell(Plain, "(0 a)", modes=QUICK, file=io.StringIO())
    assert (report.lines[0].check, report.lines[0].verdict) == ("parameters", "note")
    assert "self.W = minigrad.nn.Parameter(array)" in report.lines[0].detail


def test_parameters_in_a_list_are_refused_before_anything_runs() -> None:
    class Listed(Mean):
        def __init__(self, D: int, rng: np.random.Generator, dtype: Any = np.float32) -> None:
            super().__init__(D, rng, dtype)
            self.bs = [Parameter(np.zeros(D, dtype))]

    with pytest.raises(TypeError, match=r"Listed\.bs is a list that holds a Parameter"):
        check_cell(Listed, "(0 a)", modes=QUICK, file=io.StringIO())


class NoParts(mg.Cell):
    def __init__(self, D: int, rng: np.random.Generator) -> None:
        self.W = Parameter(rng.normal(size=(D, D)))

    def compose(self, left: Any, right: Any) -> Any:
        return left.h


class NoEncoderParts(models.Encoder):
    def __init__(self, D: int, rng: np.random.Generator) -> None:
        pass


def test_a_cell_without_parts_is_told_to_set_them() -> None:
    with pytest.raises(
        models.CellError, match=r'NoParts has no `parts`.* self.parts = \(minigrad.Part\("h", D\),\)'
    ):
        check_cell(NoParts, TREES, modes=QUICK)
    with pytest.raises(models.CellError, match=r"NoEncoderParts.* no attribute 'parts'"):
        check_cell(NoEncoderParts, TREES, modes=QUICK)
    cell = NoParts(3, np.random.default_rng(0))
    with pytest.raises(AttributeError, match="NoParts has no `parts`"):
        mg.fold(cell, Forest([Tree.parse(TREES[0])]), np.zeros((5, 3)))


@pytest.mark.parametrize("cell", [None, 3, dict, "LTSM"])
def test_what_is_no_cell_is_refused(cell: Any) -> None:
    with pytest.raises(models.CellError, match=r"a cell is an instance|there is no cell"):
        check_cell(cell, TREES, file=io.StringIO())


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="a mode is one of node, level, compiled, not 'fast'"):
        check_cell(Mean, TREES, modes=["fast"])


def test_stages_that_take_long_are_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "CLOCK", Impatient())
    check_cell(Mean, TREES, modes=QUICK, file=io.StringIO())
    assert [record.getMessage() for record in caplog.records] == [
        f"minigrad: check_cell Mean: {stage}"
        for stage in (
            *("whether it runs", "trees of one leaf", "a node alone, and with others"),
            *("every mode in float64", "every mode in float32"),
            *("what the loss depends on", "gradcheck", "saving and loading"),
        )
    ]
