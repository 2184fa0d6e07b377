"""The singular values of ∂p_root/∂p_node, against finite differences of the root's vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models

TREES = ("(0 (0 (0 a) (0 (0 b) (0 c))) (0 a))", "(0 (0 b) (0 c))", "(0 a)")


def classifier(kind: str = "RLSTM", D: int = 3) -> tuple[models.TreeClassifier, models.Forest]:
    trees = [models.Tree.parse(text) for text in TREES]
    if kind in models.CHAIN_CELLS:
        trees = [models.Tree.parse(text) for text in ("(0 (0 (0 a) (0 b)) (0 c))", "(0 (0 b) (0 a))")]
    forest = models.Forest(trees)
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.cell(kind)(D, rng), forest.vocabulary, 2, rng)
    model.astype(np.float64)
    model.L.data[:] = rng.normal(size=model.L.shape)
    return model, forest


def differences(model: models.TreeClassifier, forest: models.Forest, leaf: int, tree: int) -> Any:
    """Return ∂p_root/∂x of a leaf by central differences, (D, D)."""
    vectors, columns = model.L.data[model.words(forest)], []
    for d in range(vectors.shape[1]):
        ends = []
        for step in (1e-6, -1e-6):
            moved = vectors.copy()
            moved[leaf, d] += step
            ends.append(mg.fold(model.cell, forest, moved, "level")["h"].data[forest.root[tree]])
        columns.append((ends[0] - ends[1]) / 2e-6)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("kind", ["RNN", "RLSTM", "Elman"])
def test_like_finite_differences_at_every_leaf_of_every_tree(kind: str) -> None:
    model, forest = classifier(kind)
    found = models.path_jacobians(model, forest)
    assert found.shape == (forest.n_nodes, 3)
    for leaf, row in enumerate(forest.leaves):
        tree = int(np.searchsorted(forest.root, row))
        expected = np.linalg.svd(differences(model, forest, leaf, tree), compute_uv=False)
        np.testing.assert_allclose(found[row], expected, rtol=1e-6, atol=1e-9)


def test_at_the_root_all_directions_arrive_and_one_step_below_those_of_the_cell() -> None:
    model, forest = classifier("RNN")
    found = models.path_jacobians(model, forest)
    np.testing.assert_allclose(found[forest.root], np.ones((3, 3)), rtol=1e-14)
    root = forest.root[0]
    h = mg.fold(model.cell, forest, model.L.data[model.words(forest)], "level").h.data
    step = (1 - h[root] ** 2)[:, None] * model.cell.W1.data  # p = tanh(W1 x + W2 y + b)
    np.testing.assert_allclose(found[forest.left[root]], np.linalg.svd(step, compute_uv=False), rtol=1e-12)


def test_modes_and_rows_at_a_time_agree_and_nothing_of_the_model_changes() -> None:
    model, forest = classifier()
    model.train()
    before = {name: p.data.copy() for name, p in model.named_parameters()}
    found = models.path_jacobians(model, forest)
    for options in ({"mode": "node"}, {"rows": 2}):
        np.testing.assert_allclose(models.path_jacobians(model, forest, **options), found, rtol=1e-12)
    assert model.training
    for name, parameter in model.named_parameters():
        assert parameter.grad is None
        np.testing.assert_array_equal(parameter.data, before[name])


def test_encoders_and_unknown_words_are_refused() -> None:
    model, forest = classifier()
    other = models.Forest([models.Tree.parse("(0 (0 new) (0 a))")])
    with pytest.raises(models.VocabularyError, match="new"):
        models.path_jacobians(model, other)
    rng = np.random.default_rng(0)
    encoder = models.Bidirectional(4, rng)
    both = models.TreeClassifier(encoder, forest.vocabulary, 2, rng)
    with pytest.raises(TypeError, match="not a Bidirectional"):
        models.path_jacobians(both, forest)
