"""The plan: what is trained, on which streams, and what it may take."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from experiments.__main__ import main
from experiments.dashboard.places import run_id
from experiments.paper.datasets import datasets
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.paper.named import NAMED
from experiments.paper.settings import SCALES, Settings, run_settings
from experiments.paper.why import report, sentences
from experiments.paper.why.decay import FIRST_RUN, GRID, Decay
from experiments.paper.why.figures import lengths_figure
from experiments.paper.why.found import Found
from experiments.paper.why.plan import Plan
from experiments.paper.why.variants import L2, RATE, SINGLE, drawn
from experiments.sweep import finished, from_json
from experiments.sweep.output import RESULTS
from experiments.sweep.settings import to_json
from tests.experiments.paper.why.pretended import CPU_SECONDS, done

PLAN, SMOKE = Plan("paper"), SCALES["smoke"]


@pytest.fixture(scope="module")
def found():
    return done(PLAN, lambda part, job: 40.0 + job.json["dataset"])


def test_the_grid_is_fully_crossed():
    cells = {(c.leaf_weights, c.words, c.rest) for c in GRID}
    assert cells == set(product(("shared", "separate"), (0.0, 1e-4, 1e-3), (1e-4, 1e-3)))
    assert all(cell.changes["l2_classifier"] == cell.rest for cell in GRID)
    assert NAMED["first-run"]["RLSTM"].items() >= FIRST_RUN.changes.items()


def test_the_parts_are_those_that_were_planned(found):
    runs = [len(report.stored(part, found)) for part in PLAN.parts]
    assert runs == [72, 72, 144, 350, 200, 160, 160, 120, 50, 120, 50, 0, 0]
    kinds = [(part.kind, part.model) for part in PLAN.parts[:6]]
    both = ["grid", "RLSTM"], ["grid", "RLSTM"], ["grid", "RNN"], ["final", "RLSTM"], ["final", "RNN"]
    assert kinds == [*map(tuple, both), ("one", "RLSTM")]
    on = {part.model: {s.name for s in part.sentences} for part in PLAN.parts if part.kind == "final"}
    assert on["RLSTM"] == {f"length-{i:02}" for i in range(2, 9)}
    assert on["RNN"] == {"depth-02", "depth-03", "length-01", "length-02"}


def test_no_stream_is_one_of_the_paper_s_or_of_ablate_s(found):
    def seeds(settings):
        return {tuple(seed) for one in settings for seed in one["seeds"].values()}

    here = seeds(run.settings for run in found.runs.values())
    assert {seed[0] for seed in here} == {78}
    assert {seed[1] for seed in here} == {101, 102}
    for seed in (0, 78, 79):
        jobs = [job for e in EXPERIMENTS for job in experiment_jobs(e, "paper", seed=seed)]
        assert not here & seeds(job.json for job in jobs)


def test_what_picks_a_setting_is_not_what_measures_it(found):
    def numbers(*kinds):
        return {run.settings["run"] for name, run in found.runs.items() if name.split("/")[1] in kinds}

    assert not numbers("grid") & numbers("final")
    assert not numbers("search") & numbers("again")
    assert numbers("final") == numbers("one")  # a change is held against the same runs without it


@pytest.mark.parametrize("kind", ["length", "depth"])
def test_sentences_are_like_those_of_the_paper_and_others(kind):
    job = sentences.job("any", "RNN", sentences.Sentences(kind, 2), 1, size=SMOKE, seed=78, changes={})
    tried, paper = job.settings, run_settings(kind, 2, "RNN", 1, scale=SMOKE, seed=78)
    assert (tried.lengths, tried.keyword_depths) == (paper.lengths, paper.keyword_depths)
    assert tried.lengths == {"length": (11, 20), "depth": (21, 30)}[kind]
    assert datasets(tried).hash != datasets(paper).hash
    assert sentences.Sentences.of(job.json) == sentences.Sentences(kind, 2)


def test_single_changes_change_one_setting_of_the_best_cell(found):
    base = next(iter(found.of("one", "RLSTM")["patience-15"])).settings
    for name, change in SINGLE.items():
        for run in found.of("one", "RLSTM")[name]:
            ((key, value),) = change.items()
            assert run.settings[key] == value
            assert Decay.of(run.settings) == Decay.of(base)


def test_random_draws_are_within_their_bounds_and_differ():
    draws = [drawn(model, k, 78) for model in ("RNN", "RLSTM") for k in range(1, 61)]
    assert len({str(draw) for draw in draws}) == 120
    assert drawn("RNN", 7, 78) == drawn("RNN", 7, 78) != drawn("RNN", 7, 79)
    for name in ("l2_words", "l2", "l2_classifier"):
        values = [draw[name] for draw in draws]
        assert 15 <= values.count(0.0) <= 45  # a quarter of 120
        assert all(L2[0] <= value <= L2[1] for value in values if value)
    assert all(RATE[0] <= draw["lr"] <= RATE[1] for draw in draws)
    assert {draw["shuffle"] for draw in draws} == {"every_epoch", "once"}


def test_a_setting_that_was_added_is_not_in_stored_rows_and_changes_no_id():
    stored = finished(RESULTS / "ablate")[0]
    settings = from_json(Settings, stored.settings)
    assert "shuffle" not in stored.settings
    assert settings.shuffle == "every_epoch"
    assert run_id(stored.name, to_json(settings)) == stored.id
    assert run_id(stored.name, to_json(replace(settings, shuffle="once"))) != stored.id


def test_expected_hours_are_within_what_is_allowed():
    assert 4 < sum(PLAN.hours(part) for part in PLAN.parts) < 10


def test_hours_that_are_used_are_added_up(found):
    assert found.hours == pytest.approx(len(found.runs) * CPU_SECONDS / 3600)


def test_a_page_of_a_part_of_the_runs_says_that_it_is_partial(found):
    some = done(PLAN, lambda part, job: 95.0 if job.json["dataset"] < 6 else 11.0, parts=2)
    text = report.page(PLAN, some)
    assert "**Partial" in text
    assert "## The choice" not in text
    assert "| L2 0.001, words 0, shared | 3/3: 95 | 3/3: 95 | 0/3 | 0/3 |" in text
    assert "## The choice" in report.page(PLAN, found)
    assert "**Partial" not in report.page(PLAN, found)


def test_the_page_tells_which_runs_have_collapsed():
    some = done(PLAN, lambda part, job: 95.0 if job.json["run"] == 1 else 11.0, parts=1)

    def with_norms(run, *norms):
        return replace(
            run, rows=[{"kind": "epoch", "epoch": k, "norms": {"keywords": n}} for k, n in enumerate(norms)]
        )

    name = "why/grid/shared/words-0.001/rest-0.001/RLSTM/length-04/{}"
    changed = {name.format(2): (2.0, 0.5, 0.19), name.format(3): (2.0, 0.5, 0.2)}
    runs = [with_norms(run, *changed.get(run.name, [1.0])) for run in some.runs.values()]
    text = report.page(PLAN, Found(runs))
    assert "| L2 0.001, words 0.001, shared | 1/3: 95 | 1/3: 95; 1 collapsed |" in text
    assert text.count("collapsed |") == 1


def test_the_page_tells_proportions_with_their_intervals():
    lengths = Plan("paper")
    few = done(lengths, lambda part, job: 90.0 if job.json["run"] <= 13 else 12.0, parts=4)
    text = report.page(lengths, few)
    assert "| 30 (11–60) |" in text  # three of ten, Wilson
    assert "## The candidates: RLSTM\n" in text
    cut = {name: run for name, run in few.runs.items() if "/length-08/20" not in name}
    text = report.page(lengths, type(few)(cut.values()))
    assert "## The candidates: RLSTM (partial)" in text


@pytest.mark.parametrize("hours", ["-1", "nan", "inf", "all"])
def test_hours_that_are_none_are_refused(hours, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["why", "--hours", hours, "--out", str(tmp_path / "none")])
    assert stopped.value.code == 2
    assert f"H is a number from 0 on, not '{hours}'" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_figure_of_lengths_has_every_run_of_every_candidate():
    few = done(PLAN, lambda part, job: 99.0 - job.json["dataset"] - job.json["run"] / 10, parts=4)
    panels = lengths_figure(few, PLAN.extent).axes
    lines = [[line for line in axes.lines if len(line.get_xdata()) == 7] for axes in panels]
    assert list(map(len, lines)) == [3, 2]  # shared, the first run's among them; separate
    for line in [*lines[0], *lines[1]]:
        assert list(line.get_xdata()) == [20, 30, 40, 50, 60, 70, 80]
        assert list(line.get_ydata()) == pytest.approx([99 - i - 1.55 for i in range(2, 9)])  # medians of ten


def test_a_dry_run_tells_the_plan_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "rows"
    assert main(["why", "--scale", "paper", "--dry-run", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "| grid | RLSTM |" in printed
    assert "0 of 350" in printed
    assert not out.exists()


def test_a_part_that_takes_too_long_is_not_begun(tmp_path, capsys):
    assert main(["why", "--hours", "0", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "grid RLSTM is not begun: 0.00 CPU-hours are used" in printed
    assert finished(tmp_path) == []


def test_parts_are_done_one_after_another_and_never_again(tmp_path, monkeypatch, capsys, in_process):
    """The first part in small, one run of one cell, and once more with nothing left to do."""
    part = replace(Plan("smoke", runs=1).parts[3], settings=lambda found: {"a": GRID[0].changes}, at_most=1)
    monkeypatch.setattr(Plan, "_parts", lambda self: iter([part]))
    monkeypatch.setattr("experiments.paper.why.report._sections", lambda *of: ())
    assert (part.kind, part.model) == ("final", "RNN")
    for again in (False, True):
        assert main(["why", "--runs", "1", "--out", str(tmp_path)]) == 0
        assert ("1 of 1 runs are finished" in capsys.readouterr().out) != again
    (run,) = finished(tmp_path)
    assert run.name == "why/final/a/RNN/depth-02/11"
    assert run.rows[0]["norms"].keys() == {"keywords", "others", "cell", "classifier"}
    assert (tmp_path / "why.md").read_text().startswith("# Why")
