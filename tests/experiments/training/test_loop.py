"""The training loop: learning, stopping, resuming, failing."""

from __future__ import annotations

import gc
import math
import time

import numpy as np
import pytest

import minigrad as mg
import models
from experiments.paper import data
from experiments.training.checkpoint import FORMAT
from experiments.training.evaluation import accuracy
from experiments.training.loop import TrainingError, fit
from experiments.training.ratios import RatioWatcher
from experiments.training.relabelled import with_words
from experiments.training.step import no_collection, training_step
from experiments.training.watcher import Watcher, best_epoch
from minigrad.nn import StateError, load_document, save_document


def _setup(seed=0, n=60, D=6, lr=0.05, cell=models.RNN):
    rng = np.random.default_rng(seed)
    train, dev = (data.sentences(rng, size, (1, 4)) for size in (n, 30))
    model = models.TreeClassifier(cell(D, rng), data.VOCABULARY, data.CLASSES, rng)
    return model, mg.optim.AdaGrad(model.parameters(), lr=lr), train, dev, rng


def _fit(model, optimizer, train, dev, rng, **options):
    # Most of what is tested here does not depend on the mode, and level needs no compilation.
    chosen = {"batch_size": 20, "rng": rng, "max_epochs": 4, "mode": "level", **options}
    return fit(model, optimizer, train, dev, **chosen)


def test_it_learns_sentences_of_one_word():
    rng = np.random.default_rng(0)
    forest = data.sentences(rng, 400, (1, 1))
    model = models.TreeClassifier(models.RLSTM(10, rng), data.VOCABULARY, data.CLASSES, rng)
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=0.05)
    epochs = _fit(model, optimizer, forest, forest, rng, max_epochs=30, patience=30)
    assert epochs[-1].loss < 0.5 < epochs[0].loss
    assert accuracy(model, forest, mode="level") > 0.9


@pytest.mark.parametrize(("cell", "mode"), [(models.RLSTM, "level"), (models.RNN, "compiled")])
def test_training_twice_from_one_seed_is_bit_identical(cell, mode):
    states = []
    for _ in range(2):
        parts = _setup(cell=cell, D=50)  # compiled for the demo as well
        _fit(*parts, mode=mode)
        states.append(parts[0].state_dict())
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])


def test_the_loss_of_an_epoch_is_the_mean_over_trees_whatever_the_last_minibatch_holds():
    model, optimizer, train, dev, rng = _setup(lr=0.0, n=50)
    loss, _ = model.loss(train, "level")
    (epoch,) = _fit(model, optimizer, train, dev, rng, max_epochs=1, batch_size=20)
    assert epoch.loss == pytest.approx(float(loss), rel=1e-6)


def test_the_best_epochs_parameters_are_left():
    parts = _setup()
    epochs = _fit(*parts, max_epochs=6, patience=6)
    assert accuracy(parts[0], parts[3], mode="level") == max(epoch.dev_accuracy for epoch in epochs)
    assert epochs[0].best


def test_another_score_than_accuracy_decides_which_epoch_is_best():
    parts = _setup()
    scores = iter([0.2, 0.7, 0.4, 0.7, 0.5])
    states = []

    def score(model):
        states.append(model.state_dict())
        return next(scores)

    epochs = _fit(*parts, max_epochs=9, patience=3, score=score)
    assert [epoch.dev_accuracy for epoch in epochs] == [0.2, 0.7, 0.4, 0.7, 0.5]
    assert [epoch.best for epoch in epochs] == [True, True, False, False, False]
    assert all(np.array_equal(values, states[1][name]) for name, values in parts[0].state_dict().items())


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([-3.0, -2.5, -2.75], 2),
        ([-math.inf, -1e300, -2e300], 2),
        ([-math.inf, -math.inf], 1),
        ([0.0, 0.0, -0.0], 1),
        ([1.0, math.inf, math.inf], 2),
        ([np.float32(0.1), np.float32(0.1)], 1),
    ],
)
def test_any_number_may_be_the_best_score(scores, best):
    """The first epoch is always better than none: parameters that were not trained are never kept."""
    parts, states = _setup(), []

    def score(model):
        states.append(model.state_dict())
        return scores[len(states) - 1]

    epochs = _fit(*parts, max_epochs=len(scores), patience=9, score=score)
    assert best_epoch(epochs).number == best
    assert all(type(epoch.dev_accuracy) is float for epoch in epochs)
    assert all(
        np.array_equal(values, states[best - 1][name]) for name, values in parts[0].state_dict().items()
    )


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_score_of_nan_is_an_error_that_names_the_epoch(tmp_path, epoch):
    scores = iter([0.5] * (epoch - 1) + [math.nan])
    path = tmp_path / "run.npz"
    with pytest.raises(TrainingError, match=f"the score after epoch {epoch} is NaN"):
        _fit(*_setup(), max_epochs=4, patience=9, score=lambda model: next(scores), checkpoint=path)
    header, _ = load_document(path, FORMAT)
    assert len(header["epochs"]) == epoch - 1  # the run can go on from before it


def test_a_score_that_is_no_number_is_refused():
    for wrong in (None, "good", [0.5, 0.7]):
        with pytest.raises(TypeError, match=r"score returned .* after epoch 1; it returns a number"):
            _fit(*_setup(), score=lambda model, wrong=wrong: wrong)


@pytest.mark.parametrize("name", ["train", "dev"])
def test_a_forest_without_anything_to_classify_is_refused(name):
    model, optimizer, train, dev, rng = _setup()
    model.head = "labelled"
    forests = {"train": train, "dev": dev}
    forests[name].label[:] = -1
    with pytest.raises(ValueError, match=f"{name} has no node to classify, of {len(forests[name])} trees"):
        _fit(model, optimizer, train, dev, rng)
    if name == "dev":  # a score may need no labels
        assert len(_fit(model, optimizer, train, dev, rng, max_epochs=1, score=lambda model: 0.5)) == 1


def test_a_run_without_a_finished_epoch_has_no_best_one():
    with pytest.raises(ValueError, match="no epoch was finished"):
        best_epoch([])


def test_it_stops_when_dev_accuracy_stays():
    parts = _setup(lr=0.0)  # nothing moves, so epoch 1 stays the best
    assert len(_fit(*parts, max_epochs=50, patience=3)) == 4


def test_it_goes_on_for_the_least_number_of_epochs():
    epochs = _fit(*_setup(lr=0.0), max_epochs=50, patience=1, min_epochs=4)
    assert len(epochs) == 4
    assert len(_fit(*_setup(lr=0.0), max_epochs=3, min_epochs=9)) == 3


def test_watchers_learn_which_trees_a_minibatch_has():
    seen = []

    class Trees(Watcher):
        def batch(self, trees, forest, states):
            assert np.array_equal(parts[2].select(trees).word, forest.word)
            seen.extend(trees.tolist())

    parts = _setup()
    epochs = _fit(*parts, watchers=[Trees()], max_epochs=2)
    assert len(epochs) == 2
    assert sorted(seen[:60]) == sorted(seen[60:]) == list(range(60))
    assert seen[:60] != seen[60:]


def test_training_ends_after_the_first_epoch_that_is_enough_and_so_does_a_resumed_one(tmp_path):
    path = tmp_path / "run.npz"
    whole = _fit(*_setup(), patience=9)
    asked = []

    def enough(epoch):
        asked.append(epoch)
        return epoch.number == 2

    assert _fit(*_setup(), patience=9, enough=enough, checkpoint=path) == whole[:2] == asked
    assert _fit(*_setup(), patience=9, enough=enough, checkpoint=path) == whole[:2]


class _Stop(Watcher):
    """Breaks off in the middle of an epoch, as Ctrl-C would."""

    def __init__(self, batches):
        self.left = batches

    def batch(self, trees, forest, states):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path):
    whole, watched = _setup(), RatioWatcher(data.keyword_rows)
    expected = _fit(*whole, watchers=[watched], patience=9)

    path = tmp_path / "run.npz"
    broken = _setup()
    with pytest.raises(KeyboardInterrupt):
        _fit(*broken, watchers=[RatioWatcher(data.keyword_rows), _Stop(8)], patience=9, checkpoint=path)
    model, optimizer, train, dev, _ = _setup(seed=0)
    resumed = RatioWatcher(data.keyword_rows)
    rng = np.random.default_rng(99)  # overwritten by the checkpoint's
    epochs = _fit(
        model, optimizer, train, dev, rng, watchers=[resumed, Watcher()], patience=9, checkpoint=path
    )
    assert epochs == expected
    assert resumed.medians == watched.medians
    undisturbed = whole[0].state_dict()
    assert all(np.array_equal(values, undisturbed[name]) for name, values in model.state_dict().items())


class _Orders(Watcher):
    """The trees in the order of their training, epoch by epoch."""

    def __init__(self):
        self.orders, self._trees = [], []

    def batch(self, trees, forest, states):
        self._trees += trees.tolist()

    def epoch(self, epoch):
        self.orders.append(self._trees)
        self._trees = []


def test_trees_are_shuffled_before_every_epoch_or_once():
    orders = {}
    for shuffle in ("every_epoch", "once"):
        watcher = _Orders()
        _fit(*_setup(), patience=9, shuffle=shuffle, watchers=[watcher])
        orders[shuffle] = watcher.orders
        assert all(sorted(order) == list(range(60)) for order in watcher.orders)
    assert len({str(order) for order in orders["every_epoch"]}) == 4
    assert orders["once"] == [orders["every_epoch"][0]] * 4
    assert orders["once"][0] != sorted(orders["once"][0])
    with pytest.raises(ValueError, match=r"shuffle is 'every_epoch' or 'once', not 'never'"):
        _fit(*_setup(), shuffle="never")


def _drawn(epoch):
    """The sentences of an epoch, as many more of them as epochs before."""
    return data.sentences(np.random.default_rng([7, epoch]), 50 + 10 * epoch, (1, 4))


def test_trees_that_are_drawn_anew_are_those_of_their_epoch(tmp_path):
    model, optimizer, _, dev, rng = _setup()
    asked, seen = [], _Orders()

    def drawn(epoch):
        asked.append(epoch)
        return _drawn(epoch)

    epochs = _fit(model, optimizer, drawn, dev, rng, patience=9, watchers=[seen])
    assert asked == [1, 1, 2, 3, 4]  # the first once more before training, to be checked
    assert [sorted(order) for order in seen.orders] == [list(range(50 + 10 * k)) for k in (1, 2, 3, 4)]
    # The same, an epoch after another.
    model, optimizer, _, _, rng = _setup()
    order = np.random.default_rng(0)
    order.bit_generator.state = rng.bit_generator.state
    for epoch in epochs:
        forest = _drawn(epoch.number)
        trees, total = order.permutation(len(forest)), 0.0
        for start in range(0, len(forest), 20):
            part = forest.select(trees[start : start + 20])
            total += len(part) * training_step(model, optimizer, part, "level")[0]
        assert total / len(forest) == epoch.loss


def test_the_same_trees_from_a_function_are_the_same_training():
    fixed, drawn = _setup(), _setup()
    expected = _fit(*fixed)
    model, optimizer, train, dev, rng = drawn
    assert _fit(model, optimizer, lambda epoch: train, dev, rng) == expected


def test_training_on_trees_that_are_drawn_anew_outlives_an_interruption(tmp_path):
    path = tmp_path / "run.npz"
    model, optimizer, _, dev, rng = whole = _setup()
    expected = _fit(model, optimizer, _drawn, dev, rng, patience=9)
    model, optimizer, _, dev, rng = _setup()
    with pytest.raises(KeyboardInterrupt):
        _fit(model, optimizer, _drawn, dev, rng, watchers=[_Stop(8)], patience=9, checkpoint=path)
    model, optimizer, train, dev, _ = _setup()
    rng = np.random.default_rng(99)
    with pytest.raises(StateError, match="the training data differ"):
        _fit(model, optimizer, train, dev, rng, patience=9, checkpoint=path, watchers=[Watcher()])
    assert (
        _fit(model, optimizer, _drawn, dev, rng, patience=9, checkpoint=path, watchers=[Watcher()])
        == expected
    )
    undisturbed = whole[0].state_dict()
    assert all(np.array_equal(values, undisturbed[name]) for name, values in model.state_dict().items())


def _second_epoch(forest):
    """The first epoch's sentences, then something else."""
    return lambda epoch: _drawn(1) if epoch == 1 else forest


def test_trees_of_a_later_epoch_that_cannot_be_trained_on_are_refused_before_it():
    other = _drawn(2)
    unlabelled = with_words(other, other.word, -1)
    for head, second, error, text in (
        ("root", unlabelled, ValueError, "has no label"),
        ("labelled", unlabelled, ValueError, "epoch 2 has no node to classify, of 70 training trees"),
        ("root", None, TypeError, "train returns NoneType for epoch 2, not a Forest"),
    ):
        model, optimizer, _, dev, rng = _setup()
        model.head = head
        seen = _Orders()
        with pytest.raises(error, match=text):
            _fit(model, optimizer, _second_epoch(second), dev, rng, patience=9, watchers=[seen])
        assert len(seen.orders) == 1
        assert not seen._trees  # not one minibatch of the second


def test_other_trees_in_every_epoch_have_no_order_that_is_kept():
    model, optimizer, _, dev, rng = _setup()
    with pytest.raises(ValueError, match="shuffle='once' keeps an order of the same trees"):
        _fit(model, optimizer, _drawn, dev, rng, shuffle="once")


def test_an_order_that_is_drawn_once_outlives_an_interruption(tmp_path):
    whole, path = _setup(), tmp_path / "run.npz"
    expected = _fit(*whole, patience=9, shuffle="once")
    with pytest.raises(KeyboardInterrupt):
        _fit(*_setup(), watchers=[_Stop(8)], patience=9, shuffle="once", checkpoint=path)
    with pytest.raises(StateError, match="shuffle was once, is every_epoch now"):
        _fit(*_setup(), patience=9, checkpoint=path, watchers=[Watcher()])
    model, optimizer, train, dev, _ = _setup()
    rng = np.random.default_rng(99)
    epochs = _fit(
        model, optimizer, train, dev, rng, patience=9, shuffle="once", checkpoint=path, watchers=[Watcher()]
    )
    assert epochs == expected
    undisturbed = whole[0].state_dict()
    assert all(np.array_equal(values, undisturbed[name]) for name, values in model.state_dict().items())


def test_a_checkpoint_of_a_version_that_shuffled_in_one_way_is_read(tmp_path):
    path, whole = tmp_path / "run.npz", _setup()
    expected = _fit(*whole, max_epochs=5, patience=9)
    _fit(*_setup(), max_epochs=2, patience=9, checkpoint=path)
    header, arrays = load_document(path, FORMAT)
    del header["settings"]["shuffle"], header["format"], arrays["order:trees"]
    save_document(path, FORMAT, header, arrays)
    assert _fit(*_setup(), max_epochs=5, patience=9, checkpoint=path) == expected


def test_checkpoints_are_written_no_more_often_than_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    now, numbers = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Clock(Watcher):
        def epoch(self, epoch):
            numbers.append(len(load_document(path, FORMAT)[0]["epochs"]))  # before this epoch's
            now[0] += 2.0

    expected = _fit(*_setup(), max_epochs=7, patience=9)
    epochs = _fit(
        *_setup(), max_epochs=7, patience=9, watchers=[Clock()], checkpoint=path, checkpoint_every=3.0
    )
    assert numbers == [0, 0, 2, 2, 4, 4, 6]
    assert epochs == expected


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"not a zip"])
def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"run\.npz"):
        _fit(*_setup(), checkpoint=path)
    assert path.read_bytes() == content


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    _fit(*_setup(), checkpoint=path)
    with pytest.raises(StateError, match="not a checkpoint of this run"):
        _fit(*_setup(D=7), checkpoint=path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header, arrays: header.pop("epochs"),
        lambda header, arrays: header.pop("settings"),
        lambda header, arrays: header["epochs"].append({"number": 2}),
        lambda header, arrays: header["generators"][0].update(state={"bit_generator": "MT19937"}),
        lambda header, arrays: header.pop("generators"),
        lambda header, arrays: header.update(generators=[]),
        lambda header, arrays: header.update(watchers=[{}]),
        lambda header, arrays: arrays.pop("best:Ws"),
        lambda header, arrays: arrays.update({"optimizer:G0": arrays["optimizer:G1"][:2]}),
        lambda header, arrays: arrays.update({"optimizer:G0": arrays["optimizer:G0"].astype(str)}),
        lambda header, arrays: arrays.update({"other:Ws": arrays["best:Ws"]}),
    ],
)
def test_a_refused_checkpoint_changes_nothing(tmp_path, spoil):
    path = tmp_path / "run.npz"
    _fit(*_setup(), checkpoint=path, watchers=[RatioWatcher(data.keyword_rows)])
    header, arrays = load_document(path, FORMAT)
    spoil(header, arrays)
    save_document(path, FORMAT, header, arrays)
    model, optimizer, _, _, rng = parts = _setup()
    before = model.state_dict(), optimizer.state_dict(), rng.bit_generator.state
    with pytest.raises(StateError, match="not a checkpoint of this run"):
        _fit(*parts, checkpoint=path, watchers=[RatioWatcher(data.keyword_rows)])
    np.testing.assert_equal((model.state_dict(), optimizer.state_dict(), rng.bit_generator.state), before)


def test_a_run_that_has_ended_goes_on_with_more_epochs(tmp_path):
    path, whole = tmp_path / "run.npz", _setup()
    expected = _fit(*whole, max_epochs=5, patience=9)
    _fit(*_setup(), max_epochs=2, patience=9, checkpoint=path)
    parts = _setup()
    assert _fit(*parts, max_epochs=5, patience=9, checkpoint=path) == expected
    undisturbed = whole[0].state_dict()
    assert all(np.array_equal(values, undisturbed[name]) for name, values in parts[0].state_dict().items())


def _flipped(forest):
    changed = forest.select(range(len(forest)))
    changed.label[changed.root] = 9 - changed.label[changed.root]
    return changed


@pytest.mark.parametrize(
    ("change", "options", "text"),
    [
        (lambda m, o, t, d: (m, mg.optim.AdaGrad(m.parameters(), lr=0.1), t, d), {}, "lr was 0.05, is 0.1"),
        (lambda m, o, t, d: (m, mg.optim.AdaGrad(m.parameters(), lr=0.05, l2=1.0), t, d), {}, "l2 was 0.0"),
        (
            lambda m, o, t, d: (m, mg.optim.SGD(m.parameters(), lr=0.05), t, d),
            {},
            "optimiser was AdaGrad",
        ),
        (lambda *parts: parts, {"batch_size": 30}, "batch_size was 20, is 30 now"),
        (lambda *parts: parts, {"mode": "compiled"}, "mode was level, is compiled now"),
        (lambda m, o, t, d: (m, o, _flipped(t), d), {}, "run: the training data differ;"),
        (lambda m, o, t, d: (m, o, t, _flipped(d)), {}, "run: the dev data differ;"),
    ],
    ids=["lr", "l2", "optimiser", "batch size", "mode", "training labels", "dev labels"],
)
def test_other_data_or_settings_than_the_checkpoints_are_refused(tmp_path, change, options, text):
    path = tmp_path / "run.npz"
    _fit(*_setup(), checkpoint=path, max_epochs=1)
    content = path.read_bytes()
    *parts, rng = _setup()
    with pytest.raises(StateError, match=f"{text}.* delete it to start .*, or name another file"):
        _fit(*change(*parts), rng, checkpoint=path, **options)
    assert path.read_bytes() == content


@pytest.mark.parametrize("changed", [1, 2])
def test_a_checkpoint_knows_the_settings_of_every_group(tmp_path, changed):
    def parts(rates):
        model, _, *rest = _setup()
        groups = [{"params": own, "lr": lr} for own, lr in zip(([model.L], [model.Ws]), rates, strict=True)]
        return model, mg.optim.AdaGrad(groups), *rest

    path = tmp_path / "run.npz"
    _fit(*parts([0.05, 0.1]), checkpoint=path, max_epochs=1)
    other = [0.05, 0.1]
    other[changed - 1] = 0.2
    text = rf"lr of parameter group {changed} was 0\.\d+, is 0\.2 now; delete"
    with pytest.raises(StateError, match=text):
        _fit(*parts(other), checkpoint=path)
    assert len(_fit(*parts([0.05, 0.1]), checkpoint=path, max_epochs=2)) == 2


def test_a_model_is_no_checkpoint(tmp_path):
    parts = _setup()
    path = models.save(tmp_path / "model.npz", parts[0])
    with pytest.raises(StateError, match=r"not a minigrad\.checkpoint/2 file; its format is 'minigrad\.Tree"):
        _fit(*parts, checkpoint=path)


def test_other_watchers_than_the_checkpoints_are_refused(tmp_path):
    _fit(*_setup(), checkpoint=tmp_path / "run.npz")
    with pytest.raises(StateError, match="not a checkpoint of this run: it is of 0 watchers, here are 1;"):
        _fit(*_setup(), checkpoint=tmp_path / "run.npz", watchers=[Watcher()])


def test_what_is_wrong_with_the_call_is_reported_before_training(tmp_path):
    seen = []
    with pytest.raises(OSError, match=r"can't write run\.npz into"):
        _fit(*_setup(), checkpoint=tmp_path / "missing" / "run.npz", progress=seen.append)
    model, optimizer, train, dev, _ = _setup()
    with pytest.raises(TypeError, match="default_rng"):
        _fit(model, optimizer, train, dev, None, progress=seen.append)
    assert seen == []


def test_nan_is_reported_with_its_place_and_changes_nothing():
    model, optimizer, train, dev, rng = _setup()
    model.cell.W1.data[0, 0] = np.nan
    before = model.Ws.data.copy()
    with pytest.raises(TrainingError, match=r"loss is nan in epoch 1, minibatch 1; not finite: cell\.W1"):
        _fit(model, optimizer, train, dev, rng)
    assert np.array_equal(model.Ws.data, before)


def test_a_bad_label_is_reported_before_training():
    model, optimizer, train, dev, rng = _setup()
    dev.label[dev.root[3]] = 10
    with pytest.raises(ValueError, match=r"tree 4, .* has the label 10; the classes are 0\.\.9"):
        _fit(model, optimizer, train, dev, rng)


@pytest.mark.parametrize("option", ["batch_size", "max_epochs", "patience", "min_epochs"])
def test_settings_below_one_are_refused(option):
    with pytest.raises(ValueError, match=option):
        _fit(*_setup(), **{option: 0})


def test_progress_counts_every_node_once_per_epoch():
    model, optimizer, train, dev, rng = _setup()
    seen: list[int] = []
    epochs = _fit(model, optimizer, train, dev, rng, progress=seen.append)
    assert sum(seen) == len(epochs) * train.n_nodes


def test_training_leaves_the_collector_as_it_was():
    assert gc.isenabled()
    with pytest.raises(KeyboardInterrupt):
        _fit(*_setup(), watchers=[_Stop(2)])
    assert gc.isenabled()
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("cell", "mode"), [(models.RLSTM, "level"), (models.RNN, "compiled")])
def test_a_step_frees_its_graph_without_the_collector(cell, mode):
    model, optimizer, train, _, _ = _setup(cell=cell)
    training_step(model, optimizer, train, mode)
    gc.collect()
    before = _nodes()
    gc.disable()
    try:
        training_step(model, optimizer, train, mode)
        assert _nodes() == before
    finally:
        gc.enable()


def _nodes():
    return sum(type(o).__name__ == "Node" for o in gc.get_objects())
