"""Character language models: chains, bits per character, one run, and the command."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.studies.text import study
from experiments.studies.text.corpus import PARTS
from experiments.studies.text.data import data, read
from experiments.studies.text.perform import bits, measure_baselines, new_model, perform
from experiments.studies.text.settings import CELLS, SCALES, BaselineSettings, networks, of_corpus
from experiments.studies.text.summary import summary
from experiments.studies.text.units import reach_table, units_table, verdicts_of_units
from experiments.studies.text.windows import chains, whole
from experiments.sweep import Run, to_json
from minigrad.nn import StateError
from tests.experiments.paper.recorder import Recorder

TINY = {
    "D": 6, "sizes": dict(zip(PARTS, (4_000, 1_000, 1_000), strict=True)), "max_epochs": 2,
    "window": {"python": 20, "prose": 20},
}  # fmt: skip
LOOKS = {"excerpt": 30, "moments": (2_000, 5_000, 7_500, 1_000_000)}


@pytest.fixture
def novel(tmp_path, monkeypatch):
    """A file of words drawn at random, and a smoke scale of a second."""
    monkeypatch.setitem(SCALES, "smoke", TINY)
    rng, path = np.random.default_rng(0), tmp_path / "novel.txt"
    words = ["".join(rng.choice(list("abcde"), 4)) for _ in range(8)]
    path.write_text(" ".join(rng.choice(words, 2_400)))
    return path


def _settings(novel, cell="GRU", **changes):
    corpus = read("prose", novel, TINY["sizes"])
    named = {settings.cell: settings for _, settings in networks(corpus, "smoke", 0, 1)}
    return replace(named[cell], **{"mode": "level", "D": 6, "places": 5, "longest": 20, **LOOKS, **changes})


def _performed(settings, novel, folder):
    recorder = Recorder(folder)
    recorder.paths = {"text": str(novel)}
    perform(settings, recorder)
    return recorder


def test_windows_read_each_character_once_and_predict_the_next_one():
    characters = models.Vocabulary(list("abcdefgh"))
    forest = chains([np.arange(7), np.array([7]), np.array([3, 1])], characters, 3)
    reads, says = forest.word[forest.right[forest.inner]], forest.label[forest.inner]
    assert reads.tolist() == [0, 1, 2, 3, 4, 5, 3]
    assert says.tolist() == [1, 2, 3, 4, 5, 6, 1]
    assert np.bincount(forest.tree[forest.inner]).tolist() == [3, 3, 1]


def test_whole_texts_come_in_their_order_and_none_is_left_out(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.windows.AT_ONCE", 5)
    texts = [np.arange(4), np.arange(3), np.arange(2), np.arange(1), np.arange(0)]
    forests = list(whole(texts, models.Vocabulary(list("abcd"))))
    assert [len(forest.inner) for forest in forests] == [5, 1]
    assert np.concatenate([f.label[f.inner] for f in forests]).tolist() == [1, 2, 3, 1, 2, 1]


def test_bits_are_those_of_the_models_probabilities(novel):
    settings = _settings(novel)
    of = data(settings, {"text": str(novel)})
    model, text = new_model(settings, of), of.parts["dev"][0][:50]
    chance = model.probabilities(chains([text], of.characters, 100), "level")
    wanted = -np.log2(chance[np.arange(49), text[1:]]).mean()
    assert bits(model, [text], "level") == pytest.approx(wanted, rel=1e-5)
    for parameter in (model.Ws, model.bs):
        parameter.data[...] = 0
    assert bits(model, of.parts["dev"], "level") == pytest.approx(math.log2(len(of.characters)), rel=1e-6)


@pytest.mark.parametrize(
    "cell", [pytest.param(cell, marks=[] if cell == "LSTM" else pytest.mark.slow) for cell in CELLS]
)
def test_a_run_has_a_row_per_epoch_and_the_best_on_test(cell, novel, tmp_path):
    recorder = _performed(_settings(novel, cell, max_epochs=3, lr=0.02), novel, tmp_path)
    (result,) = recorder.results
    found = [row["dev_bits"] for row in recorder.rows]
    assert len(found) == result["epochs"] == 3
    assert result["dev_bits"] == min(found) == found[result["best_epoch"] - 1]
    assert result["characters"] == 3_999 * result["best_epoch"]
    assert found[0] > min(found) > 0.5
    assert result["test_bits"] == pytest.approx(result["dev_bits"], rel=0.2)
    assert result["reach"]["before"] != result["reach"]["after"]
    for when, reached, apart in looks_at(result):
        parts = {"h", "c"} if cell == "LSTM" else {"h"}
        assert set(reached) - {"characters"} == set(apart["arriving"]) == parts, when
        assert {len(reached[part]) for part in parts} == {21}
        assert len(apart["bits"]) == 30
        for part in parts:
            assert [len(own) for own in apart[part]] == [*range(1, 31)]
            assert len(apart["arriving"][part]) == 30
    assert len(result["itemised"]["text"]) == 31
    reached = [row["characters"] for row in result["reach"]["during"]]
    batch = 32 * 20
    assert len(reached) == 3  # 12,000 characters are trained on
    assert all(moment <= n < moment + batch for moment, n in zip(LOOKS["moments"], reached, strict=False))
    assert set(result["cells"]) == {"position", "letters"}  # there are no quotes
    row = result["cells"]["letters"]
    assert abs(row["score"]) > 0.4
    assert 0 < row["chance"] < 1
    assert {"relevant", "elsewhere"} == set(row["clamped"]) == set(row["typical_clamped"])
    shown = row["excerpt"]
    assert len(shown["text"]) == len(shown["values"]) == len(shown["typical"]) == len(shown["truth"]) == 480
    assert [bool(value) for value in shown["truth"]] == [letter.isalpha() for letter in shown["text"]]


def looks_at(result):
    """Yield when, medians and itemised gradients of each moment of a run."""
    reached, apart = result["reach"], result["itemised"]
    for when in ("before", "after"):
        yield when, reached[when], apart[when]
    yield from zip(("during",) * len(reached["during"]), reached["during"], apart["during"], strict=True)


@pytest.mark.slow
def test_an_interrupted_run_ends_bit_identical(novel, tmp_path, monkeypatch):
    settings = _settings(novel)
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    once = _performed(settings, novel, tmp_path)
    once.checkpoint.unlink()
    recorder = Recorder(tmp_path, stop_after=1.5 * 2 * 4_000)
    recorder.paths = {"text": str(novel)}
    with pytest.raises(KeyboardInterrupt):
        perform(settings, recorder)
    recorder.stop_after = None
    perform(settings, recorder)
    assert recorder.rows == once.rows
    assert recorder.results == once.results


@pytest.mark.slow
def test_looking_does_not_change_the_training(novel, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.studies.text.perform.knowledge", lambda *_: {})  # not asked here
    alone = _performed(_settings(novel, moments=(), max_epochs=1), novel, tmp_path)
    alone.checkpoint.unlink()
    looked = _performed(_settings(novel, moments=(500, 1_500), max_epochs=1), novel, tmp_path)
    assert looked.rows == alone.rows
    assert looked.results[0]["itemised"].pop("during") != alone.results[0]["itemised"].pop("during") == []
    assert looked.results[0]["reach"].pop("during") != alone.results[0]["reach"].pop("during") == []
    assert looked.results == alone.results


def test_a_corpus_that_has_changed_is_refused(novel, tmp_path):
    settings = _settings(novel)
    novel.write_text(novel.read_text().replace("a", "b"))
    with pytest.raises(StateError, match=r"the corpus prose \(novel.txt\) has changed"):
        _performed(settings, novel, tmp_path)


def test_rivals_read_the_same_characters(novel, tmp_path):
    corpus = read("prose", novel, TINY["sizes"])
    recorder = Recorder(tmp_path)
    recorder.paths = {"text": str(novel)}
    measure_baselines(BaselineSettings(**of_corpus(corpus, "smoke")), recorder)
    (result,) = recorder.results
    assert len(result["ngrams"]["dev"]) == len(result["ngrams"]["test"]) == 7
    assert 3 / 5 < min(result["ngrams"]["test"]) < 1  # three bits for a word of four letters and a space
    assert result["alphabet"] == 7
    assert set(result["compressors"]) == {"bz2", "xz"}


def _run(cell, number, bits, D=128):
    settings = {"cell": cell, "D": D, "run": number, "corpus": "prose"}
    row = {"kind": "epoch", "epoch": 1, "dev_bits": bits, "alerts": []}
    curves = {"before": {"h": [1.0, 0.5]}, "after": {"h": [1.0, 0.9]}}
    apart = {"arriving": {"h": "aa"}, "h": ["a", "aa"]}
    itemised = {"text": "abc", "before": apart, "after": apart}
    result = {"dev_bits": bits, "test_bits": bits, "reach": curves, "itemised": itemised, "cells": {}}
    return Run(f"text/prose/{cell}-{D}/{number}", settings, 1, [row], result, [])


def _said(*runs):
    settings = {"corpus": "prose", "version": "a.txt", "hash": "0" * 64, "min_count": 10}
    rivals = {"ngrams": {"dev": [3.0, 2.0], "test": [3.1, 2.1]}, "compressors": {"xz": 2.5}, "alphabet": 9}
    return summary([*runs, Run("text/prose/baselines", settings, 1, [], rivals, [])])


def test_verdicts_are_those_of_the_rows():
    good = _said(
        *(_run("LSTM", k, b) for k, b in ((1, 1.9), (2, 1.95))), *(_run("Elman", k, 2.2) for k in (1, 2))
    )
    assert "1.95 bits per character on test: holds (at most 1.950 in 2 runs)." in good
    assert "Elman network of the same seed: holds (2 of 2 runs)." in good
    assert "best on dev, 2.100: holds (2 of 2 runs)." in good
    bad = _said(_run("LSTM", 1, 1.951), _run("LSTM", 2, 2.15), _run("Elman", 1, 2.0), _run("Elman", 2, 2.1))
    assert "1.95 bits per character on test: does not hold (at most 2.150 in 2 runs)." in bad
    assert "Elman network of the same seed: does not hold (1 of 2 runs)." in bad
    assert "best on dev, 2.100: does not hold (1 of 2 runs)." in bad
    assert "1.95" not in _said(_run("LSTM", 1, 1.9, D=32))  # of another width nothing was expected


def _units(number, score, rises, truth="brackets"):
    """Return a run of the large LSTM on Python, whose unit for a truth has that score and those rises."""
    run = _run("LSTM", number, 1.8, D=256)
    run.settings["corpus"] = "python"
    row = {"unit": "c7", "score": score, "chance": 0.1, "typical_score": 0.01, "left_over": -0.3}
    clamped = dict(zip(("relevant", "elsewhere"), rises, strict=True))
    run.result["cells"][truth] = {**row, "clamped": clamped}
    return run


def _said_of_units(*runs):
    return "\n".join(verdicts_of_units(runs))


def test_verdicts_on_units_are_those_of_the_rows():
    good = _said_of_units(_units(1, -0.75, (0.75, 0.25)), _units(2, 0.9, (0.3, -0.1)))
    assert "the depth of brackets with r of at least 0.75 in size: holds (at least 0.75 in 2 runs)." in good
    assert "5 times chance, of r or 2 AUC − 1: holds (at least 7.5)." in good
    assert "3 times as much as elsewhere: holds (2 of 2 runs)." in good
    bad = _said_of_units(
        _units(1, 0.74, (0.29, 0.1)), _units(2, 0.49, (None, 0.1)), _units(3, 0.9, (-0.1, -0.2))
    )
    assert "in size: does not hold (at least 0.49 in 3 runs)." in bad
    assert "2 AUC − 1: does not hold (at least 4.9)." in bad
    assert "as elsewhere: does not hold (0 of 3 runs)." in bad
    assert "an AUC of at least 0.9: holds (at least 0.90" in _said_of_units(_units(1, -0.8, (1, 0), "string"))
    assert "an AUC of at least 0.9: does not hold" in _said_of_units(_units(1, 0.78, (1, 0), "string"))
    assert _said_of_units(_run("LSTM", 1, 1.9)) == ""


def test_tables_tell_of_every_run():
    table = units_table([_units(1, -0.75, (0.75, 0.25)), _units(2, 0.9, (0.3, -0.1))])
    assert "| open brackets | LSTM, D 256 | c7, c7 | 0.82 (0.75 to 0.90) | 0.10 " in table
    assert "(+0.300 to +0.750)" in table
    reached = reach_table([_run("GRU", 1, 2.0), _run("GRU", 2, 2.0)])
    assert "| GRU, D 128 | h | 1.0 | not within 1 in 2 of 2 runs | not" in reached


def test_the_paper_scale_is_what_the_predictions_are_about(novel):
    planned = study.jobs("paper", text=novel)
    kinds = {job.name.rpartition("/")[0] for job in planned if isinstance(job.settings, study.Settings)}
    assert kinds == {f"text/{c}/{cell}-128" for c in ("python", "prose") for cell in CELLS} | {
        "text/python/LSTM-256"
    }
    assert len(planned) == 7 * 3 + 2
    assert len({job.id for job in planned}) == len(planned)
    for job in planned:
        assert job.json["hash"]
        if job.name.startswith("text/python/LSTM"):
            corpus = read("python", None, None)
            assert 0.9 < job.settings.max_epochs * corpus.sizes["train"] / 20e6 < 1.1
    assert study.expected_hours(planned) > 0
    assert to_json(planned[0].settings)["version"].startswith("CPython")


def test_a_dry_run_lists_the_runs_and_says_how_long_they_take(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["text", "--scale", "paper", "--dry-run", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "CPU-hours" in said
    assert "text/python/LSTM-256/3" in said
    assert not out.exists()


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_text_that_will_not_do_is_refused_before_anything_is_written(content, tmp_path, capsys):
    path, out = tmp_path / "wrong.txt", tmp_path / "out"
    if content is not None:
        path.write_bytes(content)
    assert main(["text", "--text", str(path), "--out", str(out)]) == 2
    assert "wrong.txt" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
def test_the_command_trains_draws_and_says_what_one_sees(novel, tmp_path, capsys, drawn, monkeypatch):
    out, size = tmp_path / "out", 12_000  # there are modules that are as short
    monkeypatch.setitem(SCALES, "smoke", {**TINY, "sizes": dict.fromkeys(PARTS, size)})
    assert main(["text", "--text", str(novel), "--out", str(out), "--live"]) == 0
    assert len(list((out / "live").iterdir())) == 6  # of the networks
    assert {"bits.svg", "reach.svg", "cell-prose-letters.svg", "cell-prose-letters-typical.svg"} <= set(drawn)
    assert {"fall.svg", "itemised-prose-LSTM-6-c.svg", "itemised-python-GRU-6.svg"} <= set(drawn)
    page = (out / "itemised.html").read_text(encoding="utf-8")
    assert page.count('"network":') == 6
    assert len(sweep.finished(out)) == 8
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert "# Python's standard library" in text
    assert "# Prose" in text
