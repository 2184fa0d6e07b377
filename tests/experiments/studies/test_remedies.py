"""Remedies: each run is Experiment 3's with one thing changed, and the summary says what the rows say."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib import import_module

import numpy as np
import pytest

import minigrad as mg
from experiments.__main__ import main
from experiments.paper import run as paper_run
from experiments.paper.settings import SCALES, run_settings
from experiments.studies.remedies import STUDY, trials
from experiments.studies.remedies.perform import perform, remedied_model, remedied_optimizer
from experiments.studies.remedies.settings import ARCHITECTURE, BATCH, REMEDIES, grid
from experiments.studies.remedies.summary import better_than_guessing, summary
from experiments.sweep import Run, to_json
from experiments.training.watcher import Watcher
from tests.experiments.paper.recorder import Recorder
from tests.experiments.row_text import assert_rows

TINY = {
    "sizes": {"train": 60, "dev": 30, "test": 30}, "lengths": (4, 8),
    "D": 6, "mode": "level", "min_epochs": 2, "max_epochs": 2,
}  # fmt: skip


module = import_module("experiments.studies.remedies.perform")  # the package has a function of that name


def _settings(remedy, run=1, seed=0):
    (of,) = (settings for name, settings, _ in grid("paper", seed, run) if name == remedy)
    return of


def _tiny(remedy, **changes):
    return replace(_settings(remedy), **TINY | changes)


def _performed(folder, of, **options):
    recorder = Recorder(folder, **options)
    perform(of, recorder)
    recorder.checkpoint.unlink(missing_ok=True)
    return recorder


def _as_run(recorder, of):
    return Run(f"remedies/{of.remedy}/1", to_json(of), 1, recorder.rows, recorder.results[0], [])


def test_rnn_and_rlstm_are_the_runs_of_experiment_3():
    for model in ("RNN", "RLSTM"):
        ours = _settings(model, 2, 7)
        paper = run_settings("gradient", 3, model, 2, scale=SCALES["paper"], seed=7)
        changed = {name for name, value in vars(paper).items() if getattr(ours, name) != value}
        assert changed == {"experiment", "max_epochs", "min_epochs", "extra", "extra_depths"}
        own = {f.name: f.default for f in fields(ours) if f.name not in vars(paper)}
        assert all(getattr(ours, name) == value for name, value in own.items() if name != "remedy")
        assert ours.min_epochs >= 10


def test_a_remedy_changes_what_it_says_and_nothing_else():
    plain = _settings("RNN")
    for name, remedy in REMEDIES.items():
        ours = _settings(name)
        expected = {"remedy": name, "model": remedy.model, "batch": BATCH.get(remedy.model, 20)}
        expected |= remedy.changes
        assert ours == replace(plain, **expected)
    unnamed = {str(replace(_settings(name), remedy="")) for name in REMEDIES}
    assert len(unnamed) == len(REMEDIES)


def test_the_plain_rnn_trains_as_in_experiment_3(tmp_path):
    ours = _performed(tmp_path, _tiny("RNN"))
    paper = run_settings("gradient", 3, "RNN", 1, scale=SCALES["paper"], seed=0)
    theirs = Recorder(tmp_path)
    paper_run.perform(replace(paper, **TINY, extra_depths=()), theirs)
    assert [row["epoch"] for row in ours.rows] == [0, 1, 2]
    for row, other in zip(ours.rows, theirs.rows, strict=True):
        for key in ("loss", "dev_accuracy", "best"):
            assert row[key] == other[key]
        for key in ("depth", "count", "quantiles", "left_out", "median_from_8"):
            assert row["ratios"][key] == other["ratios"]["post"][key]
    for key in ("test_accuracy", "dev_accuracy", "best_epoch", "epochs", "data_hash"):
        assert ours.results[0][key] == theirs.results[0][key]


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_remedy_has_rows_figures_and_a_summary(tmp_path, remedy):
    of = _tiny(remedy)
    recorder = _performed(tmp_path, of, model=tmp_path / "model.npz")
    assert [row["epoch"] for row in recorder.rows] == [0, 1, 2]
    assert all(sum(row["ratios"]["count"]) + row["ratios"]["left_out"] == 60 for row in recorder.rows)
    assert recorder.rows[0]["alerts"] == []
    assert recorder.model.exists()
    assert_rows(f"remedies-{remedy}", recorder)
    runs = [_as_run(recorder, of)]
    assert set(STUDY.figures(runs)) == {"accuracy", "ratios"}
    assert f"| {REMEDIES[remedy].title} | {100 * recorder.results[0]['test_accuracy']:.1f} " in summary(runs)


def test_matrices_start_as_asked_and_words_as_ever():
    plain = remedied_model(_tiny("RNN")).state_dict()
    for name, expected in (("orthogonal", None), ("identity", np.eye(6))):
        gain = REMEDIES[name].changes.get("gain", 1.0)
        started = remedied_model(_tiny(name)).state_dict()
        for matrix in ("cell.W1", "cell.W2"):
            W = started[matrix]
            np.testing.assert_allclose(W @ W.T, gain**2 * np.eye(6), atol=1e-6)
            assert expected is None or np.array_equal(W, np.float32(gain) * np.float32(expected))
        assert all(np.array_equal(started[key], plain[key]) for key in ("L", "Ws", "bs", "cell.b"))
    elman = remedied_model(_tiny("Elman", recurrent="identity")).state_dict()
    assert np.array_equal(elman["cell.W"], np.eye(6))
    assert not np.array_equal(elman["cell.U"], np.eye(6))


def test_optimisers_keep_the_papers_groups():
    for name, kind in (("RNN", mg.optim.AdaGrad), ("RMSProp", mg.optim.RMSProp), ("Nesterov", mg.optim.SGD)):
        of = _tiny(name)
        optimizer = remedied_optimizer(remedied_model(of), of)
        assert type(optimizer) is kind
        assert [group["l2"] for group in optimizer.groups] == [1e-3, 0.0, 1e-3]
        assert {group["lr"] for group in optimizer.groups} == {of.lr}
    assert all(group["nesterov"] and group["momentum"] == 0.9 for group in optimizer.groups)


def test_clipping_bounds_every_update_s_gradient(tmp_path, monkeypatch):
    norms = []

    class Norms(Watcher):
        def batch(self, trees, forest, states):
            norms.append(self.norm())

    def watched(recorder, model, *rest, watchers, **options):
        watcher = Norms()
        watcher.norm = lambda: mg.optim.clip_grad_norm(model.parameters(), np.inf)
        return fit(recorder, model, *rest, watchers=[*watchers, watcher], **options)

    fit = paper_run.recorded_fit
    monkeypatch.setattr(paper_run, "recorded_fit", watched)
    _performed(tmp_path, _tiny("RNN", batch=5))
    free = max(norms)
    norms.clear()
    _performed(tmp_path, _tiny("clipping", batch=5, max_norm=free / 4))
    assert max(norms) == pytest.approx(free / 4, rel=1e-5)


def test_dropout_acts_in_training_alone(tmp_path, monkeypatch):
    seen = []
    shown = module.MonitorWatcher.batch

    def batch(self, trees, forest, states):
        seen.append(states.h.data[forest.leaves])
        shown(self, trees, forest, states)

    monkeypatch.setattr(module.MonitorWatcher, "batch", batch)
    _performed(tmp_path, _tiny("dropout", dropout_words=0.5))
    updates = 2 * 3  # epochs, minibatches; afterwards the trained model is looked at
    assert all(0.3 < (leaves == 0).mean() < 0.7 for leaves in seen[:updates])
    assert len(seen) > updates
    assert all((leaves != 0).all() for leaves in seen[updates:])


@pytest.mark.parametrize(("remedy", "every"), [("dropout", 0.0), ("RMSProp", 0.0), ("LSTM", 1e9)])
def test_an_interrupted_run_ends_bit_identical(tmp_path, monkeypatch, remedy, every):
    monkeypatch.setattr("experiments.training.recorded.CHECKPOINT_EVERY", every)
    of = _tiny(remedy, dropout_words=0.3 if remedy == "dropout" else 0.0, max_epochs=3, min_epochs=3)
    whole = _performed(tmp_path, of)
    recorder = Recorder(tmp_path)
    for share in (0.4, 1.2):
        recorder.nodes, recorder.stop_after = 0, share * whole.nodes / 3
        with pytest.raises(KeyboardInterrupt):
            perform(of, recorder)
    recorder.stop_after = None
    perform(of, recorder)
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results


def test_the_rule_fires_where_nothing_arrives_and_is_silent_where_all_does(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DEEP", 3)
    changes = {"lr": 0.0, "lengths": (12, 16), "sizes": {"train": 500, "dev": 20, "test": 20}, "batch": 50}
    vanishing = _performed(tmp_path, _tiny("RNN", **changes))
    alerts = [a for row in vanishing.rows for a in row["alerts"] if a["rule"] == "vanishing"]
    assert [alert["epoch"] for alert in alerts] == [1]  # once, as long as it lasts
    assert alerts[0]["value"] < 0.1
    assert (
        alerts[0]["batch"] >= 3 * 100 / 50
    )  # a sentence has one keyword: three windows take six minibatches
    assert vanishing.results[0]["trained"]["alerts"] == 1
    whole = _performed(tmp_path, _tiny("residual", **changes))
    assert not [a for row in whole.rows for a in row["alerts"] if a["rule"] == "vanishing"]
    assert whole.results[0]["trained"]["alerts"] == 0
    assert whole.results[0]["trained"]["verdicts"] >= 3
    assert whole.results[0]["trained"]["last"] > 0.1


def _made(remedy, accuracies, medians=(0.001, 0.5), alerts=((1,),), trained=0, verdicts=4):
    """Runs made up: medians by epoch, the epochs of alerts by run, alerts over the trained model."""
    runs = []
    for n, accuracy in enumerate(accuracies):
        fired = alerts[n % len(alerts)]
        rows = [
            {
                "epoch": epoch,
                "loss": 0.25,
                "ratios": {
                    "depth": [2, 10], "count": [3, 1], "median_from_8": median,
                    "quantiles": [[1.0] * 5, [0, 0, median, 0, 0]],
                },
                "alerts": [{"rule": "vanishing", "epoch": epoch}] * (epoch in fired)
                + [{"rule": "exploding", "epoch": epoch}],
            }
            for epoch, median in enumerate(medians)
        ]  # fmt: skip
        result = {
            "test_accuracy": accuracy,
            "best_epoch": n + 1,
            "trained": {"alerts": trained, "verdicts": verdicts, "last": 1.0},
        }
        runs.append(Run(f"remedies/{remedy}/{n}", to_json(_settings(remedy, n)), 1, rows, result, []))
    return runs


def test_whether_the_rule_fires_on_the_rnn_is_read_from_its_alerts():
    text = summary(_made("RNN", [0.1, 0.11], alerts=[(1,), (1,)]))
    assert "It fires on the plain RNN: holds (2 of 2 runs, epoch 1)." in text
    assert "0.001 before training, is under the threshold in epoch 0 and 0.5 in the last" in text
    assert "of its best epoch (1, 2) the rule fires in 0 of 2 runs" in text
    text = summary(_made("RNN", [0.1, 0.11], medians=(0.01, 0.02, 0.03, 0.2), alerts=[(1, 3), ()]))
    assert "It fires on the plain RNN: does not hold (1 of 2 runs, epochs 1, 3)." in text
    assert "under the threshold in epochs 0–2 and 0.2 in the last" in text


def test_whether_it_is_silent_for_the_rlstm_is_read_from_the_trained_runs():
    silent = summary(_made("RLSTM", [0.9, 0.1], alerts=[(1,), ()]))
    assert "It stays silent for a trained RLSTM: holds" in silent
    assert "4 windows, in the 1 of 2 runs" in silent
    assert "it fired in 1 of 2 runs, epoch 1." in silent
    assert "RLSTM: does not hold" in summary(_made("RLSTM", [0.9], trained=1))
    assert "RLSTM: does not hold" in summary(_made("RLSTM", [0.9], verdicts=0))  # it has not looked
    assert "No run of it reached 80 %" in summary(_made("RLSTM", [0.5]))


def test_remedies_are_sorted_by_whether_they_guess():
    edge = better_than_guessing(1000)
    assert edge == pytest.approx(10 + 300 * np.sqrt(0.1 * 0.9 / 1000))
    runs = [*_made("RNN", [0.1]), *_made("relu", [0.12, 0.11])]
    runs += [*_made("identity", [edge / 100 + 0.001, 0.5]), *_made("highway", [edge / 100 - 0.001, 0.5])]
    text = summary(runs)
    assert "in every run: identity; in some: highway; in none: relu." in text
    assert "The plain RNN has 10.0 % (better than guessing in 0 of 1 runs)." in text
    assert text.index("| highway |") < text.index("| RNN |")


def test_an_epoch_without_ratios_is_a_dash():
    text = summary(_made("relu", [0.1], medians=(None, 0.0, None)))
    assert "| relu | 10.0 (10.0–10.0) | 0.25 | – | 0 | – | 1 of 1, epoch 1 | 0 of 1 |" in text


def test_trees_and_chains_are_held_against_each_other_at_one_depth():
    runs = [*_made("RNN", [0.1], (0.1, 0.3)), *_made("Elman", [0.2], (0.1, 0.7))]
    text = summary(runs)
    assert "RNN over trees 10.0 %, Elman over chains 20.0 %" in text
    assert "in the last epoch 0.3 and 0.7" in text
    assert "Trees against chains" not in summary(runs[:1])


def test_figures_show_every_run_sorted_and_leave_zeros_out():
    runs = [*_made("RNN", [0.1, 0.2]), *_made("residual", [0.9], (2.0, 0.0, 3.0)), *_made("LSTM", [0.5])]
    figures = STUDY.figures(runs)
    labels = [label.get_text() for label in figures["accuracy"].axes[0].get_yticklabels()]
    assert labels == ["residual", "LSTM, chains", "RNN"]
    panels = {axes.get_title(loc="left")[4:]: axes for axes in figures["ratios"].axes}
    lines = {line.get_label(): line for line in panels[ARCHITECTURE].get_lines()}
    assert lines["residual"].get_xydata().tolist() == [[0, 2], [2, 3]]
    assert lines["RNN"].get_xydata().tolist() == [[0, 0.001], [1, 0.5]]


def test_trials_have_data_of_their_own_and_change_what_they_name():
    made = {job.name: job.settings for job in trials.TRIAL_STUDY.jobs("paper")}
    study = [job.settings for job in STUDY.jobs("paper")]
    assert len({str(of) for of in made.values()}) == len(made)
    for name, of in made.items():
        assert of.seeds["data"] not in [other.seeds["data"] for other in study]
        assert of.ratios is False
        assert name.split("/")[1] == of.remedy in REMEDIES


def test_a_trial_is_a_run_without_ratios_and_a_row_of_the_table(tmp_path):
    of = replace(next(iter(trials.TRIAL_STUDY.jobs("smoke"))).settings, **TINY)
    recorder = _performed(tmp_path, of)
    assert [row["epoch"] for row in recorder.rows] == [1, 2]
    table = trials.summary(
        [Run("remedies-trials/relu/lr-0.01/1", to_json(of), 1, recorder.rows, recorder.results[0], [])]
    )
    dev = 100 * recorder.results[0]["dev_accuracy"]
    assert (
        table.splitlines()[-1] == f"| relu | lr 0.01 | {dev:.1f} | {recorder.results[0]['best_epoch']} | 2 |"
    )


def test_a_trial_of_two_settings_names_both():
    result = {"dev_accuracy": 0.25, "best_epoch": 1}
    table = trials.summary([Run("remedies-trials/relu/init-glorot+lr-0.1/1", {}, 1, [], result, [])])
    assert table.splitlines()[-1].startswith("| relu | init glorot, lr 0.1 | 25.0 | 1 |")


def test_a_dry_run_lists_all_runs_and_writes_nothing(tmp_path, capsys):
    assert main(["remedies", "--out", str(tmp_path / "new"), "--dry-run", "--runs", "2"]) == 0
    printed = capsys.readouterr().out
    assert all(f"remedies/{name}/{n}" in printed for name in REMEDIES for n in (1, 2))
    assert main(["remedies", "--trials", "--out", str(tmp_path / "new"), "--dry-run"]) == 0
    assert "remedies-trials/RMSProp/lr-0.001/1" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # compiles the cells
def test_the_command_writes_rows_figures_and_summary(tmp_path, capsys):
    assert main(["remedies", "--out", str(tmp_path)]) == 0
    assert len(list((tmp_path / "runs").glob("*.jsonl"))) == len(REMEDIES)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        f"{name}.{suffix}" for name in ("accuracy", "ratios") for suffix in ("pdf", "svg", "png")
    }
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").strip() in capsys.readouterr().out
