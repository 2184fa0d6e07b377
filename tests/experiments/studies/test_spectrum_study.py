"""The study as a whole, in small: its runs, its figures, and a summary that follows from the rows."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

from experiments.__main__ import main
from experiments.studies.spectrum import STUDY, perform
from experiments.studies.spectrum import settings as settings_module
from experiments.studies.spectrum.summary import summary
from experiments.studies.spectrum.summary.words import size, wrapped
from experiments.sweep import Run
from tests.experiments.paper.recorder import Recorder

TINY = {
    "UNTRAINED": {"D": 12, "steps": 24, "chains": 2},
    "TRAINED": {
        "D": 4, "train": 20, "dev": 8, "test": 8, "looked_at": 4, "epochs": 1, "mode": "level",
    },
    "LENGTHS": (2, 4),
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Every run of the study, done level by level, which compiles nothing."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for name, small in TINY.items():
            patch.setitem(getattr(settings_module, name), "smoke", small)
        patch.setattr(settings_module, "LINES", (2, 3, 10))
        listed = list(STUDY.jobs("smoke"))
    for job in listed:
        recorder = Recorder(tmp_path_factory.mktemp("run"))
        perform(job.settings, recorder)
        assert recorder.nodes == job.work  # of one epoch, for those that train
        timing = {"timing": {"seconds": 0.0, "cpu_seconds": 0.0}}
        found.append(Run(job.name, job.json, job.work, recorder.rows, recorder.results[0] | timing, []))
    return found


def _said(runs):
    """The summary in one line: where lines end is not its matter."""
    return " ".join(summary(runs).split())


def _changed(runs, part, change, which=lambda settings: True):
    found = copy.deepcopy(runs)
    for run in found:
        if run.settings["part"] == part and which(run.settings):
            change(run)
    return found


def test_the_runs_of_both_scales_can_be_told_apart_and_share_what_they_should():
    for scale in ("smoke", "paper"):
        listed = list(STUDY.jobs(scale))
        assert len({job.name for job in listed}) == len({job.id for job in listed}) == len(listed)
    by_name = {job.name: job.settings.seeds for job in STUDY.jobs("paper")}
    one, other = "spectrum/bound/tanh/gaussian/0.8/1", "spectrum/bound/relu/orthogonal/1.2/1"
    assert by_name[one] == by_name[other] != by_name[one[:-1] + "2"]
    one_each = [job.name for job in STUDY.jobs("paper", runs=1)]
    assert one_each == [name for name in by_name if name.endswith("/1")]
    others = {str(job.settings.seeds) for job in STUDY.jobs("paper", seed=1)}
    assert others.isdisjoint(map(str, by_name.values()))


def test_every_figure_can_be_drawn_and_names_its_curves(runs):
    found = STUDY.figures(runs)
    assert list(found) == ["bound", "eigenvalues", "training", "accuracy"]
    for name, figure in found.items():
        assert len(figure.axes) == {"bound": 9, "eigenvalues": 4, "training": 8, "accuracy": 3}[name]
        labels = {text.get_text() for legend in figure.legends for text in legend.get_texts()}
        drawn = {line.get_label() for axes in figure.axes for line in axes.lines}
        assert labels == {label for label in drawn if not label.startswith("_")}
    titled = {axes.get_title(loc="left"): axes for axes in found["bound"].axes}
    for title, factor in (("(c) tanh, norm 1.2", 1.2), ("(f) sigmoid, norm 1.2", 0.3)):
        (bound,) = (line for line in titled[title].lines if line.get_label() == "bound")
        np.testing.assert_allclose(bound.get_ydata(), factor ** np.arange(25))
        for line in titled[title].lines:
            assert (np.asarray(line.get_ydata()) <= bound.get_ydata() * (1 + 1e-9)).all()


def test_the_summary_says_that_curves_lie_under_the_bound_and_sees_one_that_does_not(runs):
    claim = "1e-10 of it for rounding: **{}**"
    assert claim.format("holds") in _said(runs)
    for part in ("bound", "eigenvalues"):
        for name in ("product", "jacobians", "matrices"):
            above = copy.deepcopy(runs)
            next(run for run in above if run.settings["part"] == part).result["unshared"]["worst"][name] = (
                1 + 1e-9
            )
            assert claim.format("does not hold") in _said(above)
    above = copy.deepcopy(runs)
    next(run for run in above if run.settings["part"] == "trained").rows[-1]["worst"] = 1.01
    assert claim.format("does not hold") in _said(above)


def test_the_summarys_other_verdicts_follow_from_the_rows(runs):
    text = _said(runs)
    assert "as the question puts it): **does not hold**" in text
    kept = copy.deepcopy(runs)
    for run in kept:
        if run.settings["part"] != "trained":
            run.result["shared"]["gradient"][-1] = 0.5
    assert "as the question puts it): **holds**" in _said(kept)

    assert "eigenvalues decide: **holds**" in text
    early = _changed(
        runs, "eigenvalues", lambda run: run.result["shared"]["gradient"].__setitem__(0, 1e9),
        lambda settings: settings["line"] == 10 and not settings["input"],
    )  # fmt: skip
    assert "eigenvalues decide: **does not hold**" in _said(early)

    grows = r"\(last factor within 1% of it\): \*\*{}\*\*"
    assert re.search(grows.format("holds"), text)
    stays = _changed(
        runs, "eigenvalues", lambda run: run.result["shared"]["gradient"].__setitem__(-1, 1.0),
        lambda settings: settings["matrix"] == "outlier",
    )  # fmt: skip
    assert re.search(grows.format("does not hold"), _said(stays))


@pytest.mark.parametrize(("before", "after", "accuracy", "repaired", "enough"), [
    (1e-9, 0.5, 0.25, "holds", "does not hold"),
    (1e-9, 1e-8, 0.25, "does not hold", "holds"),
    (1e-9, 0.5, 0.95, "holds", "holds"),
])  # fmt: skip
def test_what_training_is_said_to_do_follows_from_the_rows(runs, before, after, accuracy, repaired, enough):
    def change(run):
        run.rows[0]["gradient"] = [1.0, before]
        run.rows[-1]["gradient"] = [1.0, after]
        run.result["test_accuracy"] = accuracy

    text = _said(_changed(runs, "trained", change))
    trainings = sum(run.settings["part"] == "trained" for run in runs)
    assert f"less than 0.001 arrives in {trainings} of {trainings} runs" in text
    assert f"makes good what had vanished: **{repaired}**" in text
    assert f"which arrives is enough: **{enough}**" in text
    assert f"{trainings if accuracy > 0.9 else 0} of them learn the task" in text


def test_the_summarys_tables_have_the_numbers_of_the_rows(runs):
    text = summary(runs)
    (run,) = (run for run in runs if run.name == "spectrum/bound/sigmoid/gaussian/1.2/1")
    (row,) = (line for line in text.splitlines() if line.startswith("| sigmoid, ‖W‖ = 1.2"))
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[2] == size(0.3**24)
    assert cells[5].startswith(size(run.result["shared"]["gradient"][-1]) + " (")
    (run,) = (run for run in runs if run.name == "spectrum/trained/length-4/orthogonal/1.2/unshared/1")
    row = next(line for line in text.splitlines() if line.startswith("| orthogonal, 1.2, unshared"))
    assert [cell.strip() for cell in row.split("|")][3] == f"{100 * run.result['test_accuracy']:.0f}"


def test_numbers_as_text():
    assert [size(x) for x in (0, 0.25, 1, 12.3, 240, 12345.0, 3.2e-19)] == [
        "0.0", "0.25", "1.0", "12", "240", "1e4", "3e-19",
    ]  # fmt: skip
    assert size([1, 3, 240]) == "3.0"
    assert wrapped("a\nb\n\n| c\n| d") == "a b\n\n| c\n| d"


def test_the_command_lists_its_runs_and_writes_nothing_when_dry(tmp_path, capsys):
    assert main(["spectrum", "--dry-run", "--out", str(tmp_path / "rows")]) == 0
    assert "spectrum/bound/tanh/gaussian/0.8/1" in capsys.readouterr().out
    assert not (tmp_path / "rows").exists()
