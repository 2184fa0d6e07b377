"""The engine of the tour's first chapter beside minigrad: two implementations that share no code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import tiny

SOURCE = Path(tiny.__file__).read_text(encoding="utf-8")
SHAPES = [(2, 3), (3, 2), (3, 3), (1, 3), (2, 1), (1, 1), (0, 3), (0, 1), (), (1,), (3,), (2, 1, 3)]

# A program is a list of steps on two earlier values; `exp`, `log` and `sum` use the first. The second is the
# next one that fits; a step that fits none is skipped.
Step = tuple[str, int, int]
OPS = ["matmul", "add", "mul", "exp", "log", "sum"]
STEPS = st.tuples(st.sampled_from(OPS), st.integers(0, 9), st.integers(0, 9))


def _applies(op: str, a: np.ndarray, b: np.ndarray) -> bool:
    if op in ("add", "mul"):
        try:
            np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            return False
    if op == "matmul":
        return a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0]
    if op == "exp":
        return not a.size or bool(a.max() < 3)
    if op == "log":
        return not a.size or bool(a.min() > 0.05)
    return True


FUNCTIONS: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "tiny": {"sum": lambda a, b: a.sum(), "exp": lambda a, b: a.exp(), "log": lambda a, b: a.log()},
    "minigrad": {"sum": lambda a, b: mg.sum(a), "exp": lambda a, b: mg.exp(a), "log": lambda a, b: mg.log(a)},
}
for functions in FUNCTIONS.values():
    functions |= {"add": lambda a, b: a + b, "mul": lambda a, b: a * b, "matmul": lambda a, b: a @ b}


def _run(program: list[Step], leaves: list[Any], functions: dict[str, Callable[[Any, Any], Any]]) -> Any:
    """Run a program and add up all that it computed, so that every value has a gradient."""
    values = list(leaves)
    for op, i, j in program:
        a, n = values[i % len(values)], len(values)
        partners = [values[(j + k) % n] for k in range(n)]
        fitting = [b for b in partners if _applies(op, a.data, b.data)]
        if fitting:
            values.append(functions[op](a, fitting[0]))
    total = functions["sum"](values[0], None)
    for value in values[1:]:
        total = total + functions["sum"](value, None) * 0.5
    return total


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
    program=st.lists(
        st.tuples(st.sampled_from(OPS), st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=8
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_program_has_the_values_and_gradients_of_minigrad(
    shapes: list[tuple[int, ...]], program: list[Step], seed: int
) -> None:
    _compare(program, shapes, seed)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("m", [0, 1, 3])
def test_products_of_matrices_of_any_height_and_width(n: int, k: int, m: int) -> None:
    _compare([("matmul", 0, 1), ("exp", 2, 0)], [(n, k), (k, m)], seed=0)


def _compare(program: list[Step], shapes: list[tuple[int, ...]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-1.5, 1.5, shape) for shape in shapes]
    ours = [tiny.Value(array) for array in arrays]
    theirs = [mg.tensor(array, requires_grad=True) for array in arrays]
    small, large = _run(program, ours, FUNCTIONS["tiny"]), _run(program, theirs, FUNCTIONS["minigrad"])
    np.testing.assert_allclose(small.data, large.data, rtol=1e-12)
    small.backward()
    large.backward()
    for a, b in zip(ours, theirs, strict=True):
        expected = np.asarray(b.grad)
        assert a.grad.shape == expected.shape
        np.testing.assert_allclose(a.grad, expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max(initial=0))


def test_backward_again_gives_the_same_and_not_the_double() -> None:
    a = tiny.Value(3.0)
    c = (a + a) * a
    c.backward()
    c.backward()
    assert repr(a) == "Value(3.0, grad=12.0)"


def test_a_long_chain_needs_no_recursion() -> None:
    x = y = tiny.Value(1.0)
    for _ in range(5_000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0


def test_doubling_is_linear_though_its_paths_are_exponentially_many() -> None:
    x = y = tiny.Value(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


@pytest.mark.parametrize("shape", [(2,), (0, 3)])
def test_backward_starts_from_one_number(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"one number, not from shape .*use \.sum\(\)"):
        tiny.Value(np.zeros(shape)).backward()


def test_a_product_of_a_vector_is_refused_since_its_vjp_would_be_wrong() -> None:
    with pytest.raises(ValueError, match=r"two matrices, not shapes \(3,\) and \(3, 1\)"):
        np.ones(3) @ tiny.Value(np.ones((3, 1)))


def test_it_is_a_hundred_lines_that_need_numpy_alone() -> None:
    assert len(SOURCE.splitlines()) <= 100
    imports = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {str(name).split(".")[0] for name in names} <= {"numpy", *sys.stdlib_module_names}
