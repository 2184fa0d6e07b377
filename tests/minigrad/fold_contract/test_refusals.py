from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.context import Context, thread
from models.forest import Forest
from models.tree import Tree
from tests.minigrad.fold_contract.cells import E, Memory, Simple
from tests.minigrad.fold_contract.forests import PAIR, Trees, grow

X = np.random.default_rng(0).normal(size=(4, E))
TWO_PAIRS = Forest([Tree.parse("(1 (1 very) (1 good))"), Tree.parse("(1 (1 not) (1 bad))")])


@pytest.fixture(autouse=True)
def _no_trace_is_left() -> Any:
    yield
    assert type(thread.state.context) is Context
    assert thread.state.meta.scope is None
    cell = Simple(np.random.default_rng(0))
    assert np.isfinite(mg.fold(cell, TWO_PAIRS, X).h.data).all()


def composing(rule: Callable[[Simple, Any, Any], Any], base: type = Simple) -> Any:
    class Cell(base):  # type: ignore[misc]
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return rule(self, left, right)

    return Cell(np.random.default_rng(0))


CONTROL_FLOW = {
    "if": lambda cell, x, y: x.h if x.h.sum() > 0 else y.h,
    "while": lambda cell, x, y: next(iter(y.h for _ in iter(lambda: bool(x.h[0, 0]), False))),
    "float": lambda cell, x, y: x.h * float(x.h.sum()),
    "int": lambda cell, x, y: x.h * int(x.h.sum()),
    "item": lambda cell, x, y: x.h * x.h.sum().item(),
    "not": lambda cell, x, y: x.h * (not x.h.sum()),
    "and": lambda cell, x, y: x.h.sum() and y.h,
    "parameter": lambda cell, x, y: x.h if cell.b.sum() < 0 else y.h,
}


@pytest.mark.parametrize("rule", CONTROL_FLOW.values(), ids=CONTROL_FLOW)
def test_control_flow_on_values_is_refused(rule: Any, mode: str) -> None:
    with pytest.raises(mg.GraphError, match=r"compose may not use .*mg\.where"):
        mg.fold(composing(rule), TWO_PAIRS, X, mode)


def write(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
    with mg.no_grad():
        cell.b[0] = 1.0
    return x.h


def copy(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
    with mg.no_grad():
        cell.W1.copy_(np.zeros((E, E)))
    return x.h


def write_state(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
    x.h[...] = 0
    return x.h


def add_in_place_to_a_constant(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
    mg.tensor(np.zeros(E))[0] = 1.0
    return x.h


@pytest.mark.parametrize("rule", [write, copy, write_state, add_in_place_to_a_constant])
def test_an_in_place_change_is_refused_and_not_made(rule: Any, mode: str) -> None:
    cell = composing(rule)
    before = cell.state_dict()
    with pytest.raises(mg.GraphError, match="compose may not use an in-place change"):
        mg.fold(cell, TWO_PAIRS, X, mode)
    assert all(np.array_equal(before[name], p.data) for name, p in cell.named_parameters())


@pytest.mark.parametrize(
    ("rule", "base", "error", "text"),
    [
        (lambda c, x, y: {"g": x.h}, Simple, ValueError, "Cell returned the parts g; the cell declares h"),
        (lambda c, x, y: {"h": x.h}, Memory, ValueError, "returned the parts h; the cell declares h, c"),
        (lambda c, x, y: x.h, Memory, ValueError, "returned the parts h; the cell declares h, c"),
        (lambda c, x, y: x.h[0], Simple, mg.ShapeError, r"part 'h' is float64 \(3,\) and should be float64"),
        (lambda c, x, y: mg.sum(x.h, 1, True), Simple, mg.ShapeError, r"part 'h' is float64 \(\d, 1\)"),
        (lambda c, x, y: np.zeros(x.h.shape, np.float32), Simple, mg.ShapeError, "is float32 .* be float64"),
        (lambda c, x, y: None, Simple, TypeError, "Cell returned nothing; it should end with `return h`"),
        (lambda c, x, y: None, Memory, TypeError, 'nothing; .* `return {"h": h, "c": c}`'),
        (lambda c, x, y: (x.h, x.c), Memory, TypeError, 'returned a tuple; .* `return {"h": h, "c": c}`'),
        (lambda c, x, y: [x.h], Simple, TypeError, "returned a list; it should end with `return h`"),
        (lambda c, x, y: {}, Simple, ValueError, "returned no parts; the cell declares h"),
        (mg.Cell.compose, Simple, NotImplementedError, r"Cell has no compose\(self, left, right\)"),
        (lambda c, x, y: x.d, Simple, AttributeError, "this child has no part 'd'; its cell declares h"),
    ],
)
def test_what_compose_returns_is_checked(rule: Any, base: Any, error: Any, text: str, mode: str) -> None:
    with pytest.raises(error, match=text):
        mg.fold(composing(rule, base), TWO_PAIRS, X, mode)


@pytest.mark.parametrize("describe", [mg.explain_fold, mg.fold_source])
def test_a_cell_is_described_as_it_would_be_run(describe: Any) -> None:
    for rule, error, text in (
        (lambda c, x, y: None, TypeError, "Cell returned nothing"),
        (lambda c, x, y: {"g": x.h}, ValueError, "Cell returned the parts g; the cell declares h"),
    ):
        with pytest.raises(error, match=text):
            describe(composing(rule))


@pytest.mark.parametrize("describe", [mg.explain_fold, mg.fold_source])
def test_a_cell_is_described_in_the_dtype_of_its_parameters(describe: Any, capsys: Any) -> None:
    cell = Simple(np.random.default_rng(0))  # float64
    assert "Simple, float64" in (describe(cell) or capsys.readouterr().out)
    text = r"W1 of Simple is float64, not float32; leave dtype out, or .* cell\.astype\(np\.float32\)"
    with pytest.raises(TypeError, match=text):
        describe(cell, np.float32)
    cell.b = mg.nn.Parameter(cell.b.data.astype(np.float32))
    with pytest.raises(TypeError, match=r"b of Simple is float32, not float64; convert the cell"):
        describe(cell)
    assert "Simple, float32" in (describe(cell.astype(np.float32)) or capsys.readouterr().out)


def test_a_shape_error_in_compose_names_op_shapes_and_tree_node(mode: str) -> None:
    cell = composing(lambda c, x, y: x.h @ mg.tensor(np.zeros((2, 2))))
    text = r"^matmul in .*\(\d, 3\), .*\(2, 2\) do not fit.*rule is"
    with pytest.raises(mg.ShapeError, match=text) as caught:
        mg.fold(cell, TWO_PAIRS, X, mode)
    assert "node 3 of tree 1, 'very good'" in str(caught.value)
    if mode == "level":
        assert "in level 1, 2 nodes from node 3 of tree 1" in str(caught.value)


def test_a_wrong_result_names_the_tree_node(mode: str) -> None:
    with pytest.raises(mg.ShapeError, match=r"compose of Cell in .*node 3 of tree 1, 'very good'"):
        mg.fold(composing(lambda c, x, y: x.h[0]), TWO_PAIRS, X, mode)


def test_bare_arrays_are_named_by_row(mode: str) -> None:
    with pytest.raises(mg.ShapeError, match=r"matmul in node 2: "):
        mg.fold(composing(lambda c, x, y: x.h @ np.zeros((2, 2))), grow(PAIR), X[:2], mode)


def test_an_error_of_the_cell_s_own_passes_through(mode: str) -> None:
    def fail(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        mg.fold(composing(fail), TWO_PAIRS, X, mode)


@pytest.mark.parametrize("shape", [(3, E), (5, E), (4, E + 1), (4,), (4, E, 1)])
def test_leaves_of_a_wrong_shape_are_refused(shape: tuple[int, ...], mode: str) -> None:
    with pytest.raises(mg.ShapeError, match=r"leaves \(.*\) for 4 leaves of width 3, as part 'h' of Simple"):
        mg.fold(Simple(np.random.default_rng(0)), TWO_PAIRS, np.zeros(shape), mode)


def test_an_unknown_mode_is_named_with_those_there_are(mode: str) -> None:
    with pytest.raises(ValueError, match=f"there is no mode 'levels'; choose one of .*{mode}"):
        mg.fold(Simple(np.random.default_rng(0)), TWO_PAIRS, X, "levels")


@pytest.mark.parametrize(
    ("width", "leaf", "error", "text"),
    [
        ("a", "vector", TypeError, "the width of part 'h' is an integer, not 'a'"),
        (2.5, "vector", TypeError, "the width of part 'h' is an integer, not 2.5"),
        (True, "vector", TypeError, "the width of part 'h' is an integer, not True"),
        (0, "vector", ValueError, "the width of part 'h' is at least 1, not 0"),
        (3, "word", ValueError, "part 'h' is 'vector' or 'zero' at a leaf, not 'word'"),
    ],
)
def test_a_part_is_checked_when_it_is_declared(width: Any, leaf: str, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        mg.Part("h", width, leaf)


def test_what_is_no_cell_or_no_forest_is_refused(mode: str) -> None:
    with pytest.raises(TypeError, match=r"a cell is an instance of minigrad\.Cell, not None"):
        mg.fold(None, TWO_PAIRS, X, mode)  # type: ignore[arg-type]
    cell = Simple(np.random.default_rng(0))
    for forest in (None, [Tree.parse("(1 (1 very) (1 good))")]):
        with pytest.raises(TypeError, match=r"forest has arrays left, right and height, .*; not (None|list)"):
            mg.fold(cell, forest, X, mode)  # type: ignore[arg-type]


def test_values_may_be_used_again_after_the_fold(mode: str) -> None:
    states = mg.fold(Simple(np.random.default_rng(0)), TWO_PAIRS, X, mode)
    assert float(states.h[2].sum()) == states.h.data[2].sum()
    assert states.h[2].sum().item() != 0


def test_a_forest_without_inner_nodes_never_composes(mode: str) -> None:
    def fail(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
        raise AssertionError

    trees: Trees = grow(None, None)
    states = mg.fold(composing(fail), trees, X[:2], mode)
    np.testing.assert_array_equal(states.h.data, X[:2])


def test_a_fold_inside_compose_is_a_fold_of_its_own(mode: str) -> None:
    inner = Simple(np.random.default_rng(1))
    bias = mg.fold(inner, grow(PAIR), X[:2], mode).h.data[2]

    def nested(cell: Simple, x: mg.Child, y: mg.Child) -> Any:
        return x.h + y.h + mg.fold(inner, grow(PAIR), X[:2], mode).h[2]

    states = mg.fold(composing(nested), TWO_PAIRS, X, mode)
    np.testing.assert_allclose(states.h.data[[2, 5]], [X[0] + X[1] + bias, X[2] + X[3] + bias], rtol=1e-12)
