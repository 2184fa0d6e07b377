"""Cells that compute along their rows are compiled, and give what mode node gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.passes import PASSES
from minigrad.fold.compiler.run import compile_with, compiled
from tests.minigrad.fold_contract.forests import FIXED, PAIR, Trees, grow
from tests.minigrad.fold_contract.reference import TOLERANCE, Arrays, Case, close, dense
from tests.minigrad.random_cells import RandomCell
from tests.minigrad.row_cells import ROW_CELLS

TREES = grow(None, (PAIR, PAIR), None, (None, PAIR), ((PAIR, None), (None, (None, PAIR))))


def check(case: Case, tolerance: float) -> None:
    assert isinstance(compiled(case.cell, case.L.dtype), CompiledCell)
    for got, expected in zip(case.fold("compiled"), case.fold("node"), strict=True):
        close(got, expected, tolerance)


@pytest.mark.parametrize("kind", ROW_CELLS.values(), ids=ROW_CELLS)
def test_compiled_equals_node(kind: Any) -> None:
    check(Case(kind, TREES), 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ROW_CELLS.values(), ids=ROW_CELLS)
@pytest.mark.parametrize("trees", FIXED.values(), ids=FIXED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_compiled_equals_node_in_all_forests(kind: Any, trees: Trees, dtype: Any) -> None:
    check(Case(kind, trees, dtype, seed=1), TOLERANCE[dtype])


@pytest.mark.parametrize("kind", ROW_CELLS.values(), ids=ROW_CELLS)
def test_the_numpy_text_computes_the_same(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(kind, TREES)
    code = compiled(case.cell, np.dtype(np.float64))
    assert isinstance(code, CompiledCell)
    monkeypatch.setattr(code, "addresses", ())
    for got, expected in zip(case.fold("compiled"), case.fold("level"), strict=True):
        close(got, expected, 1e-12)


def _lists_of_passes() -> list[Any]:
    prefixes = [pytest.param(PASSES[:k], id=f"{k} passes") for k in range(len(PASSES) + 1)]
    return prefixes + [
        pytest.param([p for p in PASSES if p is not each], id=f"without {each.__name__}") for each in PASSES
    ]


@pytest.mark.slow
@pytest.mark.parametrize("chosen", _lists_of_passes())
@pytest.mark.parametrize("kind", ROW_CELLS.values(), ids=ROW_CELLS)
def test_every_prefix_of_the_passes_is_right(kind: Any, chosen: Sequence[Any]) -> None:
    case = Case(kind, TREES)
    compile_with(case.cell, np.dtype(np.float64), chosen)
    check(case, 1e-12)


def fold(cell: Any, trees: Trees, mode: str) -> tuple[Arrays, Arrays]:
    """Return the states, and the gradients of a loss that weighs each of their elements."""
    rng = np.random.default_rng(len(trees.left))
    leaves = mg.tensor(rng.normal(size=(trees.n_leaves, cell.parts[0].width)), requires_grad=True)
    cell.zero_grad()
    cell.generator = np.random.default_rng(7)
    states = mg.fold(cell, trees, leaves, mode)
    losses = [mg.sum(rng.normal(size=states[p.name].shape) * states[p.name]) for p in cell.parts]
    (losses[0] + losses[1]).backward()
    gradients = {name: dense(p) for name, p in cell.named_parameters()} | {"leaves": dense(leaves)}
    return {p.name: states[p.name].data for p in cell.parts}, gradients


def _check_random_cell(seed: int, computed: bool = True) -> int:
    """Return how many pairs of parameters have butterflies."""
    rng = np.random.default_rng([20261127, seed])
    drawn = RandomCell(rng, computed)
    cell = drawn.cell(rng)
    code = compiled(cell, np.dtype(np.float64))
    assert isinstance(code, CompiledCell), f"{code.reason}\n{drawn.text}"
    for got, expected in zip(fold(cell, TREES, "compiled"), fold(cell, TREES, "node"), strict=True):
        try:
            close(got, expected, 1e-11)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{drawn.text}") from None
    return len(code.trace.butterflies)


@pytest.mark.parametrize("seed", range(6))
def test_random_cells(seed: int) -> None:
    _check_random_cell(seed)


def test_random_cells_whose_operands_swap() -> None:
    assert sum(_check_random_cell(seed, computed=False) for seed in range(1000, 1005)) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1005, 1200, 24))
def test_more_random_cells_whose_operands_swap(start: int) -> None:
    assert sum(_check_random_cell(seed, computed=False) for seed in range(start, start + 24)) >= 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 300))
def test_more_random_cells(seed: int) -> None:
    _check_random_cell(seed)
