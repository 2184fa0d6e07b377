"""Datasets in the form of the authors' program: read back, they are what our runs train on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import models
from experiments.__main__ import main
from experiments.paper.data import VOCABULARY
from experiments.paper.datasets import datasets
from experiments.paper.lstm_rnn import config, export_trees, tree_line
from experiments.paper.model import new_model
from experiments.paper.settings import SCALES, run_settings

SMALL = replace(SCALES["smoke"], sizes={"train": 40, "dev": 7, "test": 9})

# Lines that the authors' program has read: two deep trees, a flat one, and a tree of one leaf.
READ = """\
(6 (0 (0 2757) (0 7759)) (0 (0 6095) (0 607)))
(0 (0 12) (0 9321))
(3 (0 (0 350) (0 4001)) (0 8000))
(9 945)
"""


def _settings(experiment="length", dataset=1, model="RLSTM", **changes):
    return run_settings(experiment, dataset, model, 2, scale=SMALL, seed=3, **changes)


@pytest.mark.parametrize(
    ("experiment", "dataset"), [("length", 1), ("length", 10), ("depth", 2), ("ablate", 4)]
)
def test_the_trees_that_are_read_back_are_those_that_runs_train_on(tmp_path, experiment, dataset):
    settings = _settings(experiment, dataset, D=2)  # word vectors are written, too
    export_trees(settings, tmp_path)
    sets = datasets(settings)
    for part in ("train", "dev", "test"):
        lines = (tmp_path / f"{part}.txt").read_text().splitlines()
        ours, theirs = (
            getattr(sets, part),
            models.Forest(map(models.Tree.parse, lines), vocabulary=VOCABULARY),
        )
        for name in ("left", "right", "word", "root"):
            np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
        np.testing.assert_array_equal(theirs.label[theirs.root], ours.label[ours.root])
        others = np.setdiff1d(np.arange(theirs.n_nodes), theirs.root)
        assert not theirs.label[others].any()


def test_lines_are_those_that_the_program_has_read():
    forest = models.Forest(map(models.Tree.parse, READ.splitlines()), vocabulary=VOCABULARY)
    assert "".join(f"{tree_line(forest, k)}\n" for k in range(4)) == READ


def test_a_deep_tree_is_written_without_recursion():
    depth = 20_000
    text = "(0 " * depth + "(0 1)" + " (0 5000))" * depth
    forest = models.Forest([models.Tree.parse(text)], vocabulary=VOCABULARY)
    assert tree_line(forest, 0) == text


def test_word_vectors_are_the_initial_ones_to_the_last_bit(tmp_path):
    settings = _settings()
    export_trees(settings, tmp_path)
    first, *lines = (tmp_path / "wembs.txt").read_text().splitlines()
    words = (tmp_path / "words.lst").read_text().splitlines()
    assert first == "10002 50"
    assert words[0] == "#UNKNOWN#"
    assert words[1:] == [str(token) for token in range(10_001)]
    assert [line.split(" ", 1)[0] for line in lines] == words
    vectors = np.array([line.split(" ")[1:] for line in lines], np.float32)
    np.testing.assert_array_equal(vectors[1:], new_model(settings).L.data)


def test_options_are_those_of_the_run(tmp_path):
    settings = _settings(model="RNN", l2=3e-4, l2_words=0.0, l2_classifier=1e-5, lr=0.01)
    export_trees(settings, tmp_path)
    lines = [line.split() for line in (tmp_path / "train.config").read_text().splitlines()]
    written = dict(lines)
    assert all(len(line) == 2 for line in lines)  # the program passes over others
    assert (written["compositionType"], written["batchSize"]) == ("NORMAL", "20")
    assert [float(written[name]) for name in ("lambda", "lambdaL", "lambdaC")] == [3e-4, 0.0, 1e-5]
    assert float(written["wembLearningRate"]) == 0.01
    assert written["dataDir"].endswith("/")
    assert written["dicDir"].endswith("/")
    assert config(_settings())["compositionType"] == "LSTM"


def test_another_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="trains RNN and RLSTM, not TreeLSTM"):
        export_trees(_settings(model="TreeLSTM"), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_command_writes_what_it_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SCALES, "smoke", SMALL)
    options = [
        "--experiment",
        "ablate-depth",
        "--dataset",
        "2",
        "--seed",
        "3",
        "--run",
        "2",
        "--l2-words",
        "0",
    ]
    assert main(["export-trees", "--format", "lstm-rnn", "--out", str(tmp_path), *options]) == 0
    settings = _settings("ablate-depth", 2, l2_words=0.0)
    export_trees(settings, tmp_path / "again")
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
    assert f"train.config: in {tmp_path}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [["--format", "conll"], ["--dataset", "11"], ["--l2", "-1"], ["--l2-words", "nan"], ["--model", "LSTM"]],
)
def test_wrong_options_exit_with_2_and_write_nothing(options, tmp_path, capsys):
    out = tmp_path / "none"
    with pytest.raises(SystemExit) as stopped:
        main(["export-trees", "--format", "lstm-rnn", "--out", str(out), *options])
    assert stopped.value.code == 2
    assert not out.exists()
    assert options[-1] in capsys.readouterr().err
