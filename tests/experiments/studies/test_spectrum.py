"""Gradients by distance and their bounds, matrices, and what is told of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.studies.fit import streams
from experiments.studies.spectrum import flow, trained, untrained
from experiments.studies.spectrum.flow import bounds, by_matrices, worst
from experiments.studies.spectrum.matrices import MATRICES, norm, radius, turned, typical
from experiments.studies.spectrum.settings import ACTIVATIONS, SHARING, Trained, Untrained
from experiments.studies.spectrum.task import sentences, vocabulary
from experiments.studies.spectrum.unshared import Unshared
from minigrad.cotangent import as_dense
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

D, T, S = 6, 12, 3
SHAPES = {
    "gaussian": {"norm": 1.2},
    "orthogonal": {"norm": 1.2},
    "delay": {"norm": 1.2, "radius": 0.8, "line": 3},
    "outlier": {"norm": 1.2, "rest": 0.8},
}


def _settings(activation="tanh", matrix="gaussian", **changes):
    settings = Untrained(
        part="bound", matrix=matrix, D=D, steps=T, chains=S, activation=activation, input=0.5, run=1, seed=0,
        seeds=streams(0, names=["matrix", "turns", "words", "cotangents"]), **SHAPES[matrix],
    )  # fmt: skip
    return replace(settings, **changes)


def _matrix(kind, **changes):
    return MATRICES[kind](np.random.default_rng(1), _settings(matrix=kind, **changes))


def _elman(W, f, dtype=np.float64):
    cell = models.Elman(len(W), np.random.default_rng(2), f=f, dtype=dtype)
    with mg.no_grad():
        cell.W.copy_(W)
    return cell


@pytest.mark.parametrize("kind", MATRICES)
def test_a_matrix_has_the_norm_and_the_eigenvalues_that_it_is_named_for(kind):
    W = _matrix(kind)
    singular = np.linalg.svd(W, compute_uv=False)
    assert singular[0] == pytest.approx(1.2, rel=1e-12)
    expected = {
        "gaussian": np.abs(np.linalg.eigvals(W)).max(), "orthogonal": 1.2, "delay": 0.8, "outlier": 1.2
    }[kind]  # fmt: skip
    assert radius(W) == pytest.approx(expected, rel=1e-12)
    assert radius(W) <= norm(W) * (1 + 1e-12), "no matrix has an eigenvalue beyond its norm"
    rms = np.mean(
        [
            np.linalg.norm(W @ x / np.linalg.norm(x)) ** 2
            for x in np.random.default_rng(0).normal(size=(9999, D))
        ]
    )
    assert typical(W) == pytest.approx(np.sqrt(rms), rel=0.02)
    if kind == "orthogonal":
        np.testing.assert_allclose(singular, 1.2)
    if kind == "outlier":
        np.testing.assert_allclose(singular[1:], 0.8)


def test_turned_matrices_keep_their_singular_values_and_nothing_else():
    W = _matrix("delay")
    each = turned(W, 4, np.random.default_rng(0))
    for k, other in enumerate(each):
        np.testing.assert_allclose(np.linalg.svd(other, compute_uv=False), np.linalg.svd(W, compute_uv=False))
        assert abs(radius(other) - 0.8) > 1e-3
        for before in [W, *each[:k]]:  # other directions on both sides
            assert np.abs(other @ other.T - before @ before.T).max() > 0.05
            assert np.abs(other.T @ other - before.T @ before).max() > 0.05


def test_delay_lines_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="2 to 6 units"):
        _matrix("delay", line=7)
    with pytest.raises(ValueError, match="radius below the norm"):
        _matrix("delay", radius=1.2)


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_equal_matrices_at_every_step_are_the_shared_one(f):
    rng = np.random.default_rng(3)
    W, words = _matrix("gaussian"), vocabulary(5)
    lengths = [4, 0, T, 1]  # a chain of no words, and one as long as there are matrices
    chains = models.chain_forest(rng.integers(5, size=sum(lengths)), lengths, words)
    leaves, weights = rng.normal(size=(len(chains.leaves), D)), rng.normal(size=(chains.n_nodes, D))
    elman = _elman(W, f)
    unshared = Unshared(np.stack([W] * T), elman.U.data, f)
    found = []
    for cell in (elman, unshared):
        x = mg.tensor(leaves, requires_grad=True)
        states = models.encode(cell, chains, x)
        (states["h"] * weights).sum().backward()
        found.append([states["h"].data, *(as_dense(p.grad) for p in (states["h"], x, cell.U, cell.b))])
    for shared, other in zip(*found, strict=True):
        assert shared.any()
        np.testing.assert_allclose(other, shared, rtol=0, atol=1e-12 * np.abs(shared).max())
    each = np.stack([W.grad for W in unshared.matrices()])
    np.testing.assert_allclose(
        each.sum(axis=0), elman.W.grad, rtol=0, atol=1e-12 * np.abs(elman.W.grad).max()
    )


def test_different_matrices_have_the_derivatives_that_differences_find():
    rng = np.random.default_rng(4)
    cell = Unshared(0.5 * rng.normal(size=(3, 2, 2)), rng.normal(size=(2, 2)))
    chains = models.chain_forest([0, 1, 1, 0, 1], [3, 2], vocabulary(2))
    leaves, weights = rng.normal(size=(len(chains.leaves), 2)), rng.normal(size=(chains.n_nodes, 2))
    loss = lambda: (models.encode(cell, chains, leaves)["h"] * weights).sum()  # noqa: E731
    assert mg.gradcheck(loss, dict(cell.named_parameters()))


def test_a_chain_longer_than_there_are_matrices_is_refused():
    cell = Unshared(np.zeros((2, D, D)), np.eye(D))
    chains = models.chain_forest([0, 0, 0], [3], vocabulary(1))
    with pytest.raises(ValueError, match="3 words needs as many matrices; there are 2"):
        models.encode(cell, chains, np.zeros((4, D)))


def _by_hand(W, words, cotangents, f):
    """States and gradients (S, T + 1, D) of h_t = f(W_t h + x_t), from the equations."""
    value, slope = {
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    }[f]
    h, z = [np.zeros((len(words), W.shape[-1]))], []
    for t in range(words.shape[1]):
        z.append(h[-1] @ W[t].T + words[:, t])
        h.append(value(z[-1]))
    g = [cotangents]
    for t in reversed(range(words.shape[1])):
        g.append((g[-1] * slope(z[t])) @ W[t])
    return np.stack(h, 1), np.stack(g[::-1], 1)


@pytest.mark.parametrize("f", ACTIVATIONS)
@pytest.mark.parametrize("sharing", SHARING)
def test_gradients_are_those_of_the_equations_and_lie_under_their_bounds(f, sharing):
    settings = _settings(f)
    W = turned(_matrix("gaussian"), T, np.random.default_rng(5))
    if sharing == "shared":
        W[:] = W[0]
    elman = _elman(W[0], f)
    with mg.no_grad():
        elman.U.copy_(np.eye(D))
    found = untrained.backward(elman if sharing == "shared" else Unshared(W, np.eye(D), f), settings)
    words = settings.input * np.random.default_rng([0, 2]).normal(size=(S, T, D))
    cotangents = np.random.default_rng([0, 3]).normal(size=(S, D))
    cotangents /= np.linalg.norm(cotangents, axis=1, keepdims=True)
    h, g = _by_hand(W, words, cotangents, f)
    np.testing.assert_allclose(found.states, h, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found.gradients, g, rtol=1e-10, atol=1e-14)

    bound = bounds(found, W, f)
    norms = found.norms()
    np.testing.assert_allclose(norms[:, 0], 1)
    ordered = [norms, bound.product, bound.jacobians, np.broadcast_to(bound.matrices, norms.shape)]
    for lower, upper in pairwise(ordered):
        assert (lower <= upper * (1 + flow.ROUNDING)).all()
    # The product's norm is reached: by the cotangent that is its first left singular vector.
    product = np.eye(D)
    for t in reversed(range(T)):
        product = product @ (_slope(f, h[0, t + 1])[:, None] * W[t])
    u = np.linalg.svd(product)[0][:, 0]
    _, reached = _by_hand(W, words[:1], u[None], f)
    assert np.linalg.norm(reached[0, 0]) == pytest.approx(bound.product[0, -1], rel=1e-9)


def _slope(f, h):
    return {"tanh": 1 - h**2, "sigmoid": h - h**2, "relu": np.sign(h)}[f]


def test_the_bound_of_the_matrices_is_reached_at_rest_by_an_orthogonal_one_and_knows_sigmoids_quarter():
    W = _matrix("orthogonal")
    norms = untrained.backward(_elman(W, "tanh"), _settings(input=0.0)).norms()
    assert worst(norms, 1.2 ** np.arange(T + 1)) == pytest.approx(1, abs=flow.ROUNDING)
    each = np.broadcast_to(W, (T, D, D))
    np.testing.assert_allclose(by_matrices(each, "sigmoid"), 0.3 ** np.arange(T + 1))
    np.testing.assert_allclose(by_matrices(each, "relu"), 1.2 ** np.arange(T + 1))
    different = np.multiply.outer([2.0, 3.0, 5.0], W / 1.2)
    np.testing.assert_allclose(by_matrices(different, "tanh"), [1, 5, 15, 30])  # the last step comes first


def test_a_gradient_above_its_bound_is_seen_wherever_it_is():
    bound = 0.5 ** np.arange(4)
    gradients = np.array([[2, 0.9, 0.4, 0.0], [1, 0.5, 0.25, 0.126]])
    assert worst(gradients, bound) == pytest.approx(0.126 / 0.125)
    assert worst(gradients[:1], bound) == pytest.approx(0.9)
    assert worst(np.array([[1.0, 0.1]]), np.array([1.0, 0.0])) == np.inf


def test_a_run_without_training_tells_what_was_measured(tmp_path):
    recorder = Recorder(tmp_path)
    untrained.perform(_settings(matrix="delay", input=0.0), recorder)
    (result,) = recorder.results
    W = _matrix("delay")
    assert (result["norm"], result["radius"]) == (pytest.approx(1.2), pytest.approx(0.8))
    assert result["typical"] == pytest.approx(np.sqrt((W**2).sum() / D))
    cotangents = np.random.default_rng([0, 3]).normal(size=(S, D))
    cotangents /= np.linalg.norm(cotangents, axis=1, keepdims=True)
    powers = [np.linalg.matrix_power(W, k) for k in range(T + 1)]  # at rest every slope of tanh is 1
    expected = [np.median(np.linalg.norm(cotangents @ power, axis=1)) for power in powers]
    np.testing.assert_allclose(result["shared"]["gradient"], expected, rtol=1e-12)
    assert result["shared"]["gradient"] != result["unshared"]["gradient"]
    for sharing in SHARING:
        assert len(result[sharing]["gradient"]) == T + 1
        assert 0 < max(result[sharing]["worst"].values()) <= 1 + flow.ROUNDING
    assert_rows("spectrum-untrained", recorder)


TINY = Trained(
    length=6, run=1, seed=0, D=D, train=60, dev=20, test=20, looked_at=9, epochs=3, words=8, word_bound=0.5,
    lr=0.01, batch=20, mode="level", matrix="gaussian", norm=1.2, sharing="shared",
    seeds=streams(0, 403, 1, names=["matrix", "turns", "data", "model", "order"]),
)  # fmt: skip


@pytest.mark.parametrize("sharing", SHARING)
def test_a_training_run_has_the_gradients_of_every_epoch_and_resumes_bit_by_bit(
    tmp_path, sharing, monkeypatch
):
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    settings = replace(TINY, sharing=sharing)
    whole = Recorder(tmp_path)
    trained.perform(settings, whole)
    (result,) = whole.results
    assert [row["epoch"] for row in whole.rows] == [0, 1, 2, 3]
    assert result["distances"] == [0, 1, 2, 3, 4, 5]
    assert all(len(row["gradient"]) == 6 and 0 < row["worst"] <= 1 + flow.ROUNDING for row in whole.rows)
    assert whole.rows[0]["norm"] == pytest.approx(1.2, rel=1e-6)
    assert len({row["norm"] for row in whole.rows}) == 4, "the matrices are trained"
    assert all(0 < row["weights"]["far"] != row["weights"]["all"] for row in whole.rows)
    assert_rows(f"spectrum-{sharing}", whole)

    whole.checkpoint.unlink()
    broken = Recorder(tmp_path, stop_after=2 * 60 * 13)
    with pytest.raises(KeyboardInterrupt):
        trained.perform(settings, broken)
    again = Recorder(tmp_path)
    again.rows = broken.rows
    trained.perform(settings, again)
    assert (again.rows, again.results) == (whole.rows, whole.results)


def test_shared_and_unshared_networks_differ_in_nothing_but_the_matrices():
    shared, unshared = (trained.new_model(replace(TINY, sharing=s)) for s in SHARING)
    for name in ("L", "Ws", "bs"):
        np.testing.assert_array_equal(getattr(shared, name).data, getattr(unshared, name).data)
    np.testing.assert_array_equal(shared.cell.U.data, unshared.cell.U.data)
    assert len(unshared.cell.matrices()) == 6
    for W in unshared.cell.matrices():
        assert W.dtype == np.float32
        expected = np.linalg.svd(shared.cell.W.data, compute_uv=False)
        np.testing.assert_allclose(np.linalg.svd(W.data, compute_uv=False), expected, atol=1e-5)


@pytest.mark.parametrize("sharing", SHARING)
def test_what_is_looked_at_is_the_gradient_of_each_sentence_alone(sharing):
    model = trained.new_model(replace(TINY, sharing=sharing)).astype(np.float64)
    forest = sentences(np.random.default_rng(0), 7, 6, 4, model.vocabulary)
    found = trained.look(model, forest)
    norms, parts = [], {name: 0.0 for name, _ in model.cell.named_parameters()}
    for k in range(7):
        model.zero_grad()
        loss, states = model.loss(forest.select([k]), "level")
        loss.backward()
        norms.append(np.linalg.norm(states["h"].grad[2::2], axis=1)[::-1])
        parts = {name: parts[name] + p.grad / 7 for name, p in model.cell.named_parameters()}
    np.testing.assert_allclose(found["gradient"], np.median(norms, axis=0), rtol=1e-9)
    W = [g for name, g in parts.items() if name.startswith("W")]
    assert found["weights"]["all"] == pytest.approx(np.linalg.norm(W), rel=1e-9)
    if sharing == "unshared":
        assert found["weights"]["far"] == pytest.approx(np.linalg.norm(W[:3]), rel=1e-9)
    else:  # cut off between the halves, only the first half's words can reach the matrix
        assert found["weights"]["far"] == pytest.approx(_far(model, forest), rel=1e-9)


def _far(model, forest):
    """What the first half of the positions adds to the gradient by W, from the total at its end."""
    model.zero_grad()
    loss, states = model.loss(forest, "level")
    loss.backward()
    last = forest.root - 6  # of six words, the node that has read the third
    at_half = states["h"].grad[last].copy()
    model.zero_grad()
    (mg.gather(model(forest, "level")[1]["h"], last) * at_half).sum().backward()
    return np.linalg.norm(model.cell.W.grad)


def test_a_sentences_class_is_its_first_words_and_nothing_else_tells():
    forest = sentences(np.random.default_rng(0), 400, 5, 4, vocabulary(20))
    words = forest.word[forest.leaves].reshape(400, 6)[:, 1:]
    np.testing.assert_array_equal(forest.label[forest.root], words[:, 0] // 5)
    assert (np.delete(forest.label, forest.root) == -1).all()
    for place in range(1, 5):
        hits = words[:, place] // 5 == words[:, 0] // 5
        assert 0.15 < hits.mean() < 0.35
    assert set(words.ravel()) == set(range(20))
