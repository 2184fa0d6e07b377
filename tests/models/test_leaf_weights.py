"""Separate matrices for leaves: each row meets the matrix of its kind, in values and in gradients."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
import models
from models.cells import RLSTM, RNN
from models.forest import Forest
from models.tree import Tree

D = 4
FOREST = Forest([Tree.parse("(0 (0 (0 a) (0 b)) (0 (0 c) (0 (0 d) (0 a))))"), Tree.parse("(0 b)")])
CELLS = pytest.mark.parametrize("kind", [RNN, RLSTM])


def _cell(kind, leaf_weights, seed=0):
    rng = np.random.default_rng(seed)
    made = kind(D, rng, dtype=np.float64, leaf_weights=leaf_weights)
    for parameter in made.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.7
    return made


def _run(cell, mode, seed=1):
    rng = np.random.default_rng(seed)
    leaves = mg.tensor(rng.normal(size=(len(FOREST.leaves), D)), requires_grad=True)
    states = mg.fold(cell, FOREST, leaves, mode)
    mg.sum(rng.normal(size=(FOREST.n_nodes, D)) * states.h).backward()
    return states, leaves


def _shared_values_of(shared):
    values = {}
    for name, array in shared.state_dict().items():
        if name.startswith("W") and not name.startswith(("Wci", "Wcf", "Wco")):
            values[f"{name}.inner"] = values[f"{name}.leaf"] = array
        else:
            values[name] = array
    return values


@CELLS
@pytest.mark.parametrize("mode", ["node", "level"])
def test_with_equal_matrices_it_is_the_shared_cell(kind, mode):
    shared, separate = _cell(kind, "shared"), _cell(kind, "separate")
    separate.load_state_dict(_shared_values_of(shared))
    (states, leaves), (ours, our_leaves) = _run(shared, mode), _run(separate, mode)
    np.testing.assert_allclose(ours.h.data, states.h.data, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(our_leaves.grad, leaves.grad, rtol=1e-12, atol=1e-15)
    for name, parameter in shared.named_parameters():
        parts = dict(separate.named_parameters())
        pair = [parts[f"{name}.{end}"] for end in ("inner", "leaf") if f"{name}.{end}" in parts]
        gradient = sum(p.grad for p in pair) if pair else parts[name].grad
        np.testing.assert_allclose(gradient, parameter.grad, rtol=1e-12, atol=1e-15, err_msg=name)


def test_a_child_meets_the_matrix_of_its_kind():
    cell = _cell(RNN, "separate")
    states, _ = _run(cell, "level")
    p, h = cell.state_dict(), states.h.data
    for row in FOREST.inner:
        a = p["b"].copy()
        for side, child in (("W1", FOREST.left[row]), ("W2", FOREST.right[row])):
            a += p[f"{side}.leaf" if FOREST.left[child] < 0 else f"{side}.inner"] @ h[child]
        np.testing.assert_allclose(h[row], np.tanh(a), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [RNN, RLSTM])
def test_compiled_it_is_the_same(kind):
    cell = _cell(kind, "separate")
    states, leaves = _run(cell, "node")
    expected = {name: p.grad for name, p in cell.named_parameters()}
    cell.zero_grad()
    ours, our_leaves = _run(cell, "compiled")
    for a, b in [(ours.h.data, states.h.data), (ours.h.grad, states.h.grad), (our_leaves.grad, leaves.grad)]:
        assert np.abs(a - b).max() <= 1e-12 * np.abs(b).max()
    for name, parameter in cell.named_parameters():
        assert np.abs(parameter.grad - expected[name]).max() <= 1e-12 * np.abs(expected[name]).max(), name


@CELLS
def test_it_is_saved_and_loaded(kind, tmp_path):
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(_cell(kind, "separate"), FOREST.vocabulary, 3, rng)
    loaded = models.load(models.save(tmp_path / "model.npz", model))
    assert loaded.cell.leaf_weights == "separate"
    assert all(np.array_equal(a, loaded.state_dict()[name]) for name, a in model.state_dict().items())


@CELLS
def test_a_model_saved_before_there_was_a_choice_has_shared_weights(kind, tmp_path):
    model = models.TreeClassifier(_cell(kind, "shared"), FOREST.vocabulary, 3, np.random.default_rng(0))
    del model.cell.settings["leaf_weights"]
    assert models.load(models.save(tmp_path / "model.npz", model)).cell.leaf_weights == "shared"


@CELLS
def test_leaves_start_in_the_range_of_inner_nodes(kind):
    cell = kind(30, np.random.default_rng(0), leaf_weights="separate")
    pairs = {name[:-5]: parameter for name, parameter in cell.named_parameters() if name.endswith(".leaf")}
    expected = "W1 W2" if kind is RNN else "Wc1 Wc2 Wf1 Wf2 Wi1 Wi2 Wo1 Wo2"
    assert sorted(pairs) == expected.split()
    for name, leaf in pairs.items():
        inner = dict(cell.named_parameters())[f"{name}.inner"]
        assert np.abs(leaf.data).max() == pytest.approx(np.abs(inner.data).max(), rel=0.02)
        assert not np.array_equal(leaf.data, inner.data)


@CELLS
def test_a_choice_that_is_none_is_refused(kind):
    with pytest.raises(ValueError, match="leaf_weights is one of shared, separate, not 'own'"):
        kind(3, np.random.default_rng(0), leaf_weights="own")
