"""Which compiled form a cell has, and cells that have none."""

from __future__ import annotations

import gc
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.forms import Forms
from minigrad.fold.compiler.refusal import Refusal
from minigrad.fold.compiler.trace import trace
from minigrad.nn import Module, Parameter
from tests.minigrad.fold_contract.cells import E, Simple
from tests.minigrad.fold_contract.forests import PAIR, grow

X = np.random.default_rng(0).normal(size=(2, E))
TREES = grow(PAIR)


class Config:
    def __init__(self) -> None:
        self.scale = 0.5


class Gate(Module):
    def __init__(self) -> None:
        self.W = Parameter(np.ones((E, E)))
        self.inner = Module()


class Rich(Simple):
    """A cell with something of everything that compose may read of its instance."""

    def __init__(self) -> None:
        super().__init__(np.random.default_rng(0))
        self.p = 0.5
        self.gate = Gate()
        self.config = Config()
        self.pair = (Config(),)

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        k = self.p * self.config.scale * self.pair[0].scale * (2.0 if self.training else 1.0)
        return mg.tanh(left.h @ self.W1 + self.b * right.h) @ self.gate.W * k


CHANGES: dict[str, Callable[[Rich], Any]] = {
    "number": lambda c: setattr(c, "p", c.p / 2),
    "parameter": lambda c: setattr(c, "b", Parameter(c.b.data)),
    "training": lambda c: c.eval(),
    "module": lambda c: setattr(c, "gate", Gate()),
    "parameter below": lambda c: setattr(c.gate, "W", Parameter(np.ones((E, E)))),
    "module below": lambda c: setattr(c.gate, "inner", Gate()),
    "object in a tuple": lambda c: setattr(c.pair[0], "scale", 0.25),
    "object": lambda c: setattr(c.config, "scale", 0.25),
}


def counting(made: list[Any], read: Callable[[Any], Any] = id) -> Forms[int]:
    """Forms that trace a cell, note something of it, and are numbered."""

    def make(cell: Any, dtype: Any, reads: Any) -> int:
        trace(cell, dtype, reads)
        made.append(read(cell))
        return len(made)

    return Forms(make)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_cell_that_was_changed_is_compiled_again(change: Any) -> None:
    forms, cell = counting([]), Rich()
    assert [forms.find(cell, np.float64) for _ in range(3)] == [1, 1, 1]
    change(cell)
    assert [forms.find(cell, np.float64) for _ in range(3)] == [2, 2, 2]
    assert forms.find(Rich(), np.float64) == 3
    assert forms.find(cell, np.float64) == 2


def test_a_cell_that_is_converted_is_compiled_again() -> None:
    """In place: its parameters remain the same objects."""
    forms, cell = counting([]), Rich()
    assert forms.find(cell, np.float64) == 1
    assert isinstance(forms.find(cell, np.float32), Refusal)
    assert forms.find(cell.astype(np.float32), np.float32) == 2
    assert forms.find(cell.astype(np.float64), np.float64) == 1


def test_a_value_at_the_address_of_a_freed_one_is_noticed() -> None:
    made: list[Any] = []
    forms, cell = counting(made, lambda cell: cell.p), Rich()
    for k in range(100):
        cell.p = k / 7
        forms.find(cell, np.float64)
    assert made == [k / 7 for k in range(100)]


def test_forms_of_training_and_evaluation_are_both_kept() -> None:
    made: list[Any] = []
    forms, cell = counting(made, lambda cell: cell.training), Rich()
    for _ in range(3):
        forms.find(cell.train(), np.float64)
        forms.find(cell.eval(), np.float64)
    assert made == [True, False]


def test_a_composition_that_was_replaced_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    forms, cell = counting([]), Simple(np.random.default_rng(0))
    before = forms.find(cell, np.float64)
    monkeypatch.setattr(Simple, "compose", lambda self, left, right: left.h)
    assert forms.find(cell, np.float64) != before


def test_a_cell_is_freed_with_its_forms() -> None:
    forms, cell = counting([]), Rich()
    forms.find(cell, np.float64)
    freed = weakref.ref(cell)
    del cell
    gc.collect()
    assert freed() is None
    assert not forms._known


def test_a_cell_may_be_unhashable() -> None:
    class Unhashable(Simple):
        __hash__ = None  # type: ignore[assignment]

    assert counting([]).find(Unhashable(np.random.default_rng(0)), np.float64) == 1


# -- cells that can't be compiled ---------------------------------------------------------------------


def composing(rule: Callable[[Any, Any, Any], Any]) -> Any:
    class Odd(Simple):
        traced = 0

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            Odd.traced += 1
            return rule(self, left, right)

    return Odd(np.random.default_rng(0))


def fold(cell: Any) -> np.ndarray:
    return mg.fold(cell, TREES, X, mode="compiled").h.data


def centred(cell: Any, x: Any, y: Any) -> Any:
    return mg.tanh(x.h @ cell.W1 - mg.cumsum(y.h, 1))


def test_a_cell_with_an_unsupported_op_runs_as_level_with_one_warning() -> None:
    cell = composing(centred)
    with pytest.warns(
        mg.CompileWarning, match=r"Odd can't be compiled .*\"level\".*no emission rule for cumsum \("
    ) as w:
        first = fold(cell)
    assert len(w) == 1
    assert (w[0].filename, w[0].lineno) == line_of(centred, 1)
    assert "mg.where" in str(w[0].message), "it says what to write instead"
    assert type(cell).traced == 2
    np.testing.assert_array_equal(first, mg.fold(cell, TREES, X, mode="level").h.data)
    fold(cell)
    assert type(cell).traced == 4, "it is not traced again"
    fold(type(cell)(np.random.default_rng(1)))  # another cell of the type: no other warning


def test_every_cause_is_told_once_with_the_line_of_the_cell() -> None:
    """One warning per class would hide the second thing that has to be changed."""

    def helper(x: Any) -> Any:
        return mg.tanh(mg.cumsum(x, 1))

    def two_causes(cell: Any, x: Any, y: Any) -> Any:
        if cell.stage == 0:
            return x.h + helper(y.h)
        return mg.prod(x.h, 1, True) + y.h

    cell = composing(two_causes)
    for cell.stage, line, what in ((0, line_of(helper, 1), "cumsum"), (1, line_of(two_causes, 3), "prod")):
        with pytest.warns(mg.CompileWarning, match=f"no emission rule for {what} ") as w:
            fold(cell)
        assert [(one.filename, one.lineno) for one in w] == [line]
        fold(cell)  # warnings are errors here: a second one would be raised
    cell.astype(np.float32)
    with pytest.warns(mg.CompileWarning, match=r"not float64; .*cell\.astype\(np\.float64\)"):
        fold(cell)


def line_of(function: Any, k: int) -> tuple[str, int]:
    """Return file and number of the k-th line after a function's first."""
    return function.__code__.co_filename, function.__code__.co_firstlineno + k


def test_a_derivative_without_a_rule_is_named() -> None:
    @mg.primitive(name="odd")
    def odd(x: Any) -> Any:
        """-x

        shapes: any
        vjp: -g
        """
        return -x

    odd.defvjp(lambda ans, x: lambda g: np.flip(np.flip(-g)))
    with pytest.warns(mg.CompileWarning, match=r"no emission rule for the derivative of odd \(numpy.flip\)"):
        fold(composing(lambda c, x, y: odd(x.h)))


def test_what_only_the_trace_stumbles_over_is_said_too() -> None:
    def fails_in_trace(cell: Any, x: Any, y: Any) -> Any:
        if type(x.h.data) is not np.ndarray:
            raise KeyError("no such array")
        return x.h

    with pytest.warns(mg.CompileWarning, match="Odd can't be compiled .*KeyError: 'no such array'"):
        fold(composing(fails_in_trace))


def test_a_cell_that_is_wrong_gives_its_error_and_no_warning() -> None:
    for rule, error in (
        (lambda c, x, y: mg.mean(x.h, 1, True), mg.ShapeError),
        (lambda c, x, y: x.h @ np.zeros((2, 2)), mg.ShapeError),
        (lambda c, x, y: {"g": x.h}, ValueError),
        (lambda c, x, y: x.d, AttributeError),
    ):
        cell = composing(rule)
        for _ in range(2):
            with pytest.raises(error) as compiled:
                fold(cell)
            with pytest.raises(error) as level:
                mg.fold(cell, TREES, X, mode="level")
            assert str(compiled.value) == str(level.value)


def test_a_forest_of_leaves_is_not_compiled() -> None:
    cell = composing(lambda c, x, y: x.h if x.h.sum() > 0 else y.h)
    leaves = grow(None, None)
    np.testing.assert_array_equal(mg.fold(cell, leaves, X, mode="compiled").h.data, X)
    assert type(cell).traced == 0


def test_a_refusal_gives_its_reason() -> None:
    assert Refusal(KeyError("x")).reason == "KeyError: 'x'"


@pytest.mark.parametrize("mode", ["node", "level", "compiled"])
def test_control_flow_and_changes_in_place_name_the_line_in_the_cell(mode: str) -> None:
    class Branching(Simple):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            if mg.max(left.h) > 0:
                return left.h
            return right.h

    class Writing(Simple):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            left.h[...] = 0
            return self.helped(left)

    for kind, line in ((Branching, "if mg.max(left.h) > 0:"), (Writing, "left.h[...] = 0")):
        lines, first = inspect.getsourcelines(kind)
        number = first + next(k for k, text in enumerate(lines) if text.strip() == line)
        with pytest.raises(mg.GraphError) as caught:
            mg.fold(kind(np.random.default_rng(0)), TREES, X, mode=mode)
        assert str(caught.value).endswith(f" (test_fold_forms.py, line {number}: {line})")


def test_a_line_without_text_is_given_by_number() -> None:
    space: dict[str, Any] = {"Simple": Simple}
    exec(compile("class C(Simple):\n  def compose(s, x, y):\n    return float(x.h)", "<mine>", "exec"), space)
    with pytest.raises(mg.GraphError, match=r"left\.is_leaf \(<mine>, line 3\)$"):
        mg.fold(space["C"](np.random.default_rng(0)), TREES, X, mode="level")
