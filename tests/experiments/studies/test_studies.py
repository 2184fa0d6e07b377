"""The frame of the studies: what a study's command does, and what its rows hold."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from importlib import import_module

import numpy as np
import pytest

from experiments import sweep
from experiments.__main__ import COMMANDS, main
from experiments.sweep import figures
from experiments.sweep.output import RESULTS
from experiments.training import recorded
from experiments.training.loop import fit
from experiments.training.monitoring import MonitorWatcher
from minigrad.monitor import Monitor, Rule, Verdict
from tests.experiments.paper.recorder import Recorder
from tests.experiments.studies import pretend_study

FORMATS = figures.FORMATS


@pytest.fixture(autouse=True)
def command(monkeypatch, in_process):
    """The pretended study among the commands."""
    monkeypatch.setitem(COMMANDS, "pretend", "a study for tests")
    monkeypatch.setattr(
        "viz.command_line.import_module",
        lambda name: pretend_study if name == "experiments.commands.pretend" else import_module(name),
    )
    yield
    pretend_study.FAILING.clear()


def _pretend(out, *options):
    return main(["pretend", "--out", str(out), *options])


def _rows(out):
    return [
        [{k: v for k, v in row.items() if k != "timing"} for row in run.rows] for run in sweep.finished(out)
    ]


def test_a_study_trains_draws_and_sums_up(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(figures, "FORMATS", FORMATS)
    out = tmp_path / "out"
    assert _pretend(out, "--scale", "paper") == 0
    runs = sweep.finished(out)
    assert [run.name for run in runs] == ["pretend/RNN/1", "pretend/RNN/2"]
    for run in runs:
        assert [row["epoch"] for row in run.rows] == [1, 2, 3, 4]
        assert {"loss", "dev_accuracy", "best", "alerts", "size"} <= set(run.rows[0])
    assert {path.name for path in (out / "figures").iterdir()} == {"losses.pdf", "losses.svg", "losses.png"}
    losses = [run.rows[-1]["loss"] for run in runs]
    text = f"Runs: 2, median loss {np.median(losses):.4f}.\n"
    assert (out / "summary.md").read_text() == text
    printed = capsys.readouterr().out
    assert printed.endswith(f"\n{text}")
    assert f"figure: {out / 'figures' / 'losses'}.pdf, .svg, .png" in printed


def test_a_dry_run_lists_the_runs_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "out"
    assert _pretend(out, "--runs", "3", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "3 of 3 runs to do" in printed
    assert "pretend/RNN/3" in printed
    assert not out.exists()


def test_a_second_call_trains_nothing_and_draws_again(tmp_path):
    _pretend(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix}
    drawn = [tmp_path / "summary.md", *(tmp_path / "figures").iterdir()]
    for path in drawn:
        path.unlink()
    pretend_study.FAILING.add(1)  # would show if a run were repeated
    assert _pretend(tmp_path) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_failed_run_is_exit_code_1_and_nothing_is_drawn_of_the_others(tmp_path, capsys):
    pretend_study.FAILING.add(2)
    assert _pretend(tmp_path, "--runs", "2") == 1
    assert "ArithmeticError: as the test wants it" in capsys.readouterr().err
    assert len(sweep.finished(tmp_path)) == 1
    assert not (tmp_path / "figures").exists()
    assert not (tmp_path / "summary.md").exists()
    pretend_study.FAILING.clear()
    assert _pretend(tmp_path, "--runs", "2") == 0
    assert _pretend(tmp_path / "undisturbed", "--runs", "2") == 0
    assert _rows(tmp_path) == _rows(tmp_path / "undisturbed")
    assert (tmp_path / "summary.md").read_text() == (tmp_path / "undisturbed/summary.md").read_text()


def test_runs_that_were_not_asked_for_are_left_out_of_figure_and_summary(tmp_path):
    _pretend(tmp_path, "--runs", "2")
    assert _pretend(tmp_path, "--runs", "1") == 0
    assert (tmp_path / "summary.md").read_text().startswith("Runs: 1,")


def test_rows_go_where_the_scale_says(planned):
    main(["pretend"])
    main(["pretend", "--scale", "paper"])
    assert [(out, len(jobs)) for out, jobs in planned] == [
        (RESULTS / "beyond-smoke" / "pretend", 1), (RESULTS / "beyond" / "pretend", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--runs", "0"], "a number of runs is a whole number from 1 on, not '0'"),
        (["--scale", "full"], "invalid choice: 'full'"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path, capsys, options, text):
    with pytest.raises(SystemExit) as stopped:
        _pretend(tmp_path / "out", *options)
    assert stopped.value.code == 2
    assert text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_refused_before_training(tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert _pretend(tmp_path / "taken") == 2
    assert "there is a file of that name; name another with --out" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"


def _perform(tmp_path, recorder=None, **options):
    settings = replace(pretend_study.Settings(), **options.pop("settings", {}))
    recorder = Recorder(tmp_path) if recorder is None else recorder
    pretend_study.perform(settings, recorder, **options)
    return recorder


def test_alerts_are_in_the_rows_of_their_epochs(tmp_path):
    rows = _perform(tmp_path, settings={"lr": 0.0, "epochs": 7}).rows
    alerts = {row["epoch"]: row["alerts"] for row in rows}
    assert [alert["rule"] for alert in alerts[3]] == ["stuck"]  # the third epoch without a change
    assert [alert["rule"] for alert in alerts[6]] == ["stalled"]  # the fifth that is no better than the first
    assert {alert["epoch"] for row in rows for alert in row["alerts"]} == {3, 6}
    (stuck,), (stalled,) = alerts[3], alerts[6]
    assert set(stuck) == set(recorded.ALERT)
    assert (stuck["value"], stuck["batch"]) == (0.0, 11)
    assert (stalled["value"], stalled["batch"]) == (rows[5]["loss"], 0)


def test_nothing_is_printed_of_alerts_and_training_is_that_of_fit(tmp_path, monkeypatch, recwarn, capfd):
    seen = []

    def watched(*args, watchers, **options):
        seen.append(fit(*args, watchers=watchers, **options))
        return seen[-1]

    monkeypatch.setattr("experiments.training.recorded.fit", watched)
    rows = _perform(tmp_path, settings={"lr": 0.0, "epochs": 3}).rows
    assert [alert["rule"] for alert in rows[2]["alerts"]] == ["stuck"]
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(
        "experiments.training.recorded.fit",
        lambda *args, watchers, **options: watched(*args, watchers=[], **options),
    )
    (tmp_path / "checkpoint.npz").unlink()
    assert _perform(tmp_path, settings={"lr": 0.0, "epochs": 3}).rows == []
    assert [asdict(epoch) for epoch in seen[0]] == [asdict(epoch) for epoch in seen[1]]


class Heard(Rule):
    """Tells the mean activation of every other window; windows do not end where epochs do."""

    name = "heard"

    def __init__(self):
        super().__init__(0.0, 70, 1)
        self.restart()

    def restart(self):
        self._values = []

    def collect(self, seen):
        if seen.states is not None:
            self._values.extend(np.abs(seen.states.h.data[seen.inner]).mean(axis=1).tolist())
        return len(self._values)

    def judge(self):
        value = float(np.mean(self._values))
        self.restart()
        return Verdict(self.verdicts % 2 == 0, value, "heard")


# With checkpoints at the end of every epoch, or, of a row that came after its checkpoint, at the start alone.
@pytest.mark.parametrize(("nodes", "every"), [(0, 0.0), (450, 0.0), (1200, 0.0), (1200, 1e9)])
def test_a_run_that_was_cut_ends_with_the_rows_of_one_that_was_not(tmp_path, monkeypatch, nodes, every):
    monkeypatch.setattr(recorded, "CHECKPOINT_EVERY", every)
    whole = _perform(tmp_path / "whole", _recorder(tmp_path / "whole"), monitor=Monitor([Heard()], _silent))
    heard = [alert["epoch"] for row in whole.rows for alert in row["alerts"]]
    assert len(heard) > 1
    assert len(whole.rows) == 4
    recorder = _recorder(tmp_path / "cut", stop_after=nodes)
    with pytest.raises(KeyboardInterrupt):
        _perform(tmp_path, recorder, monitor=Monitor([Heard()], _silent))
    recorder.stop_after = None
    _perform(tmp_path, recorder, monitor=Monitor([Heard()], _silent))
    assert recorder.rows == whole.rows
    assert recorder.results == whole.results


def _recorder(folder, **options):
    folder.mkdir()
    return Recorder(folder, **options)


def _silent(alert):
    """Keep it."""


def test_the_monitor_stands_before_the_rows_whatever_other_watchers_there_are(tmp_path):
    order = []

    class Other(MonitorWatcher):
        def __init__(self):
            super().__init__(Monitor([], _silent), _Model())

        def epoch(self, epoch):
            order.append(len(recorder.rows))

    recorder = Recorder(tmp_path)
    _perform(tmp_path, recorder, watchers=[Other()])
    assert order == [0, 1, 2, 3]  # called before the epoch's row is written


class _Model:
    def named_parameters(self):
        return []


def test_help_tells_every_study_s_options(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["minigrad"])
    with pytest.raises(SystemExit) as stopped:
        main(["pretend", "--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert "experiments/results/beyond/pretend" in printed
    assert "A study of nothing" in printed
