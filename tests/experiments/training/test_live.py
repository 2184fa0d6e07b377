"""Looks at a training: they change nothing of it, say what is so, and never stop it."""

from __future__ import annotations

import errno
import json
import os
import warnings

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.paper import data
from experiments.training import Watcher, fit, live
from experiments.training.live import look
from experiments.training.live.lines import Lines
from experiments.training.live.sample import DepthSample, quantiles_by_depth
from experiments.training.live.throttle import Throttle
from experiments.training.live.watcher import LiveWatcher
from experiments.training.summaries import by_depth
from minigrad.monitor import Observation

RNG = np.random.default_rng(7)
TRAIN = data.sentences(RNG, 120, (3, 12))
DEV = data.sentences(RNG, 50, (3, 12))


def _model(kind="RNN", D=8, dtype=np.float32):
    rng = np.random.default_rng(3)
    return models.TreeClassifier(models.cell(kind)(D, rng, dtype=dtype), data.VOCABULARY, data.CLASSES, rng)


def _fit(model, watchers, epochs=3, train=TRAIN, dev=DEV, **options):
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=0.05)
    rng = np.random.default_rng(5)
    found = fit(
        model, optimizer, train, dev, batch_size=10, rng=rng, max_epochs=epochs, mode="level",
        watchers=watchers, **options,
    )  # fmt: skip
    for watcher in watchers:
        if isinstance(watcher, LiveWatcher):
            watcher.close("finished")
    return found


def _watch(path, model, sentence=None, **options):
    sentence = DEV.select([0]) if sentence is None else sentence
    return LiveWatcher(path / "live" / "a-RNN.jsonl", "a/RNN", model, sentence, mode="level", **options)


def _lines(path):
    return [json.loads(line) for line in (path / "live" / "a-RNN.jsonl").read_text().splitlines()]


def _often(monkeypatch):
    """Look at every minibatch, whatever it costs."""
    monkeypatch.setattr(Throttle, "spent", lambda self, start, end: setattr(self, "times", self.times + 1))


@pytest.mark.parametrize("kind", ["RNN", "RLSTM"])
def test_training_takes_the_same_course_when_it_is_looked_at(tmp_path, monkeypatch, kind):
    _often(monkeypatch)
    alone, seen = _model(kind), _model(kind)
    gradients = []

    class Gradients(Watcher):
        def batch(self, trees, forest, states):
            gradients.append([np.array(p.grad) for p in seen.cell.parameters()])

    after = Gradients()
    watcher = _watch(tmp_path, seen, nodes=data.keyword_rows)
    before, epochs = _fit(alone, []), _fit(seen, [Gradients(), watcher, after])
    assert epochs == before
    for name, values in alone.state_dict().items():
        assert np.array_equal(values, seen.state_dict()[name]), name
    assert not watcher._lines.failed
    for first, last in zip(gradients[::2], gradients[1::2], strict=True):  # a look puts gradients back
        assert all(np.array_equal(a, b) for a, b in zip(first, last, strict=True))
    assert sum(line["kind"] == "look" for line in _lines(tmp_path)) > 20


def test_dropout_draws_the_same_masks_when_it_is_looked_at(tmp_path, monkeypatch):
    _often(monkeypatch)
    states = []
    for watched in (False, True):
        model = _model("GRU")
        model.dropout = models.Dropout(0.3, 0.3, np.random.default_rng(0))
        train, dev = models.as_chains(TRAIN), models.as_chains(DEV)
        _fit(model, [_watch(tmp_path, model, dev.select([1]))] * watched, 2, train, dev)
        assert model.training
        states.append(model.state_dict())
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])


def test_a_look_says_what_the_model_is_like():
    """Heat at the root, and eigenvalues, by hand."""
    model, sentence = _model("RLSTM", D=4, dtype=np.float64), DEV.select([0])
    heat = look.heat(model, sentence, "level")
    assert len(heat) == sentence.n_nodes
    assert heat[-1] == pytest.approx(_root_gradient(model, sentence), rel=1e-6)
    W = np.array([[0.0, -2.0], [2.0, 0.0]])
    found = look.spectrum(mg.tensor(W))
    assert found["re"] == pytest.approx([0, 0])
    assert sorted(found["im"]) == pytest.approx([-2, 2])
    assert (found["radius"], found["norm"]) == pytest.approx((2, 2))
    assert look.spectrum(mg.tensor([[0.0, 3.0], [0.0, 0.0]]))["norm"] == pytest.approx(3)
    assert look.gates(_model("RNN"), sentence) == {}
    assert set(look.matrices(_model("RNN"))) == {"cell.W1", "cell.W2"}


def _root_gradient(model, sentence):
    """‖∂J/∂p‖ at the root: of the cross-entropy of Ws p + bs, by hand."""
    states = model.loss(sentence, "level")[1]
    p = states.h.data[sentence.root[0]]
    logits = model.Ws.data @ p + model.bs.data
    share = np.exp(logits - logits.max())
    error = share / share.sum()
    error[sentence.label[sentence.root[0]]] -= 1
    return np.linalg.norm(model.Ws.data.T @ error)


def test_gates_of_a_tree_of_two_words_by_the_equations():
    model = _model("RLSTM", D=4, dtype=np.float64)
    with mg.no_grad():
        for parameter in model.cell.parameters():
            parameter.copy_(np.random.default_rng(1).normal(size=parameter.shape))
    words = models.Vocabulary(["a", "b"])
    model = models.TreeClassifier(model.cell, words, 2, np.random.default_rng(2))
    with mg.no_grad():
        model.L.copy_(np.random.default_rng(4).normal(size=model.L.shape))
    sentence = models.Forest([models.Tree.parse("(1 (0 a) (1 b))")], words)
    x, y = np.asarray(model.L.data[sentence.word[:2]], np.float64)
    o = model.cell
    i = [_sigmoid(o.Wi1.data @ a + o.Wi2.data @ b + o.bi.data) for a, b in ((x, y), (y, x))]
    f = [_sigmoid(o.Wf1.data @ a + o.Wf2.data @ b + o.bf.data) for a, b in ((x, y), (y, x))]
    found = look.gates(model, sentence)
    assert found["i"] == pytest.approx(np.quantile(i, (0.1, 0.5, 0.9)), rel=1e-6)
    assert found["f"] == pytest.approx(np.quantile(f, (0.1, 0.5, 0.9)), rel=1e-6)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_ratios_by_depth_are_those_of_every_node_below_the_root():
    model = _model(dtype=np.float64)
    loss, states = model.loss(TRAIN, "level")
    loss.backward()
    sample = DepthSample()
    assert sample.by_depth() is None
    sample.add(Observation(1, 1, states, TRAIN, np.arange(TRAIN.n_nodes)))
    found = sample.by_depth()
    norms = np.linalg.norm(states.h.grad, axis=1)
    ratio = norms / norms[TRAIN.root[TRAIN.tree]]
    at = TRAIN.depth == 3
    assert found["count"][found["depth"].index(3)] == at.sum()
    assert found["quantiles"][found["depth"].index(3)][2] == pytest.approx(np.median(ratio[at]), rel=1e-5)
    assert 0 not in found["depth"]


def test_quantiles_are_those_of_the_rows():
    rng = np.random.default_rng(4)
    depth, ratio = rng.integers(0, 9, 500), np.exp(rng.normal(size=500))
    depth[:3], ratio[3:5] = [20, 21, 21], [np.nan, np.inf]
    found, expected = quantiles_by_depth(depth, ratio), by_depth(depth, ratio)
    assert (found["depth"], found["count"]) == (expected["depth"], expected["count"])
    assert np.ravel(found["quantiles"]) == pytest.approx(np.ravel(expected["quantiles"]), rel=1e-5)
    assert quantiles_by_depth(depth[:0], ratio[:0]) == {"depth": [], "count": [], "quantiles": []}


def test_lines_are_the_contract_s(tmp_path, monkeypatch):
    _often(monkeypatch)
    model = _model("RLSTM")
    _fit(model, [_watch(tmp_path, model, nodes=data.keyword_rows)], 2)
    head, *lines = _lines(tmp_path)
    assert (head["kind"], head["contract"], head["run"], head["name"]) == ("live", 1, "a-RNN", "a/RNN")
    assert head["sentence"]["marked"] == data.keyword_rows(DEV.select([0])).tolist()
    looks = [line for line in lines if line["kind"] == "look"]
    assert set(looks[0]["spectrum"]) == set(head["matrices"])
    assert "cell.Wco" in head["matrices"]
    assert {name for line in looks[1:20] for name in line["spectrum"]} == set(head["matrices"])
    assert sum("gates" in line for line in looks[1:20]) >= 3
    assert [line["epoch"] for line in lines if line["kind"] == "epoch"] == [1, 2]
    times = [line["epoch"] - 1 + line["at"] for line in looks if line["epoch"] == 2]
    assert times == sorted(times)
    assert times[-1] == 2.0
    assert all(0 <= line["at"] <= 1 for line in looks)


def test_a_model_that_vanishes_gives_the_alert_and_one_that_does_not_gives_none(tmp_path, monkeypatch):
    _often(monkeypatch)
    train = data.sentences(np.random.default_rng(1), 120, (25, 35))  # the rule is about depth 8 and below
    found = {}
    for name, scale in (("vanishes", 0.02), ("arrives", 1.0)):
        model = _model(D=8)
        with mg.no_grad():
            for W in (model.cell.W1, model.cell.W2):
                W.copy_(scale * np.linalg.qr(np.random.default_rng(1).normal(size=W.shape))[0])
        _fit(model, [_watch(tmp_path / name, model)], 1, train)
        found[name] = [line for line in _lines(tmp_path / name) if line["kind"] == "alert"]
    assert [alert["rule"] for alert in found["vanishes"]] == ["vanishing"]
    (alert,) = found["vanishes"]
    assert alert["value"] < alert["threshold"] == 0.1
    assert alert["node"].startswith("node ")
    assert 0 < alert["at"] < 1
    assert found["arrives"] == []


@pytest.mark.parametrize("first", [True, False])
def test_a_run_is_resumed_with_looks_or_without_them_and_ends_the_same(tmp_path, first):
    whole = _model()
    expected = _fit(whole, [], epochs=4)
    checkpoint = tmp_path / "run.npz"
    begun = _model()
    _fit(begun, [_watch(tmp_path, begun)] * first, epochs=2, checkpoint=checkpoint)
    model = _model()
    watchers = [_watch(tmp_path, model)]
    assert _fit(model, watchers, epochs=4, checkpoint=checkpoint) == expected
    assert all(np.array_equal(a, model.state_dict()[name]) for name, a in whole.state_dict().items())
    lines = _lines(tmp_path)
    heads = [line["epochs"] for line in lines if line["kind"] == "live"]
    assert heads == ([0, 2] if first else [2])
    after = lines[len(lines) - 1 - [line["kind"] for line in lines][::-1].index("live") :]
    assert [line["epoch"] for line in after if line["kind"] == "epoch"] == [1, 2, 3, 4]


def test_a_line_that_a_crash_has_torn_is_cut_off_before_the_next(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"kind":"live"}\n' + b'{"kind":"look","heat":[' + b"1," * 5000)
    lines = Lines(path, pytest.fail)
    lines.begin(afresh=False)
    lines.write({"value": np.float32(np.nan), "more": [np.inf, -np.inf, 1 / 3], "n": np.arange(2)})
    lines.close()
    first, second = path.read_text().splitlines()
    assert json.loads(first) == {"kind": "live"}
    assert json.loads(second) == {"value": "NaN", "more": ["Infinity", "-Infinity", 0.3333], "n": [0, 1]}
    lines = Lines(path, pytest.fail)
    lines.begin(afresh=True)
    assert path.read_bytes() == b""
    lines.close()


def test_a_full_disk_costs_looks_and_one_warning(tmp_path, monkeypatch):
    _often(monkeypatch)
    model, told = _model(), []
    watcher = _watch(tmp_path, model, tell=told.append)
    write, budget = os.write, [2000]

    def full(descriptor, text):
        budget[0] -= len(text)
        if budget[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, text)

    monkeypatch.setattr(os, "write", full)
    assert len(_fit(model, [watcher], 2)) == 2
    assert len(told) == 1
    assert "a-RNN.jsonl: No space left on device; training goes on" in told[0]


def test_a_folder_that_is_a_file_and_a_name_in_use_are_warned_of_once(tmp_path):
    (tmp_path / "live").write_text("")
    model = _model()
    with pytest.warns(RuntimeWarning, match="training goes on without looks") as caught:
        _fit(model, [_watch(tmp_path, model)], 1)
    assert len(caught) == 1
    (tmp_path / "live").unlink()
    first, second = _watch(tmp_path, model), _watch(tmp_path, model)
    first.begin([])
    with pytest.warns(RuntimeWarning, match="another training writes looks of the same name"):
        second.begin([])
    before = _lines(tmp_path)
    second.close("finished")
    assert _lines(tmp_path) == before
    first.close("finished")
    assert _lines(tmp_path)[-1] == {"kind": "end", "why": "finished"}


def test_an_error_in_a_look_does_not_stop_training(tmp_path, monkeypatch):
    model, told = _model(), []
    _often(monkeypatch)
    calls = []
    monkeypatch.setattr(look, "heat", lambda *_: calls.append(1) or 1 / 0)
    assert len(_fit(model, [_watch(tmp_path, model, tell=told.append)], 2)) == 2
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]
    assert len(calls) == 1


def test_a_matrix_that_is_not_finite_has_no_spectrum():
    assert look.spectrum(mg.tensor([[np.nan, 0.0], [0.0, 1.0]])) is None


def test_looks_are_throttled_by_their_cost_and_seldom_in_long_trainings():
    throttle = Throttle(0.01, least=0.2, doubled_after=3)
    throttle.spent(10.0, 12.0)  # the first loads what later ones use
    assert throttle.next == pytest.approx(12.2)
    throttle.spent(20.0, 20.1)
    assert throttle.next == pytest.approx(30.1)
    throttle.spent(40.0, 40.0)
    assert throttle.next == pytest.approx(40.2)
    throttle.spent(50.0, 50.0)
    assert throttle.next == pytest.approx(50.4)
    for _ in range(3):
        throttle.spent(60.0, 60.0)
    assert throttle.next == pytest.approx(60.8)


def test_what_is_free_is_due_at_once_and_then_no_longer():
    throttle = Throttle(0.01, least=0.2, free=0.03)
    throttle.spent(1.0, 1.5)
    assert throttle.next == 1.5
    throttle.spent(2.0, 2.02)
    assert throttle.next == 2.02
    throttle.spent(3.0, 3.02)
    assert throttle.next == pytest.approx(5.02)


def test_a_short_training_is_looked_at_after_its_epochs(tmp_path):
    model = _model()
    _fit(model, [_watch(tmp_path, model)], 3)
    ends = [line for line in _lines(tmp_path) if line["kind"] == "look" and line["at"] == 1]
    assert [line["epoch"] for line in ends][:2] == [1, 2]
    epochs = [line["by_depth"] for line in _lines(tmp_path) if line["kind"] == "epoch"]
    assert all(epochs)
    assert all(len(line["spectrum"]) == 2 for line in ends[:2])


def test_the_sentence_to_look_at_is_one_of_median_size():
    chosen = look.sentence_of(DEV)
    sizes = np.diff(DEV.root, prepend=-1)
    assert len(chosen) == 1
    assert abs(chosen.n_nodes - np.median(sizes)) <= abs(sizes - np.median(sizes)).min()


def test_a_board_refuses_names_and_sentences_that_it_can_t_use(tmp_path):
    model, board = _model(), live.Board(tmp_path)
    with pytest.raises(ValueError, match="a run has a name such as"):
        board.watch("", model, DEV.select([0]))
    with pytest.raises(ValueError, match="a run has a name such as"):
        board.watch("../mine", model, DEV.select([0]))
    with pytest.raises(ValueError, match="one sentence is looked at, not 50"):
        board.watch("mine", model, DEV)
    board.watch("mine", model, DEV.to_tree(0))
    with pytest.raises(ValueError, match="was given before"):
        board.watch("mine", model, DEV.select([0]))


def test_no_warning_is_hidden():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert look.heat(_model(), DEV.select([0]), "level")
