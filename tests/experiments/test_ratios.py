"""The gradient ratio is the paper's, computed independently."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments import data
from experiments.ratios import RatioWatcher, gradient_ratios, norms
from experiments.snapshots import Snapshots, typical_sentence
from experiments.train import Epoch


def _model(forest_seed=0, n=40, cell=models.RNN, lengths=(4, 9)):
    rng = np.random.default_rng(forest_seed)
    forest = data.sentences(rng, n, lengths)
    model = models.TreeClassifier(cell(5, rng, dtype=np.float64), data.VOCABULARY, data.CLASSES, rng)
    model.L.data[:] = rng.uniform(-0.3, 0.3, model.L.shape)
    return model, forest


def test_ratio_of_an_rnn_is_the_product_of_its_jacobians():
    model, forest = _model()
    loss, states = model.loss(forest)
    loss.backward()
    depths, ratios = gradient_ratios(forest, states)
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


def test_a_root_without_error_has_no_ratio():
    model, forest = _model(n=3)
    loss, states = model.loss(forest)
    loss.backward()
    states.h.grad[:] = 0
    assert np.isnan(gradient_ratios(forest, states)[1]).all()


def test_norms_before_backward_say_what_is_missing():
    model, forest = _model(n=3)
    with pytest.raises(ValueError, match="call backward first"):
        norms(model.loss(forest)[1])


def test_epoch_zero_changes_no_parameter_and_leaves_no_gradient():
    model, forest = _model()
    before = model.state_dict()
    watcher = RatioWatcher()
    watcher.before_training(model, forest, batch=7)
    assert all(np.array_equal(before[name], values) for name, values in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert sum(watcher.counts.values()) == len(forest)
    whole = RatioWatcher()
    whole.before_training(model, forest)
    assert watcher.medians[0] == pytest.approx(whole.medians[0], rel=1e-9)


def test_snapshots_lend_an_epochs_parameters_and_take_them_back():
    model, forest = _model(lengths=(1, 20), n=60)
    snapshots = Snapshots(model)
    for number, dev_accuracy in enumerate([0.1, 0.5, 0.6], 1):
        model.Ws.data[:] = number
        snapshots.epoch(Epoch(number, 1.0, dev_accuracy, best=True))
    model.Ws.data[:] = 9
    with snapshots.at(2) as lent:
        assert (lent.Ws.data == 2).all()
    assert (model.Ws.data == 9).all()
    assert snapshots.steepest() == 2
    sentence = typical_sentence({"RNN": snapshots}, 2, forest)
    assert len(sentence) == 1
    assert sentence.depth[data.keyword_rows(sentence)[0]] >= 6


@pytest.mark.parametrize(
    ("accuracies", "epoch"), [([0.8, 0.9], 1), ([0.1, 0.2, 0.7, 0.8], 3), ([0.1, 0.1], 1)]
)
def test_the_steepest_epoch_is_that_of_the_largest_rise_above_guessing(accuracies, epoch):
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RNN(2, rng), data.VOCABULARY, data.CLASSES, rng)
    snapshots = Snapshots(model)
    snapshots.accuracies = accuracies
    assert snapshots.steepest() == epoch
