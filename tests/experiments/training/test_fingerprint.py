"""The checksum of what a run was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

import models
from experiments import sweep
from experiments.paper.datasets import datasets
from experiments.paper.settings import Settings
from experiments.sweep.output import RESULTS
from experiments.training.fingerprint import data_hash

WORDS = models.Vocabulary(["good", "bad", "not"])


def _hash(*texts: str) -> str:
    return data_hash(models.Forest([models.Tree.parse(text) for text in texts], WORDS))


@pytest.mark.parametrize(
    "other",
    [
        ["(1 (1 bad) (0 bad))", "(0 not)"],
        ["(0 (1 good) (0 bad))", "(0 not)"],
        ["(1 (1 good) (1 bad))", "(0 not)"],
        ["(0 not)", "(1 (1 good) (0 bad))"],
        ["(1 (1 good) (0 bad))"],
    ],
    ids=["word", "label of a root", "label of a leaf", "order", "number"],
)
def test_it_depends_on_words_labels_and_order(other):
    assert _hash(*other) != _hash("(1 (1 good) (0 bad))", "(0 not)")


def test_it_depends_on_the_shape():
    left, right = "(1 (1 (1 good) (0 bad)) (0 not))", "(1 (1 good) (1 (0 bad) (0 not)))"
    assert _hash(left) != _hash(right)


def test_it_depends_on_labels_between_leaves_and_root_and_on_there_being_one():
    texts = [f"(1 {label} (1 good) (0 bad)) (0 not))" for label in ("(1", "(0", "(")]
    assert len({_hash(text) for text in texts}) == 3


def test_parts_are_told_apart():
    first, second = (models.Forest([models.Tree.parse(text)], WORDS) for text in ("(0 bad)", "(1 good)"))
    assert data_hash(first, second) != data_hash(second, first)


def test_the_data_of_a_stored_run_have_the_checksum_that_is_stored():
    path = next(Path(RESULTS / "paper-first-run" / "runs").glob("length-01-RNN-1-*.jsonl"))
    run = sweep.rows.read_run(path)
    assert datasets(sweep.from_json(Settings, run.settings)).hash == run.result["data_hash"]
