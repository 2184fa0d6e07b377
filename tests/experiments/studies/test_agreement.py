"""The study of number agreement: its grammar, what a run measures, and its command."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.studies.agreement import STUDY, grammar, measures, rows
from experiments.studies.agreement.perform import ALONE, SCALES, datasets, grid, new_model, perform
from experiments.sweep.output import RESULTS
from minigrad.nn import initialise
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = {
    "sizes": {"train": 40, "dev": 20, "test": 2}, "D": 6, "mode": "level", "max_epochs": 2, "lr": 0.01,
}  # fmt: skip


def _sentences(distance, seed=0):
    return grammar.sentences(np.random.default_rng(seed), np.asarray(distance))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small runs, and two distances alone."""
    monkeypatch.setitem(SCALES, "smoke", TINY)
    monkeypatch.setitem(ALONE, "smoke", (3, 20))


def _settings(cell, alone, run=1):
    kind = f"{'mixed' if alone is None else f'alone/{alone:02}'}/{cell}"
    (of,) = (settings for name, settings, _ in grid("smoke", 0, run, (cell,)) if name == kind)
    return of


# the grammar


def test_every_sentence_is_one_of_the_grammar_s():
    forest = _sentences(np.repeat(np.arange(1, 21), 30))
    noun = "|".join(f"{n}s?" for n in grammar.SINGULAR)
    modifier = f"(?:(?:{'|'.join(grammar.PREPOSITIONS)}) (?:{noun})|{'|'.join(grammar.ADVERBS)})"
    sentence = re.compile(f"(?:{noun})(?: {modifier})+")
    for k, tree in enumerate(forest):
        words = tree.words()
        assert sentence.fullmatch(" ".join(words)), words
        assert len(words) == 2 + k // 30
        assert grammar.NUMBERS[int(tree.label)] == ("plural" if words[0].endswith("s") else "singular")


def test_words_and_numbers_are_drawn_evenly_and_independently():
    forest = _sentences(np.full(4000, 8))
    assert abs(forest.label[forest.root].mean() - 0.5) < 0.03
    words = [tree.words() for tree in forest]
    assert set(Counter(w[0] for w in words)) == set(grammar.VOCABULARY.words[: grammar.NOUNS])
    # Of nouns between, half agree; a modifier that begins where two words fit is a phrase half of the time.
    nouns = sum(word in grammar.VOCABULARY.words[: grammar.NOUNS] for w in words for word in w[1:])
    assert abs(grammar.attractors(forest).sum() / nouns - 0.5) < 0.02
    first = np.mean([w[1] in grammar.PREPOSITIONS for w in words])
    assert abs(first - 0.5) < 0.03


def test_subjects_distances_and_attractors_are_those_of_the_words_in_trees_and_chains():
    trees = _sentences(np.arange(1, 21))
    chains = models.as_chains(trees)
    for forest in (trees, chains):
        texts = [tree.words() for tree in trees]
        assert [forest.vocabulary.word(w) for w in forest.word[grammar.subject_rows(forest)]] == [
            words[0] for words in texts
        ]
        assert grammar.distances(forest).tolist() == list(range(1, 21))
        for words, n, most in zip(texts, grammar.attractors(forest), grammar.most_nouns(forest), strict=True):
            numbers = [w.endswith("s") for w in words if w.removesuffix("s") in grammar.SINGULAR]
            same = numbers.count(numbers[0])
            assert n == len(numbers) - same
            assert most == (1.0 if same > n else 0.5 if same == n else 0.0)
    first = np.r_[0, chains.root[:-1] + 1]
    assert {chains.vocabulary.word(word) for word in chains.word[first]} == {grammar.START}


def test_the_same_seed_gives_the_same_sentences_and_another_one_others():
    one, again, other = (_sentences(np.full(5, 6), seed) for seed in (0, 0, 1))
    assert list(one) == list(again) != list(other)


@pytest.mark.parametrize("distance", [[], [0, 3], [[1]]])
def test_a_distance_without_a_word_between_is_refused(distance):
    with pytest.raises(ValueError, match="at least one sentence and one word in each"):
        _sentences(distance)


# what is measured


def _model(cell, dtype=np.float64, D=5):
    rng = np.random.default_rng(1)
    made = models.TreeClassifier(models.cell(cell)(D, rng, dtype=dtype), grammar.VOCABULARY, 2, rng)
    initialise(made, {"L": ("uniform", {"bound": 1.0})}, rng)
    return made


def test_the_gradient_is_that_of_each_sentence_by_the_state_that_has_read_the_subject():
    """In an Elman network it can be written down: every word on the way multiplies by Wᵀ diag(1 − h²)."""
    model = _model("Elman")
    forest = models.as_chains(_sentences([1, 4, 9]))
    norm, ratio = measures.gradients(model, forest, "level")
    W, U, Ws, bs = (p.data for p in (model.cell.W, model.cell.U, model.Ws, model.bs))
    for k in range(3):
        words = forest.word[forest.leaves][forest.tree[forest.leaves] == k][1:]
        h = [np.zeros(5)]
        for word in words:
            h.append(np.tanh(W @ h[-1] + U @ model.L.data[word]))
        score = Ws @ h[-1] + bs
        p = np.exp(score) / np.exp(score).sum()
        error = Ws.T @ (p - np.eye(2)[forest.label[forest.root[k]]])
        top = np.linalg.norm(error)
        for state in h[:1:-1]:
            error = W.T @ ((1 - state**2) * error)
        assert norm[k] == pytest.approx(np.linalg.norm(error), rel=1e-9)
        assert ratio[k] == pytest.approx(np.linalg.norm(error) / top, rel=1e-9)
    assert model.cell.W.grad is None or not model.cell.W.grad.any()


@pytest.mark.parametrize("cell", ["LSTM", "RNN", "RLSTM"])
def test_the_gradient_is_what_a_small_change_of_the_state_makes(cell, monkeypatch):
    """Of the whole state, memory included, in a chain; of the subject's vector in a tree."""
    monkeypatch.setattr(measures, "AT_ONCE", 2)  # sentences do not depend on those beside them
    model = _model(cell)
    forest = _sentences([2, 6, 3])
    if cell == "LSTM":
        forest = models.as_chains(forest)
    norm, _ = measures.gradients(model, forest, "level")
    for k in range(3):
        one = forest.select([k])
        found = []
        for part, unit in [("h", u) for u in range(5)] + [("c", u) for u in range(5) if cell == "LSTM"]:
            ends = [_loss_with(model, one, part, unit, step) for step in (1e-5, -1e-5)]
            found.append((ends[0] - ends[1]) / 2e-5)
        assert norm[k] == pytest.approx(np.linalg.norm(found), rel=1e-5)


def _loss_with(model, forest, part, unit, step):
    """Return a sentence's loss with one number of the subject's state changed."""
    if model.cell.right_parts is None:
        leaves = model.L.data[forest.word[forest.leaves]].copy()
        leaves[0, unit] += step
        return _cross_entropy(model, forest, models.encode(model.cell, forest, leaves))
    cell = model.cell
    words = forest.word[forest.leaves][1:]
    state = {"h": np.zeros((1, 5)), "c": np.zeros((1, 5))}
    for k, word in enumerate(words):
        state = _lstm(cell, state, model.L.data[word])
        if k == 0:
            state[part][0, unit] += step
    score = state["h"][0] @ model.Ws.data.T + model.bs.data
    return np.log(np.exp(score).sum()) - score[forest.label[forest.root[0]]]


def _cross_entropy(model, forest, states):
    score = states.h.data[forest.root[0]] @ model.Ws.data.T + model.bs.data
    return np.log(np.exp(score).sum()) - score[forest.label[forest.root[0]]]


def _lstm(cell, state, x):
    def gate(name):
        W, U, b = (getattr(cell, letter + name).data for letter in "WUb")
        return state["h"] @ W.T + x @ U.T + b

    f, i, o = (1 / (1 + np.exp(-gate(name))) for name in "fio")
    c = f * state["c"] + i * np.tanh(gate("c"))
    return {"h": o * np.tanh(c), "c": c}


def test_columns_are_sorted_by_distance_and_by_attractors():
    model = _model("Elman", np.float32)
    forest = models.as_chains(_sentences([18, 3, 18, 17, 3, 1]))
    columns = measures.by_distance(model, forest, "level")
    assert columns["distance"] == [1, 3, 17, 18]
    right = model.predict(forest, "level") == model.labels(forest)
    assert columns["accuracy"] == [right[5], right[[1, 4]].mean(), right[3], right[[0, 2]].mean()]
    norm, ratio = measures.gradients(model, forest, "level")
    for name, values in (("ratio", ratio), ("norm", norm)):
        assert columns[name] == [values[5], np.median(values[[1, 4]]), values[3], np.median(values[[0, 2]])]
    far = measures.by_attractors(model, forest, "level")
    n = grammar.attractors(forest)
    assert sum(far["count"]) == 3
    for k, count, accuracy in zip(far["attractors"], far["count"], far["accuracy"], strict=True):
        chosen = [j for j in (0, 2, 3) if n[j] == k]
        assert (len(chosen), right[chosen].mean()) == (count, accuracy)
    near = measures.by_attractors(model, models.as_chains(_sentences([2, 3])), "level")
    assert near == {"attractors": [], "count": [], "accuracy": []}


# one run


@pytest.mark.parametrize(("cell", "alone"), [("LSTM", None), ("RNN", 3)])
def test_a_run_measures_before_and_after(tmp_path, cell, alone):
    recorder = Recorder(tmp_path)
    given = _settings(cell, alone)
    perform(given, recorder)
    assert [row["epoch"] for row in recorder.rows] == [0, 1, 2]
    assert all(row["ratio"] > 0 for row in recorder.rows)
    assert ["by_distance" in row for row in recorder.rows] == [True, False, False]
    before, (result,) = recorder.rows[0]["by_distance"], recorder.results
    distances = list(range(1, 21)) if alone is None else [3]
    assert before["distance"] == result["by_distance"]["distance"] == distances
    model, (_, _, test) = new_model(given), datasets(given)
    test = models.as_chains(test) if cell == "LSTM" else test
    assert before == measures.by_distance(model, test, "level")
    assert result["by_distance"]["ratio"] != before["ratio"]
    assert np.mean(result["by_distance"]["accuracy"]) == pytest.approx(result["test_accuracy"])
    # Over how many compositions: in a chain, as many as there are words between.
    depth = (test.depth[grammar.subject_rows(test)] - (cell == "LSTM")).mean()
    assert result["depth"] == depth
    if cell == "LSTM":
        assert depth == np.mean(distances)
    assert_rows(f"agreement-{cell}", recorder)


def test_a_run_that_was_cut_ends_with_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    folders = [tmp_path / name for name in ("whole", "cut")]
    for folder in folders:
        folder.mkdir()
    given = _settings("Elman", 3)
    whole, cut = Recorder(folders[0]), Recorder(folders[1], stop_after=480)
    perform(given, whole)
    with pytest.raises(KeyboardInterrupt):
        perform(given, cut)
    assert len(cut.rows) == 2  # in the second epoch
    cut.stop_after = None
    perform(given, cut)
    assert (cut.rows, cut.results) == (whole.rows, whole.results)


def test_cells_share_data_and_runs_share_initial_weights_over_datasets():
    elman, lstm = (datasets(_settings(cell, 3)) for cell in ("Elman", "LSTM"))
    assert all(list(a) == list(b) for a, b in zip(elman, lstm, strict=True))
    assert list(elman[0]) != list(elman[1])
    other = [new_model(_settings("GRU", alone)).state_dict() for alone in (None, 3)]
    assert all((other[0][name] == other[1][name]).all() for name in other[0])
    assert (new_model(_settings("GRU", 3, 2)).L.data != other[0]["L"]).any()


# the command


def test_the_command_does_all_runs_and_its_summary_s_numbers_are_theirs(drawn, tmp_path, capsys):
    assert main(["agreement", "--out", str(tmp_path)]) == 0
    runs = sweep.finished(tmp_path)
    assert len(runs) == 5 * 3
    summary = (tmp_path / "summary.md").read_text()
    assert summary in capsys.readouterr().out
    by_name = {run.name: run for run in runs}
    rlstm = by_name["agreement/mixed/RLSTM/1"]
    assert (
        f"RLSTM over trees {rows.before(rlstm)['ratio'][0]:.2g} to {rows.before(rlstm)['ratio'][-1]:.2g}"
        in summary
    )
    gru = [100 * by_name[f"agreement/alone/{k:02}/GRU/1"].result["test_accuracy"] for k in (3, 20)]
    assert f"| GRU | {gru[0]:.1f} | {gru[1]:.1f} |" in summary
    line = next(line for line in summary.splitlines() if line.startswith("| LSTM |") and line.count("|") > 8)
    lstm = by_name["agreement/mixed/LSTM/1"]
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    assert cells[0] == f"{100 * lstm.result['test_accuracy']:.1f}"
    assert cells[4] == f"{rows.before(lstm)['ratio'][-1]:.2g}"
    assert cells[5] == f"{lstm.result['by_distance']['ratio'][-1]:.2g}"
    assert cells[8] == "10.5"
    cells = {"Elman", "LSTM", "GRU", "RNN over trees", "RLSTM over trees"}
    assert set(drawn) == {"agreement.svg", "agreement-epochs.svg"}
    for figure in drawn.values():
        assert {text.get_text() for text in figure.legends[0].get_texts()} == cells


def test_cells_of_one_s_own_choice_have_a_folder_of_their_own(planned):
    main(["agreement", "--cell", "GRU", "--cell", "TreeLSTM", "--cell", "GRU", "--scale", "paper"])
    main(["agreement"])
    (cells, jobs), (usual, _) = planned
    assert (cells, usual) == (RESULTS / "cells-paper/agreement", RESULTS / "beyond-smoke/agreement")
    assert {job.settings.cell for job in jobs} == {"GRU", "TreeLSTM"}
    assert len(jobs) == 2 * 4 * 3


def test_a_network_of_several_folds_has_no_such_gradient_and_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["agreement", "--cell", "Multilayer", "--out", str(tmp_path / "out")])
    assert stopped.value.code == 2
    assert "no error vector of a node goes through all of them" in capsys.readouterr().err


# figure and summary, from made-up runs


def _made_up(cell, alone, *, epochs=(0.5, 1.0), run=1, ratio=(0.5, 0.01), after=(0.9, 0.2), accuracy=1.0):
    """A run whose ratio is 0.1 in epoch 0, and a tenth more with every epoch."""
    distances = list(range(1, 21)) if alone is None else [alone]
    n = len(distances)

    def columns(ends, accuracy):
        ratio = np.geomspace(*ends, n).tolist()
        return {"distance": distances, "accuracy": [accuracy] * n, "ratio": ratio, "norm": ratio}

    given = sweep.to_json(_settings(cell, alone, run))
    found = [
        {"kind": "epoch", "epoch": k, "dev_accuracy": x, "ratio": 0.1 + 0.1 * k, "alerts": []}
        for k, x in enumerate(epochs)
    ]
    found[0]["by_distance"] = columns(ratio, 0.5)
    found[1]["alerts"] = [{"rule": "vanishing"}] if ratio[1] < 0.1 else []
    result = {
        "test_accuracy": accuracy, "depth": 10.5,
        "by_distance": columns(after, accuracy) | {"most_nouns": [0.7] * n},
        "by_attractors": {"attractors": [0, 4, 5], "count": [10, 30, 10], "accuracy": [1.0, 0.9, 0.5]},
    }  # fmt: skip
    return sweep.Run(f"agreement/{alone}/{cell}/{run}", given, 1, found, json.loads(json.dumps(result)), [])


def _study(**of_gru):
    lstm = [_made_up("LSTM", alone, ratio=(0.5, 0.2)) for alone in (None, 20)]
    gru = [_made_up("GRU", alone, ratio=(0.5, 1e-4), **of_gru) for alone in (None, 20)]
    return [*gru, *lstm]


def test_verdicts_follow_the_rows():
    text = STUDY.summary(_study(epochs=(0.5, 0.6, 0.97)))
    assert "the largest first: LSTM, GRU; their epochs: 1, 2. That a larger" in text
    assert "to learn no later holds." in text
    assert "below 0.1 in GRU." in text
    assert "Of 2 runs at 20 words alone 2 learn" in text
    assert "1 of the runs that learn guess for an epoch or more first. The ratio grows" in text
    assert "in 1 of 1, until the epoch before the dev accuracy is there: GRU from 0.1 to 0.2." in text
    assert "reaches 95 % at every distance: holds; whoever only counts nouns gets 70.0 %" in text
    assert "raises the ratio at the longest distance in GRU; after it, it is below 0.1 in none." in text
    assert "in: LSTM 0 of 1 and 0 of 1; GRU 1 of 1 and 1 of 1 runs" in text
    assert "| 80.0 |" in text  # 30 sentences of 0.9 and 10 of 0.5


def test_a_run_that_never_learns_is_told_so():
    text = STUDY.summary(_study(epochs=(0.5, 0.6, 0.7), accuracy=0.6))
    assert "Of 2 runs at 20 words alone 1 learn" in text
    assert "No run that learns guesses for an epoch first." in text
    assert "their epochs: 1, never" in text
    assert "| … in epoch | – |" in text
    assert "at every distance: does not hold" in text


def test_the_order_of_learning_can_contradict_the_ratios():
    slow = [_made_up("LSTM", alone, ratio=(0.5, 0.2), epochs=(0.5, 0.5, 1.0)) for alone in (None, 20)]
    text = STUDY.summary([*slow, *(_made_up("GRU", alone, ratio=(0.5, 1e-4)) for alone in (None, 20))])
    assert (
        "their epochs: 2, 1. That a larger ratio before training means to learn no later does not hold"
        in text
    )


def test_figures_show_medians_of_the_runs_on_one_scale():
    never = {"run": 2, "accuracy": 0.5, "epochs": (0.5, 0.5)}
    runs = [*_study(), *(_made_up("GRU", alone, **never) for alone in (None, 20))]
    by_name = STUDY.figures(runs)
    alone, mixed, before, after, *_ = by_name["agreement"].axes
    assert [line.get_label() for line in alone.get_lines()[:2]] == ["LSTM", "GRU"]
    assert alone.get_lines()[1].get_ydata().tolist() == [1.5]  # of 1 and never, which is 2
    assert mixed.get_lines()[1].get_ydata().tolist() == [75.0] * 20
    assert mixed.get_lines()[0].get_xdata().tolist() == list(range(1, 21))
    assert before.get_ylim() == after.get_ylim() == (1e-4, 10.0)
    assert before.get_lines()[0].get_ydata()[-1] == pytest.approx(0.2)
    accuracy, ratio = by_name["agreement-epochs"].axes
    assert accuracy.get_lines()[0].get_ydata().tolist() == [50.0, 100.0]
    assert ratio.get_yscale() == "log"
