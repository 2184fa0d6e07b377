"""One run of the study, what its summary decides, and the command."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from experiments import sweep
from experiments.__main__ import main
from experiments.studies.layers import perform as performing
from experiments.studies.layers.perform import data, new_model, perform
from experiments.studies.layers.settings import SCALES
from experiments.studies.layers.study import STUDY, grid
from experiments.studies.layers.summary import summary
from experiments.studies.layers.tasks import TASKS
from experiments.sweep import Run
from tests.experiments.paper.recorder import Recorder

TINY = {
    "D": 4,
    "sizes": {"train": 80, "dev": 20, "test": 40, "probe": 40, "units": 100},
    "max_epochs": 2,
    "probe_steps": 2,
    "units": 6,
    "mode": "level",
}


@pytest.fixture
def tiny(monkeypatch):
    """A smoke scale of some seconds."""
    monkeypatch.setitem(SCALES, "smoke", TINY)
    monkeypatch.setattr(performing, "LOOKED", 1)
    ((_, own, _),) = grid("smoke", 0, 1)
    return own


def _performed(settings, folder):
    recorder = Recorder(folder)
    perform(settings, recorder)
    return recorder


def test_a_run_tells_of_losses_probes_and_units(tiny, tmp_path):
    once = _performed(tiny, tmp_path)
    (result,) = once.results
    assert len(once.rows) == result["epochs"] == 2
    above = [sum(row["above"].values()) for row in once.rows]
    assert above[1] < above[0]
    assert result["best_epoch"] == 2
    loss = result["loss"]
    assert loss["forward"]["source"] == pytest.approx(loss["backward"]["source"])
    for own in loss.values():
        assert own["above"] == pytest.approx(own["bits"] - own["source"])
        assert own["above"] == pytest.approx(sum(own["by_class"].values()))
        assert 0 < own["error"] < own["above"]
    assert all(own["unseen"] == 0 < own["least"] for own in result["seen"].values())
    assert {when: tuple(of) for when, of in result["probes"].items()} == dict.fromkeys(
        ("before", "after"), tuple(TASKS)
    )
    assert result["probes"]["before"] != result["probes"]["after"]
    assert np.shape(result["units"]["backward"]["searched"]) == (2, 4)


@pytest.mark.slow
def test_an_interrupted_run_ends_bit_identical(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", 0.0)
    once = _performed(tiny, tmp_path)
    once.checkpoint.unlink()
    recorder = Recorder(tmp_path, stop_after=1.5 * 80 * 25)
    with pytest.raises(KeyboardInterrupt):
        perform(tiny, recorder)
    recorder.stop_after = None
    perform(tiny, recorder)
    assert recorder.rows == once.rows
    assert recorder.results == once.results


def test_the_source_costs_what_the_model_is_asked_for_word_by_word(tiny):
    """A model that knew the source would have its losses: both are in the same order."""
    of = data(tiny)
    strings, bits = of.parts["test"], of.bits("test")
    assert bits["forward"].sum() == pytest.approx(bits["backward"].sum())
    ends = strings.starts + np.arange(len(strings.lengths))
    assert bits["forward"][ends] == pytest.approx(2, abs=1e-9)  # every string begins with one of four
    assert (bits["backward"][ends] < 1).all()  # that this was the first word is no great surprise …
    assert (bits["backward"][ends + 1] >= 2 - 1e-9).all()  # … but which of the four is one, from behind too


def test_settings_determine_model_and_data(tiny):
    of, again = data(tiny), data(tiny)
    assert all((of.parts[name].words == again.parts[name].words).all() for name in of.parts)
    lengths = {name: len(own.lengths) for name, own in of.parts.items()}
    assert lengths == tiny.sizes
    assert (new_model(tiny, of).L.data == new_model(tiny, again).L.data).all()
    ((_, second, _),) = grid("smoke", 0, 2)
    others = [getattr(new_model(second, of).cell, name).layer1.Wf.data for name in ("forward", "backward")]
    mine = [getattr(new_model(tiny, of).cell, name).layer1.Wf.data for name in ("forward", "backward")]
    assert len({values.tobytes() for values in (*others, *mine)}) == 4
    assert not np.array_equal(data(second).parts["train"].words[:50], of.parts["train"].words[:50])
    assert not np.array_equal(of.parts["dev"].words[:50], of.parts["train"].words[:50])


def _result(above=0.3, error=0.1, mix=0.97, drop=0.2, unseen=0.0):
    loss = {"bits": 35.0, "source": 34.7, "above": above, "error": error, "by_class": {"noun": 0.5 * above}}
    layers = {side: [0.6, 0.9, 0.8] for side in ("forward", "backward", "both")}
    task = {
        "layers": {**layers, "both": [0.6, 0.95, 0.972]}, "mix": mix, "weights": [0.2, 0.5, 0.3],
        "chance": 0.5, "asked": 100,
    }  # fmt: skip
    lost = {"attractor": drop, "same number": 0.0}
    unit = {"layer": 2, "unit": 7, "searched": 0.3, "judged": lost}
    units = {
        "agreement": {"attractor": 0.99, "same number": 1.0}, "searched": [[0.0, 0.05], [0.3, 0.1]],
        "units": [unit], "typical": {**unit, "judged": dict.fromkeys(lost, 0.0)},
        "together": {"units": [1, 2], "best": [0.99 - drop, 0.6], "random": [0.99, 0.98]},
    }  # fmt: skip
    seen = {"unseen": unseen, "pairs": 10, "least": 1e-5}
    return copy.deepcopy(
        {
            "loss": {"forward": loss, "backward": {**loss, "above": 0.2}},
            "allowed": {name: {"forward": 1.0, "backward": 0.5} for name in TASKS},
            "probes": {when: dict.fromkeys(TASKS, task) for when in ("before", "after")},
            "units": {"forward": units, "backward": units},
            "seen": {"forward": seen, "backward": seen},
        }
    )


def _said(*results):
    settings = {"entropy": 35.0, "length": 9.9, "layers": 2, "cell": "LSTM", "D": 64}
    row = {"alerts": []}
    return summary(
        [
            Run(f"layers/LSTM/{k}", {**settings, "run": k}, 1, [row], result, [])
            for k, result in enumerate(results, 1)
        ]
    )


def test_verdicts_are_those_of_the_rows():
    good = _said(_result(), _result(above=0.7, mix=0.9675))
    assert "above the source: holds (at most 2.00 % in 2 runs of both directions)." in good
    assert "single layer less 0.5 points: holds (at worst -0.45 points" in good
    assert "across an attractor: holds (20.0, 20.0)." in good
    assert "on the same strings: holds (the lowest is +2.0 standard errors from it)." in good
    assert "is exactly 0: holds (largest 0 in 40 pairs; of the others the least 1e-05)." in good
    bad = _said(
        _result(above=0.71, drop=0.09), _result(mix=0.9665), _result(above=-0.21, unseen=1e-30, drop=0.1)
    )
    assert "above the source: does not hold (at most 2.03 % in 3 runs" in bad
    assert "less 0.5 points: does not hold (at worst -0.55 points" in bad
    assert "across an attractor: partly (9.0, 20.0, 10.0)." in bad
    assert "on the same strings: does not hold (the lowest is -2.1 standard errors from it)." in bad
    assert "is exactly 0: does not hold (largest 1e-30 in 60 pairs" in bad
    assert "across an attractor: does not hold" in _said(_result(drop=0.05))


def test_tables_tell_of_every_run():
    text = _said(_result(), _result(above=0.7, mix=0.98))
    assert "| forward, run 2 | 35.000 | 34.700 | 0.700 | 0.100 | 2.00 |" in text
    assert "| noun | +0.250 (+0.150 to +0.350) | +0.250 (+0.150 to +0.350) |" in text
    assert (
        "| 50.0 | 100.0 | 50.0 | 60.0 | 90.0 | 80.0 | 90.0 | 80.0 | 95.0 | 97.2 | 97.5 (97.0 to 98.0) |"
        in text
    )
    assert "| backward, run 1 | 99.0 | 100.0 | 2 | layer 2, 7 | 30.0 | 20.0 | 0.0 | 0.0 | 0.0 |" in text
    assert "| forward, those that count most | 79.0 | 60.0 |" in text
    assert "| backward, at random | 99.0 | 98.0 |" in text
    assert text.count("% right, after training") == text.count("% right, before training") == 1


def test_the_paper_scale_has_three_runs_of_one_kind():
    jobs = list(STUDY.jobs("paper"))
    assert [job.name for job in jobs] == [f"layers/LSTM/{k}" for k in (1, 2, 3)]
    assert jobs[0].settings.entropy == pytest.approx(35.010345, abs=1e-6)
    assert jobs[0].settings.length == pytest.approx(9.925, abs=1e-6)
    assert len({json.dumps(job.json["seeds"]) for job in jobs}) == 3
    assert replace(jobs[0].settings, run=2) != jobs[1].settings


@pytest.mark.usefixtures("tiny")
def test_a_dry_run_lists_the_run(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["layers", "--out", str(out), "--dry-run"]) == 0
    assert "layers/LSTM/1" in capsys.readouterr().out
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_the_command_trains_draws_and_says_what_one_sees(tmp_path, capsys, drawn):
    out = tmp_path / "out"
    assert main(["layers", "--out", str(out), "--save-models"]) == 0
    assert set(drawn) == {
        f"{name}.svg" for name in ("loss", "probes", "units", "unit-forward", "unit-backward")
    }
    assert len(sweep.finished(out)) == 1
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert len(list(out.rglob("*.npz"))) == 1
