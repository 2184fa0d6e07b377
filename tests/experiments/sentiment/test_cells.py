"""``sentiment --cell``: other cells on the treebank, those that read sequences too."""

from __future__ import annotations

import functools
import html
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.sentiment import command, data, figures
from experiments.sentiment.accuracies import NAMES, accuracies
from experiments.sentiment.gradients import word_ratios
from experiments.sentiment.model import new_model
from experiments.sentiment.polarity import polarity
from experiments.sentiment.settings import CHOSEN, SCALES, UNKNOWN, Settings, run_settings
from experiments.sweep import finished, from_json
from experiments.sweep.output import RESULTS
from tests.experiments.sentiment import bank as sentiment_bank

OWN = """
import numpy as np, minigrad as mg
from minigrad.nn import Parameter
class Mine(mg.Cell):
    def __init__(self, D, rng):
        self.settings = {"D": D}
        self.parts = (mg.Part("v", D),)
        self.W = Parameter(rng.normal(size=(D, D)).astype(np.float32) / D)
    def compose(self, left, right):
        return mg.tanh((left.v + right.v) @ self.W.T)
"""


@pytest.fixture
def bank(tmp_path):
    data.read_treebank.cache_clear()
    return sentiment_bank.store(tmp_path / "bank")


@pytest.fixture
def sets(bank):
    settings = sentiment_bank.settings(data.read_treebank(bank))
    return data.sets(settings, {"treebank": str(bank)})


def test_a_cell_that_nobody_searched_for_has_the_rlstm_s_settings():
    of = {m: run_settings(m, 1, scale=SCALES["paper"], seed=0, treebank={}) for m in ("RLSTM", "TreeGRU")}
    assert replace(of["TreeGRU"], model="RLSTM") == of["RLSTM"]
    assert vars(of["RLSTM"]).items() >= CHOSEN["RLSTM"].items()


def test_chains_have_the_words_and_the_root_s_class_and_no_rare_word_at_the_start(sets):
    chains = sets.as_chains().test
    assert (chains.label >= 0).sum() == len(chains)
    assert np.array_equal(chains.label[chains.root], sets.test.label[sets.test.root])
    first = np.concatenate([[0], chains.root[:-1] + 1])
    assert set(chains.word[first].tolist()) == {sets.test.vocabulary[UNKNOWN]}
    words = np.setdiff1d(chains.leaves, first)
    assert np.array_equal(chains.word[words], sets.test.word[sets.test.leaves])


def test_the_ratio_in_a_chain_is_that_of_the_state_that_read_the_word(sets):
    chains = sets.as_chains()
    settings = run_settings(
        "Elman", 1, scale=SCALES["smoke"], seed=0, treebank={}, D=4, mode="level", word_bound=1.0
    )
    model = new_model(settings, chains)
    depth, ratio = word_ratios(model, chains.test, "level", batch=7)
    loss, states = model.loss(chains.test, "level")
    loss.backward()
    h, W = states.h.data, model.cell.W.data
    expected = []
    for first, root in zip(np.concatenate([[0], chains.test.root[:-1] + 1]), chains.test.root, strict=True):
        error, back = states.h.grad[root], []
        for row in range(root, first + 2, -2):  # a chain's states are every other row
            error = W.T @ ((1 - h[row] ** 2) * error)
            back.append(np.linalg.norm(error) / np.linalg.norm(states.h.grad[root]))
        assert len(back) == (root - first) // 2 - 1  # all words but the last, whose state is the root
        expected += list(enumerate(back, 1))[::-1]
    assert depth.tolist() == [d for d, _ in expected]
    assert ratio == pytest.approx([r for _, r in expected], rel=1e-4)


def test_any_cells_are_trained_told_and_drawn_and_no_tree_under_one_that_reads_none(
    bank, tmp_path, monkeypatch, capsys
):
    (tmp_path / "sentiment_cells_of_mine.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    tiny = {"D": 4, "mode": "level", "max_epochs": 2, "batch": 8}
    monkeypatch.setattr(command, "run_settings", functools.partial(run_settings, **tiny))
    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    cells = ["sentiment_cells_of_mine:Mine", "Elman", "TreeGRU"]
    with ThreadPoolExecutor(1) as executor:  # in this process, which spares seconds
        monkeypatch.setattr(sweep, "run", functools.partial(sweep.run, executor=executor))
        options = [word for cell in [*cells, "Elman"] for word in ("--cell", cell)]
        argv = ["sentiment", "--treebank", str(bank), "--out", "out", "--draw", "3", *options]
        assert main(argv) == 0
    sys.modules.pop("sentiment_cells_of_mine")
    out = tmp_path / "out"
    runs = {run.settings["model"]: run for run in finished(out)}
    assert set(runs) == set(cells)
    assert runs[cells[0]].name == "sentiment/sentiment_cells_of_mine.Mine/1"
    table = (out / "sentiment.md").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in table if ", 1 run |" in line] == [f"| {cell}" for cell in cells]
    (line,) = (line for line in table if line.startswith("| Elman, 1 run |"))
    assert line.split(" | ")[3:5] == ["–", "–"]  # all nodes: only the roots of chains have classes

    elman = models.load(out / "models" / f"{runs['Elman'].id}.npz")
    paths = {"treebank": str(bank)}
    test = data.sets(from_json(Settings, runs["Elman"].settings), paths).as_chains().test
    assert accuracies(elman, test, polarity(5), "level") == runs["Elman"].result["test"]
    assert (
        np.mean(elman.predict(test, "level") == elman.labels(test)) == runs["Elman"].result["test_accuracy"]
    )
    assert runs["Elman"].result["test"]["all_fine"] is None
    lengths = np.diff(test.root, prepend=-1) // 2
    assert sum(runs["Elman"].rows[0]["ratios"]["count"]) == (lengths - 1).sum()

    printed = capsys.readouterr().out
    for cell in cells:
        assert f"{cell}: " in printed  # its speed
    svg = html.unescape((out / "figures" / "sentence-3.svg").read_text(encoding="utf-8"))
    assert [f">{cell} after epoch" in svg for cell in cells] == [True, False, True]
    ratios = (out / "figures" / "ratios.svg").read_text(encoding="utf-8")
    assert all(f">{cell}<" in ratios for cell in cells)


def test_nothing_is_drawn_but_ratios_if_all_cells_read_sequences(bank, tmp_path, monkeypatch, capsys):
    tiny = {"D": 4, "mode": "level", "max_epochs": 1, "batch": 8}
    monkeypatch.setattr(command, "run_settings", functools.partial(run_settings, **tiny))
    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(sweep, "run", functools.partial(sweep.run, executor=executor))
        out = tmp_path / "out"
        assert main(["sentiment", "--treebank", str(bank), "--out", str(out), "--cell", "GRU"]) == 0
    assert [path.name for path in (out / "figures").iterdir()] == ["ratios.svg"]


def test_their_rows_go_into_a_folder_of_their_own(bank, monkeypatch):
    seen = []
    monkeypatch.setattr(sweep, "run", lambda jobs, args, base: seen.append(args.out) or 0)
    argv = ["sentiment", "--treebank", str(bank), "--dry-run"]
    for more in ([], ["--cell", "GRU"], ["--cell", "GRU", "--scale", "paper"]):
        main([*argv, *more])
    names = ["sentiment-smoke", "cells-smoke/sentiment", "cells-paper/sentiment"]
    assert seen == [RESULTS / name for name in names]


def test_accuracies_of_all_nodes_are_told_only_where_more_than_roots_have_a_class(sets):
    settings = sentiment_bank.settings(data.Treebank({}, {}), "TreeGRU")
    model = new_model(settings, sets)
    found = accuracies(model, sets.test, polarity(5), "level")
    assert None not in found.values()
    assert set(found) == set(NAMES)
