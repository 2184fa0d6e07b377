"""Two thousand random files each of CoNLL-U and of word vectors; a million when asked for."""

from __future__ import annotations

import os

import pytest

from tests.models import conllu_fuzz, vectors_fuzz
from tests.models.fuzzing import tried

FUZZERS = pytest.mark.parametrize("fuzzer", [conllu_fuzz, vectors_fuzz], ids=["CoNLL-U", "vectors"])


@FUZZERS
def test_files_give_results_or_named_errors_and_nothing_else(fuzzer):
    outcomes = tried(fuzzer.attempt, 2_000, seed=0)
    assert outcomes.total() == 2_000
    often = [way for way, number in outcomes.items() if number > 20]
    assert len(often) >= 6, outcomes


@pytest.mark.slow
@FUZZERS
def test_more_files_give_results_or_named_errors_and_nothing_else(fuzzer):
    tried(fuzzer.attempt, int(os.environ.get("MINIGRAD_FUZZ", "100000")), seed=1)
