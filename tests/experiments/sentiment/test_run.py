"""Sentiment: data, settings, one run, and that it ends the same wherever it is interrupted."""

from __future__ import annotations

import numpy as np
import pytest

import models
from experiments.sentiment import data, training
from experiments.sentiment.accuracies import accuracies
from experiments.sentiment.gradients import word_ratios
from experiments.sentiment.model import new_model, new_optimizer
from experiments.sentiment.polarity import polarity
from experiments.sentiment.settings import CHOSEN, SCALES, UNKNOWN, run_settings
from experiments.sentiment.training import perform
from minigrad.nn import StateError
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows
from tests.experiments.sentiment import bank as sentiment_bank


@pytest.fixture
def bank(tmp_path):
    return sentiment_bank.store(tmp_path / "bank")


@pytest.fixture
def planned(bank):
    """Settings of a run on the treebank, and where that is."""

    def plan(model="RNN", **changes):
        return sentiment_bank.settings(data.read_treebank(bank), model, **changes), {"treebank": str(bank)}

    return plan


def _recorder(folder, paths, **options):
    recorder = Recorder(folder, **options)
    recorder.paths = paths
    return recorder


def _performed(folder, settings, paths, **options):
    recorder = _recorder(folder, paths, **options)
    perform(settings, recorder)
    return recorder


def test_a_run_keeps_accuracies_and_ratios_of_every_epoch_from_0_on(tmp_path, planned):
    settings, paths = planned("RLSTM")
    recorder = _performed(tmp_path, settings, paths, model=tmp_path / "model.npz")
    (result,) = recorder.results
    sets = data.sets(settings, paths)
    assert [row["epoch"] for row in recorder.rows] == [*range(result["epochs"] + 1)]
    assert recorder.rows[0]["loss"] is None
    assert recorder.nodes == result["epochs"] * sets.train.n_nodes
    for row in recorder.rows:
        assert row["dev_accuracy"] == row["dev"]["root_fine"]
        assert sum(row["ratios"]["count"]) + row["ratios"]["left_out"] == sum(
            sets.test.depth[sets.test.leaves] > 0
        )
    trained = recorder.rows[1:]
    best = max(trained, key=lambda row: row["dev_accuracy"])  # the first of equals
    assert result["best_epoch"] == best["epoch"]
    assert result["dev"] == best["dev"]

    saved = models.load(recorder.model)
    assert isinstance(saved.cell, models.RLSTM)
    assert accuracies(saved, sets.dev, polarity(5), "level") == result["dev"]
    assert accuracies(saved, sets.test, polarity(5), "level") == result["test"]
    assert result["test_accuracy"] == result["test"]["root_fine"]
    depth, ratio = word_ratios(saved, sets.test, "level")
    deepest = best["ratios"]["depth"][-1]
    assert deepest == depth.max()
    assert best["ratios"]["quantiles"][-1][2] == pytest.approx(np.median(ratio[depth == deepest]), rel=1e-4)
    assert_rows("sentiment", recorder)


def test_a_run_learns(tmp_path, planned):
    settings, paths = planned("RLSTM", max_epochs=25, patience=25, dropout_words=0.0, dropout_states=0.0)
    recorder = _performed(tmp_path, settings, paths)
    losses = [row["loss"] for row in recorder.rows[1:]]
    assert losses[-1] < 0.5 * losses[0]
    assert recorder.results[0]["dev"]["all_fine"] > 0.6 > recorder.rows[0]["dev"]["all_fine"]


def test_speed_is_that_of_updates_without_the_first_of_an_epoch(tmp_path, planned, monkeypatch):
    clock = iter(np.arange(0, 1000, 0.5))
    monkeypatch.setattr(training.time, "process_time", lambda: float(next(clock)))
    settings, paths = planned(max_epochs=2, batch=15)  # of 40 trees: 15, 15, 10
    recorder = _performed(tmp_path, settings, paths)
    assert "trees_per_second" not in recorder.rows[0]["timing"]
    assert [row["timing"]["trees_per_second"] for row in recorder.rows[1:]] == [25.0, 25.0]
    assert recorder.results[0]["timing"] == {"trees_per_second": 25.0}
    (tmp_path / "checkpoint.npz").unlink()
    settings, paths = planned(max_epochs=1, batch=100)  # no other update than the first
    assert _performed(tmp_path, settings, paths).results[0]["timing"] == {"trees_per_second": None}


@pytest.mark.parametrize("every", [0.0, 1e9])
@pytest.mark.parametrize("model", ["RNN", "RLSTM"])
def test_an_interrupted_run_ends_bit_identical_dropout_included(tmp_path, monkeypatch, planned, model, every):
    settings, paths = planned(model, patience=9, dropout_words=0.4, dropout_states=0.3)
    whole = _performed(tmp_path, settings, paths, model=tmp_path / "whole.npz")
    whole.checkpoint.unlink()
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", every)
    recorder = _recorder(tmp_path, paths, model=tmp_path / "resumed.npz")
    nodes = data.sets(settings, paths).train.n_nodes
    for share in (0.5, 1.3, 1.1 if every == 0 else 0.1):
        recorder.nodes, recorder.stop_after = 0, share * nodes
        with pytest.raises(KeyboardInterrupt):
            perform(settings, recorder)
    recorder.stop_after = None
    perform(settings, recorder)
    assert _untimed(recorder.rows) == _untimed(whole.rows)
    assert _untimed(recorder.results) == _untimed(whole.results)
    ours, theirs = (models.load(r.model).state_dict() for r in (recorder, whole))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def _untimed(rows):
    return [{key: value for key, value in row.items() if key != "timing"} for row in rows]


def test_runs_differ_in_their_seeds_only_and_repeat(planned):
    first, paths = planned()
    sets = data.sets(first, paths)
    states = [new_model(settings, sets).state_dict() for settings in (first, first, planned(run=2)[0])]
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
    assert not np.array_equal(states[0]["L"], states[2]["L"])
    second = planned(run=2)[0]
    changed = {name for name, value in vars(first).items() if getattr(second, name) != value}
    assert changed == {"run", "seeds"}


def test_words_start_from_their_bound_and_each_part_has_its_own_settings(planned):
    settings, paths = planned(
        word_bound=0.3, lr=0.5, lr_words=0.25, l2=1.0, l2_words=2.0, l2_classifier=3.0, eps=0.1
    )
    model = new_model(settings, data.sets(settings, paths))
    assert 0.25 < np.abs(model.L.data).max() <= 0.3 * (1 + 1e-6)
    assert model.head == "labelled"
    assert model.classes == 5
    optimizer = new_optimizer(model, settings)
    found = {id(p): (g["lr"], g["l2"], g["eps"]) for g in optimizer.groups for p in g["params"]}
    expected = {"L": (0.25, 2.0, 0.1), "Ws": (0.5, 3.0, 0.1), "bs": (0.5, 3.0, 0.1)}
    assert all(found[id(p)] == expected.get(name, (0.5, 1.0, 0.1)) for name, p in model.named_parameters())


def test_dropout_is_that_of_the_settings_while_training_and_off_at_the_end(tmp_path, planned, monkeypatch):
    seen = []
    fit = training.recorded_fit

    def watched(recorder, model, *args, **options):
        seen.append((model.dropout.words, model.dropout.states, model.dropout.rng is options["rng"]))
        return fit(recorder, model, *args, **options)

    monkeypatch.setattr(training, "recorded_fit", watched)
    settings, paths = planned(dropout_words=0.25, dropout_states=0.125)
    _performed(tmp_path, settings, paths)
    assert seen == [(0.25, 0.125, True)]


def test_rare_words_and_words_new_to_dev_and_test_are_unknown(bank):
    bank_read = data.read_treebank(bank)
    words = data.vocabulary(bank_read, min_count=2, lower=True)
    assert "good" in words.words
    assert "Good" not in words.words
    assert words["GOOD"] == words["good"]
    assert words["only-in-dev"] == words["only-in-test"] == words[UNKNOWN]
    assert words["only-in-train"] != words[UNKNOWN]
    many = data.vocabulary(bank_read, min_count=10**6, lower=False)
    assert many.words == (UNKNOWN,)


def test_with_vectors_every_word_that_has_one_is_known_and_starts_from_it(bank, tmp_path, planned):
    path = tmp_path / "vectors.txt"
    path.write_text("the 1 2 3\ngood 4 5 6\nonly-in-test 7 8 9\nunrelated 0 0 1\n", encoding="utf-8")
    treebank = data.read_treebank(bank)
    vectors = data.read_vectors(path, bank)
    about = {"width": vectors.width, "sha256": vectors.sha256()}
    settings = run_settings("RNN", 1, scale=SCALES["paper"], seed=0, treebank=treebank.sha256, vectors=about)
    assert settings.D == 3
    paths = {"treebank": str(bank), "vectors": str(path)}
    sets = data.sets(settings, paths)
    model = new_model(settings, sets)
    words = model.vocabulary
    assert model.L.data[words["Good"]].tolist() == [4, 5, 6]
    assert model.L.data[words["only-in-test"]].tolist() == [7, 8, 9]
    assert "unrelated" not in words
    assert words["only-in-dev"] == words[UNKNOWN]
    assert data.coverage(settings, treebank, vectors) == (
        "vectors: 3 of 9 words have one; 5 frequent words of train start from random ones; the unknown word "
        "stands for 1 more, and its vector, random at first, is never trained, since train has no such word"
    )
    path.write_text("the 1 2 3\ngood 4 5 7\n", encoding="utf-8")
    data.read_vectors.cache_clear()
    with pytest.raises(StateError, match=r"vectors\.txt has changed since this run was planned"):
        data.sets(settings, paths)


def test_a_smaller_scale_takes_trees_at_random_the_same_for_all_runs_of_a_seed(planned):
    settings, paths = planned(trees=7)
    treebank = data.read_treebank(data.Path(paths["treebank"]))
    places = data.sample(settings, treebank)
    sets = data.sets(settings, paths)
    for part, forest in (("train", sets.train), ("dev", sets.dev), ("test", sets.test)):
        assert len(places[part]) == len(set(places[part])) == len(forest) == 7
        assert places[part] == sorted(places[part]) != list(range(7))
        for tree, place in zip(forest, places[part], strict=True):
            assert len(tree.words()) == len(treebank.trees[part][place].words())
            assert tree.label == treebank.trees[part][place].label
    assert places["train"][:3] != places["dev"][:3]
    for same in (planned("RLSTM", trees=7)[0], planned(run=2, trees=7)[0]):
        assert data.sample(same, treebank) == places
    other = run_settings("RNN", 1, scale=SCALES["smoke"], seed=1, treebank=treebank.sha256, trees=7)
    assert data.sample(other, treebank) != places
    more = data.sample(planned(trees=1000)[0], treebank)
    assert [list(of) for of in more.values()] == [list(range(len(of))) for of in treebank.trees.values()]


def test_only_settings_of_a_sample_have_its_seed(planned):
    assert set(planned()[0].seeds) == {"model", "order"}  # as in all rows that are stored
    assert set(planned(trees=7)[0].seeds) == {"model", "order", "sample"}


def test_another_treebank_than_planned_is_refused(planned, bank, tmp_path):
    settings, _ = planned()
    other = sentiment_bank.store(tmp_path / "other", seed=9)
    with pytest.raises(StateError, match="has changed since this run was planned"):
        data.sets(settings, {"treebank": str(other)})


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "(5 (2 a) (2 b))",
            r"dev\.txt, line 2: a node has the label 5; the classes of train\.txt are 0\.\.4",
        ),
        ("((2 a) (2 b))", r"dev\.txt, line 2: node 3, 'a b', has no label"),
        ("(3 (2 a) (2 b) (2 c))", r"dev\.txt, line 2: node "),
        ("(x (2 a) (2 b))", r"dev\.txt, line 2: node "),
    ],
)
def test_trees_that_are_no_sentiment_trees_are_refused_with_file_and_node(bank, line, text):
    (bank / "dev.txt").write_text(f"(2 (2 fine) (2 here))\n{line}\n", encoding="utf-8")
    data.read_treebank.cache_clear()
    with pytest.raises(models.ForestError, match=text):
        data.read_treebank(bank)


def test_inner_nodes_need_no_label(bank):
    (bank / "dev.txt").write_text("(2 (fine) ((2 here) (there)))\n", encoding="utf-8")
    data.read_treebank.cache_clear()
    with pytest.warns(models.TreebankWarning, match=r"dev\.txt: 2 leaves have no label, as \(fine\)"):
        assert len(data.read_treebank(bank).trees["dev"]) == 1


def test_an_empty_file_is_refused(bank):
    (bank / "test.txt").write_text("\n", encoding="utf-8")
    data.read_treebank.cache_clear()
    with pytest.raises(models.ForestError, match=r"test\.txt: there are no trees in it"):
        data.read_treebank(bank)


def test_a_setting_that_no_run_has_is_refused():
    with pytest.raises(TypeError, match=r"Settings.* unexpected keyword argument 'l1'"):
        run_settings("RNN", 1, scale=SCALES["smoke"], seed=0, treebank={}, l1=0.1)
    assert set(CHOSEN) <= set(models.CELLS)
