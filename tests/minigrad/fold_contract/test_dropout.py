from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from tests.minigrad.fold_contract.cells import ContractCell, E
from tests.minigrad.fold_contract.forests import FIXED, PAIR, Trees, grow
from tests.minigrad.fold_contract.reference import Case, close, dense, derivatives, recursion

shapes = pytest.mark.parametrize("trees", FIXED.values(), ids=FIXED)


class Dropped(ContractCell):
    """Three dropouts in one compose; `first` and `last` show the masks that `h` is multiplied by."""

    parts = (mg.Part("h", E), mg.Part("first", E, leaf="zero"), mg.Part("last", E, leaf="zero"))
    shapes = {"W1": (E, E), "W2": (E, E)}  # noqa: RUF012
    generator: Any = None

    def compose(self, left: mg.Child, right: mg.Child) -> dict[str, mg.Tensor]:
        ones = np.ones(left.h.shape, left.h.dtype)
        first = mg.dropout(ones, 0.5, self.generator)
        h = mg.tanh(left.h @ self.W1.T + mg.dropout(right.h @ self.W2.T, 0.0, self.generator))
        last = mg.dropout(ones, 0.25, self.generator)
        return {"h": mg.dropout(h * first * last, 0.0, self.generator), "first": first, "last": last}


def seeded(trees: Trees, seed: int = 3) -> Case:
    case = Case(Dropped, trees)
    case.cell.generator = np.random.default_rng(seed)
    return case


def composed(trees: Trees) -> list[int]:
    """Inner nodes in the order in which `recursion` composes them."""
    order: list[int] = []

    def visit(row: int) -> None:
        if trees.left[row] >= 0:
            visit(trees.left[row])
            visit(trees.right[row])
            order.append(row)

    for root in trees.roots:
        visit(root)
    return order


@shapes
def test_all_modes_draw_the_same_masks_from_the_same_seed(trees: Trees, mode: str) -> None:
    for got, expected in zip(seeded(trees).fold(mode), seeded(trees).fold("node"), strict=True):
        close(got, expected, 1e-12)


@shapes
def test_all_modes_leave_the_generator_in_the_same_state(trees: Trees, mode: str) -> None:
    one, other = seeded(trees), seeded(trees)
    one.fold(mode)
    other.fold("node")
    assert one.cell.generator.random() == other.cell.generator.random()


def test_nodes_have_masks_of_their_own_and_folds_have_new_ones(mode: str) -> None:
    trees = grow(*[PAIR] * 50)
    case = seeded(trees)
    inner = trees.left >= 0
    values, _ = case.fold(mode)
    first, last = values["first"][inner], values["last"][inner]
    assert set(np.unique(first)) == {0, 2}
    assert set(np.unique(last)) == {0, 4 / 3}
    assert len(np.unique(first, axis=0)) == 2**E
    assert 0.3 < (first == 0).mean() < 0.7
    assert 0.15 < (last == 0).mean() < 0.35
    assert ((first > 0) & (last == 0)).any(), "each dropout of compose has a mask of its own"
    assert not np.array_equal(first, case.fold(mode)[0]["first"][inner])


@shapes
def test_the_gradient_is_that_of_the_function_with_its_masks_held(trees: Trees, mode: str) -> None:
    case = seeded(trees).root_only()
    leaves = mg.tensor(case.L[case.words], requires_grad=True)
    states = mg.fold(case.cell, trees, leaves, mode)
    mg.sum(case.weights["h"] * states.h).backward()
    masks = (states.first.data * states.last.data)[composed(trees)]

    def loss(at: Any) -> Any:
        upcoming = iter(masks)

        class Held(Dropped):
            @staticmethod
            def reference(P: Any, x: Any, y: Any) -> Any:
                return {"h": np.tanh(P["W1"] @ x["h"] + P["W2"] @ y["h"]) * next(upcoming)}

        held = Held(np.random.default_rng(0))
        return (case.weights["h"] * recursion(held, trees, at["leaves"], at)["h"]).sum()

    expected = derivatives(loss, {**case.parameters(), "leaves": leaves.data})
    got = {name: dense(p) for name, p in case.cell.named_parameters()} | {"leaves": dense(leaves)}
    close(got, expected, 1e-12)


def test_a_missing_generator_is_a_type_error(mode: str) -> None:
    case = Case(Dropped, grow(PAIR))
    with pytest.raises(TypeError, match=r"dropout: rng is a numpy\.random\.Generator, not None"):
        case.fold(mode)


def test_a_probability_outside_its_range_is_refused(mode: str) -> None:
    class Certain(Dropped):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return {"h": mg.dropout(left.h, 1.0, np.random.default_rng(0))}

    with pytest.raises(ValueError, match=r"p is a probability in \[0, 1\), not 1.0"):
        Case(Certain, grow(PAIR)).fold(mode)


def test_dropout_of_what_is_not_one_row_per_node_is_refused(mode: str) -> None:
    class Weights(Dropped):
        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return {"h": left.h @ mg.dropout(self.W1, 0.5, np.random.default_rng(0))}

    with pytest.raises(mg.ShapeError, match="row per node"):
        Case(Weights, grow(PAIR, PAIR)).fold(mode)
