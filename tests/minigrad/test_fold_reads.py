"""Mode compiled follows what compose reads from outside the cell, as node and level do, or refuses it."""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import itertools
import random
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.forms import Forms, Refusal
from minigrad.fold.compiler.names import ReadError
from minigrad.fold.compiler.trace import Trace, trace
from minigrad.kernels.jit import JIT_ENABLED
from tests.minigrad.fold_contract.cells import ContractCell, E
from tests.minigrad.fold_contract.forests import PAIR, grow

HERE = sys.modules[__name__]
X = np.random.default_rng(0).normal(size=(2, E))
acts = types.ModuleType("acts")  # a module of the user's


class Small(ContractCell):
    """Without products, so that it is traced and compiled in a moment."""

    parts = (mg.Part("h", E),)
    shapes = {"a": (E,)}  # noqa: RUF012

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        return mg.tanh(self.a * left.h + right.h) * self.factor()

    def factor(self) -> Any:
        raise NotImplementedError


def new(kind: type[Small]) -> Small:
    return kind(np.random.default_rng(0))


def formulas(traced: Any) -> list[tuple[str, str]]:
    return [(s.op, repr(s.args)) for s in traced.table.symbols]


# -- what is followed -------------------------------------------------------------------------------------

NUMBERS = frozenset({1.0, 2.0})
NUMBER, PAIR_OF_NUMBERS, NAME, OTHER = 2.0, (1.0, (2.0, 3.0)), "plus", 0.0


def plus(x: float) -> float:
    return x + 1


def minus(x: float) -> float:
    return x - 1


def outer(x: float) -> float:
    return inner(x)


def inner(x: float, by: float = 1.0, *, more: float = 0.0) -> float:
    return x + by + more


@functools.lru_cache
def cached(x: float) -> float:
    return x + NUMBER


def counter_of(k: float) -> tuple[Callable[[], float], Callable[[float], None]]:
    def get() -> float:
        return k

    def put(value: float) -> None:
        nonlocal k
        k = value

    return get, put


class Settings:
    scale = 2.0

    def __init__(self) -> None:
        self.own = 2.0

    def __call__(self) -> float:
        return self.own

    @property
    def twice(self) -> float:
        return 2 * self.own

    @staticmethod
    def five() -> float:
        return 5.0


class Slotted:
    __slots__ = ("own",)

    def __init__(self) -> None:
        self.own = 2.0


class Point(NamedTuple):
    x: float


BEHIND: dict[str, Any] = {"k": 2.0, "of": plus}
TABLE = types.MappingProxyType(BEHIND)
SETTINGS, SLOTTED, POINT = Settings(), Slotted(), Point(2.0)
PARTIAL = functools.partial(inner, by=2.0)
GET, PUT = counter_of(2.0)
acts.__dict__.update(plus=plus, NUMBER=2.0)


class Base(Small):
    k = 2.0
    twice = property(lambda self: 2 * self.k)

    def factor(self) -> Any:
        return self.k

    def hook(self) -> float:
        return 2.0


class Derived(Base):
    def factor(self) -> Any:
        return super().factor() + self.hook()


def cell_of(factor: Callable[[Any], Any]) -> type[Base]:
    return type("Mine", (Base,), {"factor": factor})


def local_import(self: Any) -> float:
    from acts import NUMBER  # type: ignore[import-not-found]

    return float(NUMBER)


def local_module(self: Any) -> float:
    module = acts
    return float(module.NUMBER)


def set_code(function: Any, by: Any) -> None:
    function.__code__ = by.__code__


Change = Callable[[Any, pytest.MonkeyPatch], Any]
FOLLOWED: dict[str, tuple[Callable[[Any], Any], Change]] = {
    "global": (lambda c: NUMBER, lambda c, m: m.setattr(HERE, "NUMBER", 3.0)),
    "type of a global": (lambda c: NUMBER, lambda c, m: m.setattr(HERE, "NUMBER", 2)),
    "sign of zero": (lambda c: float(np.copysign(2.0, OTHER)), lambda c, m: m.setattr(HERE, "OTHER", -0.0)),
    "tuple": (
        lambda c: PAIR_OF_NUMBERS[1][1],
        lambda c, m: m.setattr(HERE, "PAIR_OF_NUMBERS", (1.0, (2.0, 4.0))),
    ),
    "string": (lambda c: 2.0 if NAME == "plus" else 3.0, lambda c, m: m.setattr(HERE, "NAME", "minus")),
    "named tuple": (lambda c: POINT.x, lambda c, m: m.setattr(HERE, "POINT", Point(3.0))),
    "frozen set": (
        lambda c: sum(NUMBERS),
        lambda c, m: m.setattr(HERE, "NUMBERS", frozenset({1.0, 3.0})),
    ),
    "read-only mapping": (lambda c: TABLE["k"], lambda c, m: m.setitem(BEHIND, "k", 3.0)),
    "function in a read-only mapping": (
        lambda c: TABLE["of"](1),
        lambda c, m: m.setattr(plus, "__code__", minus.__code__),
    ),
    "in a comprehension": (
        lambda c: sum(NUMBER for _ in range(2)),
        lambda c, m: m.setattr(HERE, "NUMBER", 3.0),
    ),
    "in a lambda": (lambda c: (lambda: NUMBER)(), lambda c, m: m.setattr(HERE, "NUMBER", 3.0)),
    "helper": (lambda c: plus(1), lambda c, m: m.setattr(HERE, "plus", minus)),
    "helper of a helper": (lambda c: outer(1), lambda c, m: m.setattr(HERE, "inner", minus)),
    "code of a helper": (
        lambda c: outer(1),
        lambda c, m: m.setattr(inner, "__code__", (lambda x: x).__code__),
    ),
    "default": (lambda c: outer(1), lambda c, m: m.setattr(inner, "__defaults__", (2.0,))),
    "keyword's default": (lambda c: outer(1), lambda c, m: m.setitem(inner.__kwdefaults__, "more", 2.0)),
    "helper that remembers": (lambda c: cached(1), lambda c, m: m.setattr(HERE, "NUMBER", 3.0)),
    "closure": (lambda c: GET(), lambda c, m: PUT(GET() + 1)),
    "module's function": (lambda c: acts.plus(1), lambda c, m: m.setattr(acts, "plus", minus)),
    "module's number": (lambda c: acts.NUMBER, lambda c, m: m.setattr(acts, "NUMBER", 3.0)),
    "module in a variable": (local_module, lambda c, m: m.setattr(acts, "NUMBER", 3.0)),
    "module imported inside": (local_import, lambda c, m: m.setattr(acts, "NUMBER", 3.0)),
    "partial": (
        lambda c: PARTIAL(1),
        lambda c, m: m.setattr(HERE, "PARTIAL", functools.partial(inner, by=3.0)),
    ),
    "argument of a partial": (lambda c: PARTIAL(1), lambda c, m: m.setitem(PARTIAL.keywords, "by", 3.0)),
    "function of a partial": (
        lambda c: PARTIAL(1),
        lambda c, m: m.setitem(inner.__kwdefaults__, "more", 2.0),
    ),
    "object": (lambda c: SETTINGS.own, lambda c, m: m.setattr(SETTINGS, "own", 3.0)),
    "object's class": (lambda c: SETTINGS.scale, lambda c, m: m.setattr(Settings, "scale", 3.0)),
    "object before its class": (
        lambda c: SETTINGS.scale,
        lambda c, m: m.setattr(SETTINGS, "scale", 3.0, False),
    ),
    "another class": (
        lambda c: SETTINGS.scale,
        lambda c, m: m.setattr(SETTINGS, "__class__", type("S", (Settings,), {"scale": 3.0})),
    ),
    "object that is called": (
        lambda c: SETTINGS(),
        lambda c, m: m.setattr(Settings, "__call__", lambda s: 3.0),
    ),
    "property": (
        lambda c: SETTINGS.twice,
        lambda c, m: m.setattr(Settings, "twice", property(lambda s: 3.0)),
    ),
    "static method": (lambda c: SETTINGS.five(), lambda c, m: m.setattr(Settings, "five", lambda s: 3.0)),
    "slot": (lambda c: SLOTTED.own, lambda c, m: m.setattr(SLOTTED, "own", 3.0)),
    "class": (lambda c: Settings.scale, lambda c, m: m.setattr(Settings, "scale", 3.0)),
    "class attribute": (lambda c: c.k, lambda c, m: m.setattr(Base, "k", 3.0)),
    "property of a base": (lambda c: c.twice, lambda c, m: m.setattr(Base, "twice", 3.0)),
    "method of a base": (lambda c: c.hook(), lambda c, m: m.setattr(Base, "hook", lambda self: 3.0)),
    "compose of a base": (
        lambda c: c.hook(),
        lambda c, m: m.setattr(Small, "compose", lambda s, x, y: s.a * x.h),
    ),
    "instance before class": (lambda c: c.k, lambda c, m: setattr(c, "k", 3.0)),
    "subclass before base": (lambda c: c.k, lambda c, m: setattr(type(c), "k", 3.0)),
    "computed name": (lambda c: getattr(c, "".join(["k"])), lambda c, m: setattr(c, "k", 3.0)),
    "built-in that is hidden": (
        lambda c: abs(-2.0),
        lambda c, m: m.setattr(HERE, "abs", minus, raising=False),
    ),
    "new attribute, by a computed name": (
        lambda c: getattr(c, "".join(["extra"]), 2.0),
        lambda c, m: setattr(c, "extra", 3.0),
    ),
    "the cell's class": (lambda c: c.k, lambda c, m: setattr(c, "__class__", Derived)),
}


@pytest.fixture(autouse=True)
def as_before() -> Any:
    """Whatever a test has changed in place is as it was."""
    sys.modules["acts"] = acts
    cached.cache_clear()
    yield
    cached.cache_clear()
    PUT(2.0)
    del sys.modules["acts"]


def tracing() -> Forms[Trace]:
    return Forms(lambda cell, dtype, reads: trace(cell, dtype, reads))


@pytest.mark.parametrize(("factor", "change"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_change_outside_the_cell_is_followed(
    factor: Callable[[Any], Any], change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms, cell = tracing(), new(cell_of(factor))
    first = forms.find(cell, np.float64)
    assert isinstance(first, Trace), getattr(first, "reason", "")
    assert forms.find(cell, np.float64) is first
    change(cell, monkeypatch)
    cached.cache_clear()
    second = forms.find(cell, np.float64)
    assert second is not first
    assert formulas(second) == formulas(trace(cell, np.float64))
    assert formulas(second) != formulas(first)
    assert forms.find(cell, np.float64) is second


class Holding(Small):
    """With modules of minigrad's own, whose attributes minigrad's code reads."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.scales = mg.nn.ParameterList([mg.nn.Parameter(np.ones(E)) for _ in range(2)])
        self.drop = mg.nn.Dropout(0.5, rng)

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        h = self.drop(self.a * left.h)
        for scale in self.scales:
            h = h * scale + right.h
        return h


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.scales.append(mg.nn.Parameter(np.ones(E))),
        lambda c: setattr(c, "scales", mg.nn.ParameterList([mg.nn.Parameter(np.ones(E))])),
        lambda c: setattr(c.drop, "p", 0.25),
        lambda c: c.eval(),
    ],
    ids=["parameter added", "other list", "probability", "evaluation"],
)
def test_what_minigrads_own_modules_hold_is_followed(change: Any) -> None:
    forms, cell = tracing(), new(Holding)
    first = forms.find(cell, np.float64)
    assert isinstance(first, Trace), getattr(first, "reason", "")
    assert forms.find(cell, np.float64) is first
    change(cell)
    second = forms.find(cell, np.float64)
    assert isinstance(second, Trace)
    assert second is not first


def test_a_method_that_super_finds_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    forms, cell = tracing(), new(Derived)
    first = forms.find(cell, np.float64)
    monkeypatch.setattr(Base, "factor", lambda self: 7.0)
    assert formulas(forms.find(cell, np.float64)) != formulas(first)


def test_what_compose_does_not_read_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a number that is set again to the same value another state, or one that has been before."""
    forms, cell = tracing(), new(cell_of(lambda c: NUMBER * c.k))
    cell.settings = {"k": 1}  # type: ignore[assignment]
    first = forms.find(cell, np.float64)
    monkeypatch.setattr(HERE, "NAME", "other")
    monkeypatch.setattr(HERE, "NUMBER", float("2"))
    cell.settings["k"] = 2  # type: ignore[index]
    cell.eval().spare = mg.nn.Parameter(np.zeros(2))
    assert forms.find(cell, np.float64) is first
    monkeypatch.setattr(HERE, "NUMBER", 3.0)
    assert forms.find(cell, np.float64) is not first
    monkeypatch.setattr(HERE, "NUMBER", 2.0)
    assert forms.find(cell, np.float64) is first


def test_a_module_that_is_loaded_again_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a file was edited and a notebook reloads it; the cell's own module keeps the old function."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "edited_acts.py"
    file.write_text("def act(x): return 2.0 * x\n")
    edited = importlib.import_module("edited_acts")
    forms, cell = tracing(), new(cell_of(lambda c: edited.act(3.0)))
    first = forms.find(cell, np.float64)
    file.write_text("def act(x): return -20.0 * x\n")
    importlib.reload(edited)
    second = forms.find(cell, np.float64)
    assert "-60.0" in str(formulas(second))
    assert "-60.0" not in str(formulas(first))


def test_the_rule_of_the_users_own_operation_is_followed() -> None:
    @mg.primitive()
    def odd(x: Any) -> Any:
        """-x

        shapes: any
        vjp: -g
        """
        return -x

    odd.defvjp(lambda y, x: lambda g: -g)

    class Mine(Small):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return odd(self.a * left.h) + right.h

    forms, cell = tracing(), new(Mine)
    first = forms.find(cell, np.float64)
    odd.defvjp(lambda y, x: lambda g: -2.0 * g)
    assert formulas(forms.find(cell, np.float64)) != formulas(first)


# -- what is refused --------------------------------------------------------------------------------------

LIST, DICT, ARRAY, INSIDE = [2.0], {"a": 2.0}, np.array([2.0, 3.0]), (1.0, [2.0])
SCALAR, TENSOR = np.array(2.0), mg.tensor(2.0)
RNG, OLD_RNG, COUNT = np.random.default_rng(0), np.random.RandomState(0), itertools.count()
CONSTANTS = mg.constant({"list": [2.0, [3.0]], "array": np.array([4.0])})


def with_default(self: Any, values: Any = [2.0]) -> Any:  # noqa: B006
    return values[0]


class Counting(Base):
    n = 0

    def factor(self) -> Any:
        self.n += 1
        return float(self.n)


class Rows(Small):
    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        return self.a * left.h * (1.0 / left.h.shape[0])


class Listed(Base):
    values = [2.0]  # noqa: RUF012

    def factor(self) -> Any:
        return self.values[0]


class Owned(Base):
    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.own = {"k": 2.0}

    def factor(self) -> Any:
        return self.own["k"]


def closed(values: Any) -> Any:
    return lambda c: values[0]


REFUSED: dict[str, tuple[type[Small], str]] = {
    "list": (cell_of(lambda c: LIST[0]), "reads the list LIST"),
    "dict": (cell_of(lambda c: DICT["a"]), "reads the dict DICT"),
    "array": (cell_of(lambda c: ARRAY[1]), "reads ARRAY, of the type ndarray,"),
    "array of one number": (cell_of(lambda c: SCALAR), "reads SCALAR, of the type ndarray,"),
    "tensor": (cell_of(lambda c: TENSOR), "reads the tensor TENSOR, which is no Parameter,"),
    "list in a tuple": (cell_of(lambda c: INSIDE[1][0]), "reads the list INSIDE, which holds it"),
    "default": (cell_of(with_default), "reads the list a default of "),
    "closure": (cell_of(closed([2.0])), "reads the list values"),
    "class attribute": (Listed, "reads the list Listed.values"),
    "attribute": (Owned, "reads the dict Owned.own"),
    "generator": (cell_of(lambda c: RNG.normal()), "draws from RNG"),
    "generator, thrown away": (cell_of(lambda c: 0 * RNG.normal() + 2.0), "draws from RNG"),
    "old generator": (cell_of(lambda c: OLD_RNG.normal()), "reads OLD_RNG.*, of the type RandomState,"),
    "random": (
        cell_of(lambda c: random.random()),
        "reads random.random, a method of it, of the type Random,",
    ),
    "numpy.random": (
        cell_of(lambda c: np.random.normal()),  # noqa: NPY002
        "reads np.random.normal.*, of the type RandomState,",
    ),
    "iterator": (cell_of(lambda c: next(COUNT)), "reads COUNT, of the type count,"),
    "time": (cell_of(lambda c: time.perf_counter()), "computes something else when it runs again"),
    "counter": (Counting, "computes something else when it runs again"),
    "rows": (Rows, "computes something else when it runs again.* or the number of rows"),
    "globals": (cell_of(lambda c: globals()["NUMBER"]), r"reads what globals\(\) returns"),
}


@pytest.mark.parametrize(("kind", "text"), REFUSED.values(), ids=REFUSED)
def test_what_could_not_be_followed_is_refused_with_its_line(kind: type[Small], text: str) -> None:
    with pytest.raises(ReadError, match=f"compose ({text})") as caught:
        trace(new(kind), np.float64)
    place = caught.value.place
    assert place.file == __file__
    assert str(place) in str(caught.value)
    late = "something else" in text  # known only where it is used
    source, first = inspect.getsourcelines(kind.compose if late else vars(kind)["factor"])
    assert first <= place.line < first + len(source)


def test_constants_and_what_is_only_handed_on_may_be_read() -> None:
    """Constants can't change, and dropout draws from its generator at each fold, not in compose."""

    class Mine(Small):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            k = CONSTANTS["list"][1][0] + CONSTANTS["array"][0]
            return mg.dropout(self.a * left.h, 0.5, RNG) + k * right.h

    found = tracing().find(new(Mine), np.float64)
    assert isinstance(found, Trace), getattr(found, "reason", "")
    assert "7.0" in str(formulas(found))


def test_another_constant_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    forms, cell = tracing(), new(cell_of(lambda c: CONSTANTS["list"][0]))
    first = forms.find(cell, np.float64)
    monkeypatch.setattr(HERE, "CONSTANTS", mg.constant({"list": [5.0]}))
    assert formulas(forms.find(cell, np.float64)) != formulas(first)


def test_a_constant_can_not_be_changed() -> None:
    given = {"list": [1, {2}], "array": np.zeros(2)}
    made = mg.constant(given)
    given["list"][0] = 5  # type: ignore[index]
    given["array"][0] = 5  # type: ignore[index]
    assert made["list"] == (1, frozenset({2}))
    assert made["array"].tolist() == [0, 0]
    for write in (lambda: made.update(a=1), lambda: made["array"].fill(1)):
        with pytest.raises((AttributeError, ValueError)):
            write()
    with pytest.raises(TypeError, match=r"constant: .* not <object"):
        mg.constant([object()])


def test_a_cell_that_was_refused_is_tried_again_when_that_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[Any] = []
    forms = Forms(lambda cell, dtype, reads: traced.append(1) or trace(cell, dtype, reads))
    cell = new(cell_of(lambda c: LIST[0]))
    for _ in range(3):
        assert isinstance(forms.find(cell, np.float64), Refusal)
    assert len(traced) == 1
    monkeypatch.setattr(HERE, "LIST", (2.0,))
    assert isinstance(forms.find(cell, np.float64), Trace)


def test_what_compose_changes_itself_is_no_reason_to_trace_again() -> None:
    """A refused cell runs as level, which changes its counter at each fold."""
    traced: list[Any] = []
    forms = Forms(lambda cell, dtype, reads: traced.append(1) or trace(cell, dtype, reads))
    cell = new(Counting)
    for _ in range(3):
        assert isinstance(forms.find(cell, np.float64), Refusal)
        cell.factor()
    assert len(traced) == 1


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")
def test_a_refused_cell_runs_as_level_with_a_warning_at_its_line() -> None:
    cell, trees = new(Counting), grow(PAIR)
    line = inspect.getsourcelines(Small.compose)[1] + 1
    with pytest.warns(mg.CompileWarning, match="runs with mode=.level.: compose computes something") as w:
        first = mg.fold(cell, trees, X, "compiled").h.data
    assert [(one.filename, one.lineno) for one in w] == [(__file__, line)]
    assert not np.array_equal(first, mg.fold(cell, trees, X, "compiled").h.data)


def test_what_runs_beside_compose_is_no_part_of_it() -> None:
    """The garbage collector may call functions of anybody's at any time; here it is started by compose."""

    def beside(phase: str, info: Any) -> None:
        calls.append(LIST[0])

    calls: list[float] = []
    cell = new(cell_of(lambda c: float(len([[] for _ in range(5000)]))))
    gc.callbacks.append(beside)
    try:
        trace(cell, np.float64)
    finally:
        gc.callbacks.remove(beside)
    assert gc.isenabled()


def test_a_profiler_goes_on_after_a_trace() -> None:
    events: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        events.append(event)

    sys.setprofile(note)
    try:
        trace(new(Base), np.float64)
        after = sys.getprofile()
    finally:
        sys.setprofile(None)
    assert after is note


# -- compiled for real ------------------------------------------------------------------------------------


@pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")
def test_compiled_equals_level_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, trees = new(cell_of(lambda c: NUMBER)), grow(PAIR)
    for number in (2.0, -3.0, 2.0):
        monkeypatch.setattr(HERE, "NUMBER", number)
        level, compiled = (mg.fold(cell, trees, X, mode).h.data for mode in ("level", "compiled"))
        np.testing.assert_allclose(compiled, level, rtol=1e-12)
