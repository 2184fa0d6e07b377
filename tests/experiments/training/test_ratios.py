"""The gradient ratio is the paper's, computed independently."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.paper import data
from experiments.training.ratios import DEFINITIONS, RatioWatcher, gradient_ratios
from experiments.training.watcher import Epoch


def _model(forest_seed=0, n=40, cell=models.RNN, lengths=(4, 9), D=4):
    rng = np.random.default_rng(forest_seed)
    forest = data.sentences(rng, n, lengths)
    model = models.TreeClassifier(cell(D, rng, dtype=np.float64), data.VOCABULARY, data.CLASSES, rng)
    model.L.data[:] = rng.uniform(-0.3, 0.3, model.L.shape)
    return model, forest


def test_ratio_of_an_rnn_is_the_product_of_its_jacobians():
    model, forest = _model()
    loss, states = model.loss(forest, "level")
    loss.backward()
    depths, ratios = gradient_ratios(forest, states, data.keyword_rows)
    h, cell = states.h.data, model.cell
    for tree, (depth, ratio) in enumerate(zip(depths, ratios, strict=True)):
        row = data.keyword_rows(forest)[tree]
        path = []
        while forest.parent[row] >= 0:
            path.append(row)
            row = forest.parent[row]
        root_error = states.h.grad[row]
        error = root_error
        for child in reversed(path):  # ∂J/∂child = Wᵀ (1 − p²) ∂J/∂parent
            parent = forest.parent[child]
            W = cell.W1.data if forest.left[parent] == child else cell.W2.data
            error = W.T @ ((1 - h[parent] ** 2) * error)
        assert len(path) == depth
        assert ratio == pytest.approx(np.linalg.norm(error) / np.linalg.norm(root_error), rel=1e-12)


def _loss_of_root(model, h, label):
    z = model.Ws.data @ h + model.bs.data
    return np.log(np.exp(z - z.max()).sum()) + z.max() - z[label]


def _difference_quotients(f, at, step=1e-6):
    """Central differences of f at a vector, element by element."""
    units = step * np.eye(len(at))
    return np.array([(f(at + unit) - f(at - unit)) / (2 * step) for unit in units])


def _value(cell, node, left, right, states):
    """The paper's equations for one inner node, on (h, c) pairs; an RNN has no c."""
    p = {name: parameter.data for name, parameter in cell.named_parameters()}
    (x, cx), (y, cy) = states[left[node]], states[right[node]]
    if isinstance(cell, models.RNN):
        a = p["W1"] @ x + p["W2"] @ y + p["b"]
        return np.tanh(a), cx
    gate = lambda g, u, cu, v, cv: 1 / (1 + np.exp(-(  # noqa: E731
        p[f"W{g}1"] @ u + p[f"W{g}2"] @ v + p[f"Wc{g}1"] @ cu + p[f"Wc{g}2"] @ cv + p[f"b{g}"])))  # fmt: skip
    i1, i2 = gate("i", x, cx, y, cy), gate("i", y, cy, x, cx)
    f1, f2 = gate("f", x, cx, y, cy), gate("f", y, cy, x, cx)
    c = f1 * cx + f2 * cy + np.tanh((p["Wc1"] @ x) * i1 + (p["Wc2"] @ y) * i2 + p["bc"])
    o = 1 / (1 + np.exp(-(p["Wo1"] @ x + p["Wo2"] @ y + p["Wco"] @ c + p["bo"])))
    return o * np.tanh(c), c


def _loss_given(model, forest, row, state):
    """The loss of the only tree of a forest, if a node's state is replaced by (h, c)."""
    states = {}
    for node in range(forest.n_nodes):
        if node == row:
            states[node] = state
        elif forest.left[node] < 0:
            h = model.L.data[forest.word[node]]
            states[node] = h, np.zeros_like(h)
        else:
            states[node] = _value(model.cell, node, forest.left, forest.right, states)
    return _loss_of_root(model, states[forest.n_nodes - 1][0], forest.label[forest.n_nodes - 1])


def _states(model, forest):
    loss, states = model.loss(forest, "node")
    loss.backward()
    return states


@pytest.mark.parametrize("cell", [models.RNN, models.RLSTM])
def test_ratios_are_those_of_finite_differences_of_the_loss(cell):
    model, forest = _model(cell=cell)
    for weight in model.cell.parameters():
        weight.data *= 3  # so that all of it counts
    for number in (0, 3, 7):
        tree = forest.select([number])
        states = _states(model, tree)
        keyword, root = data.keyword_rows(tree)[0], tree.n_nodes - 1
        norm = {}
        for row in (keyword, root):
            h = states.h.data[row].copy()
            c = states.c.data[row].copy() if cell is models.RLSTM else np.zeros_like(h)
            by_h = _difference_quotients(lambda v: _loss_given(model, tree, row, (v, c)), h)  # noqa: B023
            by_c = _difference_quotients(lambda v: _loss_given(model, tree, row, (h, v)), c)  # noqa: B023
            norm["post", row] = np.linalg.norm(by_h)
            norm["with_cell", row] = np.hypot(np.linalg.norm(by_h), np.linalg.norm(by_c))
        for definition in ["post"] + ["with_cell"] * (cell is models.RLSTM):
            _, (ratio,) = gradient_ratios(tree, states, data.keyword_rows, definition)
            expected = norm[definition, keyword] / norm[definition, root]
            assert ratio == pytest.approx(expected, rel=1e-6), (number, definition)


@pytest.mark.parametrize(("f", "slope"), [
    ("tanh", lambda a: 1 / np.cosh(a) ** 2),
    ("sigmoid", lambda a: 1 / (2 + np.exp(a) + np.exp(-a))),
    ("relu", lambda a: 1.0 * (a > 0)),
    ("softsign", lambda a: 1 / (1 + np.abs(a)) ** 2),
    ("softplus", lambda a: 1 / (1 + np.exp(-a))),
])  # fmt: skip
def test_before_the_activation_the_root_s_error_is_smaller_by_its_slope(f, slope):
    model, forest = _model(cell=lambda D, rng, dtype: models.RNN(D, rng, f, dtype), lengths=(1, 6), D=5)
    states = _states(model, forest)
    depth, post = gradient_ratios(forest, states, data.keyword_rows)
    _, pre = gradient_ratios(forest, states, data.keyword_rows, "pre", f)
    h, left, right, root = states.h.data, forest.left, forest.right, forest.root
    inner = depth > 0  # a sentence of one word has no activation
    assert 0 < inner.sum() < len(forest)
    assert (pre[~inner] == 1).all()
    root = root[inner]
    a = h[left[root]] @ model.cell.W1.data.T + h[right[root]] @ model.cell.W2.data.T + model.cell.b.data
    error = states.h.grad[root]
    expected = post[inner] * np.linalg.norm(error, axis=1) / np.linalg.norm(error * slope(a), axis=1)
    np.testing.assert_allclose(pre[inner], expected, rtol=1e-9)


def test_an_activation_whose_output_does_not_tell_its_slope_has_no_error_before_it():
    model, forest = _model(cell=lambda D, rng, dtype: models.RNN(D, rng, "silu", dtype), n=3)
    with pytest.raises(ValueError, match="that of silu does not"):
        gradient_ratios(forest, _states(model, forest), data.keyword_rows, "pre", "silu")


def test_an_error_vector_that_nobody_defined_is_refused():
    model, forest = _model(n=3)
    with pytest.raises(ValueError, match="post, pre or with_cell, not 'cell'"):
        gradient_ratios(forest, _states(model, forest), data.keyword_rows, "cell")


@pytest.mark.parametrize("cell", [models.RNN, pytest.param(models.RLSTM, marks=pytest.mark.slow)])
def test_ratios_of_a_hundred_trees_are_the_same_in_every_mode(cell):
    model, forest = _model(n=100, cell=cell, lengths=(21, 30))
    found = {}
    for mode in ("node", "level", "compiled"):
        watcher = RatioWatcher(data.keyword_rows, DEFINITIONS[cell.__name__])
        watcher.measure(model, forest, mode=mode)
        found[mode] = watcher.ratios
    for definition in DEFINITIONS[cell.__name__]:
        for mode in ("level", "compiled"):
            np.testing.assert_allclose(found[mode][definition], found["node"][definition], rtol=1e-9)


def test_ratios_stand_at_their_tree_s_place_whatever_the_order_of_training():
    model, forest = _model(n=30)
    straight, shuffled = (RatioWatcher(data.keyword_rows, ["post", "pre"]) for _ in range(2))
    straight.measure(model, forest)
    order = np.random.default_rng(1).permutation(30)
    for trees in np.split(order, 5):
        part = forest.select(trees)
        shuffled.batch(trees, part, _states(model, part))
    shuffled.epoch(Epoch(1, 1.0, 0.5, best=True))
    assert np.array_equal(straight.depth, shuffled.depth)
    for definition, ratios in straight.ratios.items():
        np.testing.assert_allclose(shuffled.ratios[definition], ratios, rtol=1e-9)


def test_a_root_without_error_has_no_ratio():
    model, forest = _model(n=3)
    loss, states = model.loss(forest, "level")
    loss.backward()
    states.h.grad[:] = 0
    assert np.isnan(gradient_ratios(forest, states, data.keyword_rows)[1]).all()


def test_ratios_before_backward_say_what_is_missing():
    model, forest = _model(n=3)
    with pytest.raises(ValueError, match="call backward first"):
        gradient_ratios(forest, model.loss(forest, "level")[1], data.keyword_rows)


def test_epoch_zero_changes_no_parameter_and_leaves_no_gradient():
    model, forest = _model()
    before = model.state_dict()
    watcher = RatioWatcher(data.keyword_rows)
    watcher.measure(model, forest, batch=7)
    assert all(np.array_equal(before[name], values) for name, values in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert sum(watcher.counts.values()) == len(forest)
    whole = RatioWatcher(data.keyword_rows)
    whole.measure(model, forest)
    assert watcher.medians[0] == pytest.approx(whole.medians[0], rel=1e-9)
