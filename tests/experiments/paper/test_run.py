"""One run: its rows, its result, and that it ends the same wherever it is interrupted."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.paper.datasets import datasets
from experiments.paper.model import INITS, new_model, new_optimizer
from experiments.paper.run import perform
from experiments.paper.settings import SCALES, Scale, run_settings
from experiments.training.evaluation import accuracy
from minigrad.nn import StateError
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = Scale(
    sizes={"train": 60, "dev": 30, "test": 30}, extra=12,
    max_epochs=5, patience=2, gradient_epochs=4, runs=1,
)  # fmt: skip


def _settings(experiment="length", model="RNN", **changes):
    changes = {"D": 6, "mode": "level", "lengths": (4, 8), **changes}
    if experiment == "gradient":
        changes = {"extra_depths": (5,), **changes}
    return run_settings(experiment, 3, model, 1, scale=TINY, seed=0, **changes)


def _performed(folder, settings, **options):
    recorder = Recorder(folder, **options)
    perform(settings, recorder)
    return recorder


def test_a_run_has_a_row_per_epoch_and_one_result(tmp_path):
    recorder = _performed(tmp_path, _settings(), model=tmp_path / "model.npz")
    (result,) = recorder.results
    assert [row["epoch"] for row in recorder.rows] == list(range(1, result["epochs"] + 1))
    assert all(row["kind"] == "epoch" and "ratios" not in row for row in recorder.rows)
    best = max(recorder.rows, key=lambda row: row["dev_accuracy"])  # the first of equals
    assert (result["best_epoch"], result["dev_accuracy"]) == (best["epoch"], best["dev_accuracy"])
    sets = datasets(_settings())
    assert recorder.nodes == result["epochs"] * sets.train.n_nodes
    saved = models.load(recorder.model)
    assert accuracy(saved, sets.test) == result["test_accuracy"]
    assert accuracy(saved, sets.dev) == result["dev_accuracy"]
    counts = {int(depth): n for depth, n in result["keyword_depth_counts"].items()}
    assert sum(counts.values()) == 60
    assert result["mean_keyword_depth"] == pytest.approx(sum(d * n for d, n in counts.items()) / 60)
    assert result["data_hash"] == sets.hash
    assert_rows("length", recorder)


@pytest.mark.parametrize(("model", "other"), [("RNN", "pre"), ("RLSTM", "with_cell")])
def test_a_gradient_run_keeps_the_ratios_of_every_epoch_from_0_on(tmp_path, model, other):
    recorder = _performed(tmp_path, _settings("gradient", model))
    assert_rows(f"gradient-{model}", recorder)
    rows = recorder.rows
    assert [row["epoch"] for row in rows] == list(range(len(rows)))
    assert len(rows) > 4
    assert rows[0]["loss"] is None
    assert not rows[0]["best"]
    for row in rows:
        ratios = row["ratios"]
        assert ratios.keys() == {"post", other, "extra"}
        for definition in ("post", other):
            found = ratios[definition]
            assert sum(found["count"]) + found["left_out"] == 60
            assert all(np.diff(quantiles).min() >= 0 for quantiles in found["quantiles"])
        assert ratios["post"]["sample"]["depth"] == rows[0]["ratios"]["post"]["sample"]["depth"]
        extra = ratios["extra"]["5"]
        assert extra["n"] == 12
        assert extra["lower"] <= extra["median"] <= extra["upper"]
    assert len({str(row["ratios"]) for row in rows}) == len(rows)


def test_watching_changes_nothing(tmp_path):
    watched = _performed(tmp_path, _settings("gradient")).rows[1:]
    (tmp_path / "checkpoint.npz").unlink()
    plain = _performed(tmp_path, _settings()).rows
    for ours, theirs in zip(watched, plain, strict=False):
        assert {key: ours[key] for key in theirs} == theirs


@pytest.mark.parametrize(
    ("experiment", "model", "every", "changes"),
    [
        ("length", "RNN", 0.0, {}),
        pytest.param("length", "RLSTM", 1e9, {}, marks=pytest.mark.slow),
        ("gradient", "RLSTM", 0.0, {}),
        pytest.param("gradient", "RNN", 1e9, {}, marks=pytest.mark.slow),
        ("gradient", "RNN", 0.0, {"sentences": "fresh"}),
    ],
)
def test_an_interrupted_run_ends_bit_identical(tmp_path, monkeypatch, experiment, model, every, changes):
    settings = _settings(experiment, model, patience=9, **changes)
    whole = _performed(tmp_path, settings, model=tmp_path / "whole.npz")
    whole.checkpoint.unlink()
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", every)
    recorder = Recorder(tmp_path, model=tmp_path / "resumed.npz")
    nodes = datasets(settings).train.n_nodes
    for share in (0.5, 1.3, 2.0 if every == 0 else 0.1):
        recorder.nodes, recorder.stop_after = 0, share * nodes
        with pytest.raises(KeyboardInterrupt):
            perform(settings, recorder)
    recorder.stop_after = None
    perform(settings, recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results
    ours, theirs = (models.load(r.model).state_dict() for r in (recorder, whole))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_a_run_trains_on_the_sentences_of_each_epoch(tmp_path):
    """Those of the first epoch are the same; of later ones, only the losses of fresh sentences stay high."""
    losses = {}
    for sentences in ("kept", "fresh"):
        (tmp_path / sentences).mkdir()
        settings = _settings("gradient", sentences=sentences, lr=0.2, patience=9)
        rows = _performed(tmp_path / sentences, settings).rows[1:]
        losses[sentences] = [row["loss"] for row in rows]
    assert losses["kept"][0] == losses["fresh"][0]
    assert losses["kept"][-1] < losses["fresh"][-1] - 0.5


def test_a_run_stopped_before_any_update_keeps_its_epoch_0(tmp_path):
    settings = _settings("gradient")
    recorder = Recorder(tmp_path, stop_after=0)
    with pytest.raises(KeyboardInterrupt):
        perform(settings, recorder)
    assert [row["epoch"] for row in recorder.rows] == [0]
    recorder.stop_after = None
    perform(settings, recorder)
    assert [row["epoch"] for row in recorder.rows][:3] == [0, 1, 2]


def test_a_damaged_checkpoint_is_no_start(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.checkpoint.write_bytes(b"PK torn")
    with pytest.raises(StateError, match="checkpoint"):
        perform(_settings(), recorder)
    assert recorder.rows == recorder.results == []


def test_early_stopping_waits_for_the_gradient_runs_epochs(tmp_path):
    changes = {"lr": 0.0, "patience": 1}  # epoch 1 stays the best
    short = _performed(tmp_path, _settings(**changes)).results[0]
    (tmp_path / "checkpoint.npz").unlink()
    watched = _performed(tmp_path, _settings("gradient", **changes)).results[0]
    assert (short["epochs"], watched["epochs"]) == (2, 4)
    assert watched["best_epoch"] == 1


def test_the_paper_s_settings():
    rnn, rlstm = (run_settings("length", 3, m, 1, scale=SCALES["paper"], seed=0) for m in ("RNN", "RLSTM"))
    for settings, batch in ((rnn, 20), (rlstm, 5)):
        stated = {
            "sizes": {"train": 10_000, "dev": 1_000, "test": 1_000}, "lengths": (21, 30),
            "D": 50, "activation": "tanh", "lr": 0.05, "patience": 5, "batch": batch,
        }  # fmt: skip
        assert {key: getattr(settings, key) for key in stated} == stated
    depth = run_settings("depth", 10, "RNN", 5, scale=SCALES["paper"], seed=0)
    assert (depth.lengths, depth.keyword_depths) == ((21, 30), (10, 11))
    gradient = run_settings("gradient", 3, "RNN", 1, scale=SCALES["paper"], seed=0)
    assert (gradient.min_epochs, gradient.extra, gradient.extra_depths) == (13, 2000, (12, 13))
    assert gradient.seeds == rnn.seeds


def test_a_setting_that_no_run_has_is_refused():
    with pytest.raises(TypeError, match=r"Settings.* unexpected keyword argument 'l1'"):
        _settings(l1=0.1)


@pytest.mark.parametrize(
    ("init", "bound"), [("fan_in", 1 / np.sqrt(18)), ("glorot", np.sqrt(0.5)), ("uniform_0.1", 0.1)]
)
def test_an_init_draws_matrices_from_its_range_and_no_words(init, bound):
    assert init in INITS
    model = new_model(_settings(init=init))
    cell = np.concatenate([model.cell.W1.data.ravel(), model.cell.W2.data.ravel()])
    assert 0.9 * bound < np.abs(cell).max() <= bound * (1 + 1e-6)
    assert np.abs(model.L.data).max() <= 1e-4
    assert not model.cell.b.data.any()
    again = new_model(_settings(init=init)).state_dict()
    assert all(np.array_equal(values, again[name]) for name, values in model.state_dict().items())


def test_each_kind_of_parameter_has_its_own_l2():
    settings = _settings(l2=1.0, l2_words=2.0, l2_classifier=3.0, lr=0.5, eps=0.25, first_step="sgd")
    model = new_model(settings)
    optimizer = new_optimizer(model, settings)
    found = {id(p): group["l2"] for group in optimizer.groups for p in group["params"]}
    assert len(found) == len(model.parameters())
    expected = {"L": 2.0, "Ws": 3.0, "bs": 3.0}
    assert all(found[id(p)] == expected.get(name, 1.0) for name, p in model.named_parameters())
    assert {(group["lr"], group["eps"]) for group in optimizer.groups} == {(0.5, 0.25)}
    assert optimizer.groups[0]["first_step"] == "sgd"


def test_the_order_of_sentences_is_drawn_from_the_seed_that_stored_rows_were_drawn_from(
    tmp_path, monkeypatch
):
    drawn = []

    def train(*args, rng, **options):
        drawn.append(rng.integers(2**62, size=4).tolist())
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.paper.run.train", train)
    for settings in (_settings(), _settings(model="RLSTM")):
        with pytest.raises(KeyboardInterrupt):
            perform(settings, Recorder(tmp_path))
        expected = np.random.default_rng([*settings.seeds["order"], 0])
        assert drawn.pop() == expected.integers(2**62, size=4).tolist()
