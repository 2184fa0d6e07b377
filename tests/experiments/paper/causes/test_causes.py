"""Trials that differ in one thing, predictions that can fail, and the page that tells both."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache

import pytest

from experiments.__main__ import main
from experiments.paper.causes import report
from experiments.paper.causes.figures import by_heart
from experiments.paper.causes.predictions import PREDICTIONS
from experiments.paper.causes.trials import BASE, CHOSEN, SEED, TRIALS, by_trial, jobs
from experiments.paper.settings import SCALES
from experiments.sweep import finished
from tests.experiments.paper.made_up import SPREAD, accuracy_run, gradient_run, median_ratio, store

# Test accuracies in percent with which everything is as predicted.
ACCURACIES = {
    (CHOSEN, "length"): {7: 60, 8: 50, 9: 40}, ("optimiser", "length"): {7: 40, 8: 11, 9: 10},
    (CHOSEN, "depth", "RNN"): {1: 98, 2: 45, 3: 20, 5: 11}, ("words", "depth", "RNN"): {2: 50, 3: 20, 5: 11},
    ("separate", "depth", "RNN"): {2: 60, 3: 40, 5: 12},
    ("separate-words", "depth", "RNN"): {2: 85, 3: 60, 5: 12},
    ("separate-words-3", "depth", "RNN"): {2: 94, 3: 70, 5: 12},
    (CHOSEN, "depth", "RLSTM"): {1: 97.5}, ("words", "depth", "RLSTM"): {1: 99},
}  # fmt: skip


def _percent(trial, experiment, model):
    return ACCURACIES.get((trial, experiment, model)) or ACCURACIES[trial, experiment]


def _large_at_first(run):
    post = run.rows[1]["ratios"]["post"]
    post["q95_from_2"] = 2.0
    post["quantiles"] = [[q * 10 for q in quantiles] for quantiles in post["quantiles"]]


def _gradient(trial, model, n):
    run = gradient_run(model, n)
    for row in run.rows:
        post = row["ratios"]["post"]
        row["ratios"]["dev"] = {**post, "quantiles": [list(quantiles) for quantiles in post["quantiles"]]}
        if (trial, model) == ("fresh", "RNN"):
            post["quantiles"] = [[q / 10 for q in quantiles] for quantiles in post["quantiles"]]
            post["median_from_8"] /= 10
    if trial in ("words", "separate", "glorot", "optimiser", "sgd", "once"):
        _large_at_first(run)
    return run


@cache
def _runs():
    """All runs, with everything as predicted; not to be modified."""
    found = []
    for name, trial in TRIALS.items():
        for experiment, models, datasets in trial.on:
            for model in models:
                for n in range(1, 6):
                    for dataset in datasets:
                        if experiment == "gradient":
                            run = _gradient(name, model, n)
                        else:
                            percent = _percent(name, experiment, model)[dataset] + SPREAD[n - 1]
                            run = accuracy_run(experiment, dataset, model, n, percent)
                        run.result["timing"]["cpu_seconds"] = 36.0
                        found.append(replace(run, name=f"causes/{name}/{run.name}"))
    return found


ALL = [prediction for of in PREDICTIONS.values() for prediction in of]


def test_the_trials_are_the_chosen_settings_with_one_thing_changed():
    planned = list(jobs("paper"))
    assert {job.name for job in planned} == {run.name for run in _runs()}
    by_name = {job.name: job.json for job in planned}
    for name, json in by_name.items():
        _, trial, *rest = name.split("/")
        usual = by_name.get("/".join(["causes", CHOSEN, *rest]))
        changed = set() if usual is None else {key for key in json | usual if json.get(key) != usual.get(key)}
        assert changed == (set() if usual is None else set(TRIALS[trial].changes))
        assert json["seed"] == SEED
        assert json["l2_words"] == TRIALS[trial].changes.get("l2_words", BASE[json["model"]]["l2_words"])
        if rest[0] == "gradient":
            epochs = SCALES["paper"].gradient_epochs
            assert (json["min_epochs"], json["max_epochs"], json["dev_ratios"]) == (epochs, epochs, True)


def test_all_predictions_can_come_true():
    trials = by_trial(_runs())
    for prediction in ALL:
        met, measured = prediction.decide(trials)
        assert met, (prediction.text, measured)
        assert measured


def _scaled(run, factor, rows=slice(None)):
    for row in run.rows[rows]:
        post = row["ratios"]["post"]
        post["quantiles"] = [[q * factor for q in quantiles] for quantiles in post["quantiles"]]
        post["median_from_8"] *= factor


def _set_accuracy(percent):
    def spoil(run):
        run.result["test_accuracy"] = percent / 100

    return spoil


def _later_share(run):
    for row in run.rows[-3:]:
        row["ratios"]["post"]["above_2"] = 0.3


def _early_share(run):
    run.rows[9]["ratios"]["post"]["above_2"] = 0.9


def _falling_on_dev(run):
    run.rows[-1]["ratios"]["dev"]["quantiles"] = run.rows[1]["ratios"]["dev"]["quantiles"]


def _no_bound(run):
    for row in run.rows:
        row["ratios"]["extra"]["12"]["lower"] = 0.001


def _small_at_first(run):
    post = run.rows[1]["ratios"]["post"]
    post["q95_from_2"] = 0.3
    post["quantiles"] = [[q / 10 for q in quantiles] for quantiles in post["quantiles"]]


# What refutes a prediction: which runs, of those named so, and what happens to them.
SPOILT = [
    (0, "fresh/gradient/03/RNN", lambda run: _scaled(run, 5)),
    (1, "shuffled/gradient/03/RNN", lambda run: _scaled(run, 0.3)),
    (2, "fresh/gradient/03/RLSTM", _no_bound),
    (3, "fresh/gradient/03/RNN", lambda run: _scaled(run, 30)),
    (4, "fresh/gradient/03/RNN", lambda run: _scaled(run, 1000)),
    (5, "chosen/gradient/03/RNN", _falling_on_dev),
    (6, "glorot/gradient/03/RNN", _small_at_first),
    (7, "eps/gradient/03/RNN", _large_at_first),
    (8, "sgd/gradient/03/RNN", _small_at_first),
    (8, "once/gradient/03/RNN", _small_at_first),
    (9, "separate/gradient/03/RLSTM", _early_share),
    (10, "fresh/gradient/03/RLSTM", _later_share),
    (11, "optimiser/length/08/RLSTM", _set_accuracy(30)),
    (11, "optimiser/length/07/RLSTM", _set_accuracy(12)),
    (11, "chosen/length/09/RLSTM", _set_accuracy(12)),
    (12, "separate-words/depth/02/RNN", _set_accuracy(79)),
    (12, "separate/depth/02/RNN", _set_accuracy(81)),
    (13, "separate-words-3/depth/02/RNN", _set_accuracy(89)),
    (14, "separate-words/depth/05/RNN", _set_accuracy(60)),
    (15, "words/depth/01/RLSTM", _set_accuracy(97.8)),
]


def _with_copies_of(name):
    """All runs, with copies of those named so, which may be spoilt, and the places of these."""
    places = [i for i, run in enumerate(_runs()) if run.name.startswith(f"causes/{name}/")]
    runs = list(_runs())
    for i in places:
        runs[i] = copy.deepcopy(_runs()[i])
    return runs, places


@pytest.mark.parametrize(("number", "name", "spoil"), SPOILT)
def test_every_prediction_can_be_refuted(number, name, spoil):
    runs, places = _with_copies_of(name)
    assert len(places) == 5
    for i in places:
        spoil(runs[i])
    assert not ALL[number].decide(by_trial(runs))[0]


def test_where_no_run_learns_a_peak_at_the_time_of_learning_is_not_shown():
    runs = copy.deepcopy(_runs())
    for run in runs:
        if "/gradient/03/RLSTM/" in run.name:
            for row in run.rows:
                row["dev_accuracy"] = 0.1
    met, measured = ALL[9].decide(by_trial(runs))
    assert not met
    assert measured.count("no run learns") == 6


def test_runs_that_have_no_counterpart_yet_decide_nothing():
    runs = [run for run in _runs() if not ("/fresh/" in run.name and run.name[-1] in "45")]
    text = report.page(runs, SEED)
    assert "| 3 runs of fresh beside 5 of chosen | no rows |" in text
    assert text.count("| no rows |") == 1


def test_one_run_of_five_may_be_otherwise_and_two_may_not():
    for count, expected in ((1, True), (2, False)):
        runs, places = _with_copies_of("fresh/gradient/03/RNN")
        for i in places[:count]:
            _scaled(runs[i], 5)
        assert ALL[0].decide(by_trial(runs))[0] == expected


def test_the_page_tells_what_came_out_and_what_is_missing():
    text = report.page(_runs(), SEED)
    assert text.count("| as predicted |") == len(ALL)
    assert f"{len(_runs())} runs, 2.0 CPU-hours" in text
    assert "L2 3e-3 on words | depth | 2 | RNN | 94.0 (93.6–94.3) |" in text
    assert text.count("### Experiment 3") == 10
    few = report.page([run for run in _runs() if "/fresh/" not in run.name], SEED)
    assert few.count("| no rows |") == 6
    assert "**not so**" not in few
    assert report.page([], SEED).count("| no rows |") == len(ALL)


def test_the_figure_shows_ratio_and_loss_of_the_three_trials_for_both_models():
    panels = by_heart(by_trial(_runs())).axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        "(a) RNN: gradient ratio at depth 10",
        "(b) RNN: training loss",
        "(c) RLSTM: gradient ratio at depth 10",
        "(d) RLSTM: training loss",
    ]
    chosen, shuffled, fresh = (line for line in panels[0].lines if len(line.get_xdata()) == 14)
    medians = [median_ratio("RNN", epoch, 10) for epoch in range(14)]
    assert list(chosen.get_ydata()) == pytest.approx(medians, rel=0.02)
    assert list(shuffled.get_ydata()) == list(chosen.get_ydata())
    assert list(fresh.get_ydata()) == pytest.approx([m / 10 for m in medians], rel=0.02)
    losses = [list(line.get_ydata()) for line in panels[1].lines if len(line.get_xdata()) > 2]
    assert losses == [[1.0] * 13] * 3  # none before the first update


def test_rows_of_another_command_are_told_of_before_any_training(tmp_path, capsys):
    store(tmp_path, [accuracy_run("length", 1, "RNN", 1, 90)])
    assert main(["causes", "--out", str(tmp_path)]) == 2
    assert (
        "rows of length are stored here, too; name a folder of its own with --out" in capsys.readouterr().err
    )
    assert len(finished(tmp_path)) == 1


def test_the_command_trains_what_is_left_and_writes_page_and_figure(tmp_path, monkeypatch, drawn, capsys):
    monkeypatch.setattr("experiments.paper.causes.figures.by_heart", lambda trials: sorted(trials))
    one = next(job for job in jobs("smoke", runs=1) if job.name == "causes/separate/depth/02/RNN/1")
    monkeypatch.setattr("experiments.paper.causes.trials.jobs", lambda *of: iter([one]))
    for _ in range(2):
        assert main(["causes", "--out", str(tmp_path)]) == 0
    assert "1 of 1 runs are finished" in capsys.readouterr().out
    (run,) = finished(tmp_path)
    assert len(run.environments) == 1  # tried once
    assert drawn == {"by-heart.svg": sorted(TRIALS)}
    assert run.settings["leaf_weights"] == "separate"
    assert (tmp_path / "causes.md").read_text(encoding="utf-8") == report.page([run], SEED)
