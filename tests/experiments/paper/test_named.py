"""Settings with names: what they say, where their rows go, and the claims under several of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.__main__ import main
from experiments.paper import named
from experiments.paper.ablation import ablation_jobs
from experiments.paper.criteria import CLAIMS
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.paper.named import NAMED, USUAL, Rows
from experiments.paper.settings import MODELS, SCALES, Settings, run_settings
from experiments.paper.stored import ABLATION, ablation_of, command_line
from experiments.paper.why.decision import decide
from experiments.paper.why.found import Found
from experiments.paper.why.variants import SINGLE
from experiments.sweep import finished
from experiments.sweep.output import RESULTS
from experiments.sweep.settings import defaults
from tests.experiments.paper import made_up
from viz import PAGE


@pytest.fixture
def results(monkeypatch, tmp_path):
    """An empty folder of results."""
    monkeypatch.setattr(named, "RESULTS", tmp_path)
    return tmp_path


def test_every_name_says_all_that_the_names_differ_in():
    assert all(tuple(of) == MODELS for of in NAMED.values())
    assert len({tuple(sorted(changes)) for of in NAMED.values() for changes in of.values()}) == 1
    usual = defaults(Settings)
    for changes in NAMED[USUAL].values():
        assert {key: usual[key] for key in changes} == changes


def test_the_authors_settings_are_those_of_their_program():
    readme, compiled = (
        run_settings(
            "length", 1, "RLSTM", 1, scale=SCALES["paper"], seed=0, **NAMED[f"authors-{value}"]["RLSTM"]
        )
        for value in ("1e-3", "1e-4")
    )
    for settings in (readme, compiled):
        assert (settings.leaf_weights, settings.first_step) == ("separate", "sgd")
        assert (settings.eps, settings.shuffle) == (1e-4, "once")
    assert (readme.l2, readme.l2_words, readme.l2_classifier) == (1e-3, 1e-3, 1e-3)
    assert (compiled.l2, compiled.l2_words, compiled.l2_classifier) == (1e-4, 1e-4, 1e-5)


def test_the_chosen_settings_are_those_that_the_rule_chose():
    chosen = decide(Found(finished(RESULTS / "why")))
    for model, shared in zip(MODELS, chosen["shared"].chosen, strict=True):
        assert NAMED["chosen-shared"][model].items() >= shared.changes.items()
    rnn, rlstm = chosen["separate"].chosen
    assert NAMED["chosen-separate"]["RNN"].items() >= {**rnn.base.changes, **SINGLE[rnn.name]}.items()
    assert NAMED["chosen-separate"]["RLSTM"].items() >= rlstm.changes.items()


def test_folders_have_the_name_the_seed_and_the_scale():
    assert Rows("authors-1e-3").folder == RESULTS / "paper-authors-1e-3"
    assert Rows("authors-1e-4", 79).folder == RESULTS / "paper-authors-1e-4-seed-79"
    assert Rows("authors-1e-4", 79).ablation == RESULTS / "ablate-authors-1e-4-seed-79"
    assert Rows("authors-1e-3", 0, "smoke").folder == RESULTS / "paper-authors-1e-3-smoke"
    assert Rows(USUAL).folder == RESULTS / "paper"
    assert Rows(USUAL).ablation == ABLATION["paper"]
    assert Rows(USUAL, 0, "smoke").folder == RESULTS / "smoke"
    assert Rows(USUAL, 79).folder == RESULTS / "paper-chosen-shared-seed-79"
    assert Rows("first-run").folder == RESULTS / "paper-first-run"


def test_a_folder_tells_whose_rows_it_has():
    for name in NAMED:
        for seed in (0, 79):
            for scale in ("paper", "smoke"):
                rows = Rows(name, seed, scale)
                if (name, seed) != (USUAL, 0):
                    assert Rows.of(rows.folder) == Rows.of(rows.ablation) == rows
                assert ablation_of(rows.folder) == rows.ablation
    for other in (RESULTS / "paper", RESULTS / "paper-other", Path("/elsewhere") / "paper-authors-1e-3"):
        assert Rows.of(other) is None


def test_the_command_that_makes_missing_rows_names_the_settings():
    folder = Rows("authors-1e-3", 79).folder
    expected = "python -m experiments length --scale paper --settings authors-1e-3 --seed 79"
    assert command_line("length", folder) == expected
    assert command_line("claims --treebank DIR", Rows("authors-1e-3").folder) == (
        "python -m experiments claims --treebank DIR --settings authors-1e-3"
    )


def test_all_runs_of_the_grids_have_the_settings():
    changes = {"RNN": NAMED["authors-1e-4"]["RNN"], "RLSTM": NAMED["first-run"]["RLSTM"]}
    jobs = [job for e in EXPERIMENTS for job in experiment_jobs(e, "paper", seed=79, changes=changes)]
    plain = [job for e in EXPERIMENTS for job in experiment_jobs(e, "paper", seed=79)]
    assert [job.name for job in jobs] == [job.name for job in plain]
    for job, other in zip(jobs, plain, strict=True):
        own = changes[job.settings.model]
        assert {key: getattr(job.settings, key) for key in own} == own
        assert replace(other.settings, **own) == job.settings


def test_ablate_changes_one_thing_around_the_settings():
    jobs = {job.name: job.json for job in ablation_jobs("paper", changes=NAMED["authors-1e-4"])}
    assert {**jobs["ablate/default/default/03/RLSTM/1"], "eps": 1e-4} == jobs["ablate/eps/1e-4/03/RLSTM/1"]
    tried = jobs["ablate/l2/3e-3/03/RLSTM/1"]
    assert (tried["l2"], tried["leaf_weights"], tried["shuffle"]) == (3e-3, "separate", "once")


@pytest.fixture
def tiny(monkeypatch):
    """Experiments of one dataset and few sentences."""
    size = SCALES["smoke"].__class__(
        **{**vars(SCALES["smoke"]), "sizes": {"train": 20, "dev": 10, "test": 10}, "max_epochs": 1, "runs": 1}
    )
    monkeypatch.setitem(SCALES, "smoke", size)
    monkeypatch.setattr("experiments.paper.grids.DATASETS", (1,))


def test_a_command_trains_with_the_settings_that_are_named(results, tiny, in_process):
    command = ["length", "--settings", "authors-1e-3", "--seed", "79"]
    assert main(command) == 0
    runs = finished(results / "paper-authors-1e-3-seed-79-smoke")
    assert len(runs) == 2
    for run in runs:
        own = NAMED["authors-1e-3"][run.settings["model"]]
        assert {key: run.settings[key] for key in own} == own
        assert run.settings["seed"] == 79
    assert main([*command, "--dry-run"]) == 0


def test_cells_of_the_user_s_have_no_such_settings(tmp_path, capsys):
    for command in ("length", "all", "ablate"):
        options = ["--cell", "TreeLSTM", "--settings", "authors-1e-3", "--out", str(tmp_path / "none")]
        assert main([command, *options]) == 2
        assert "--settings are those of the paper's two models" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_claims_stand_side_by_side(results, monkeypatch, capsys):
    made_up.store(Rows("authors-1e-3").folder, made_up.paper_runs())
    made_up.store(Rows("authors-1e-3").ablation, made_up.ablation_runs())
    assert main(["claims", "--beside", "authors-1e-3", "authors-1e-3:79"]) == 0
    printed = capsys.readouterr().out
    lines = [line for line in printed.splitlines() if line.startswith("| ")]
    assert lines[0] == "| # | the paper says | authors-1e-3, seed 0 | authors-1e-3, seed 79 |"
    verdicts = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[-2:] for line in lines[1:]}
    assert set(verdicts) == {str(claim.id) for claim in CLAIMS}
    assert all(v == ["holds", "no rows"] for k, v in verdicts.items() if k != "16")  # no treebank here
    assert verdicts["16"] == ["no rows", "no rows"]
    assert "- authors-1e-3, seed 79: holds: 0, partly: 0, does not hold: 0, no rows: 21" in printed


@pytest.mark.parametrize("command", ["claims", "figures"])
def test_stored_rows_are_found_by_the_name_of_their_settings(command, results, monkeypatch, capsys):
    monkeypatch.setattr("experiments.paper.figures.FORMATS", ["svg"])
    monkeypatch.setattr("experiments.paper.figures.WIDTHS", {"": PAGE})
    made_up.store(Rows("authors-1e-4", 79).folder, made_up.paper_runs())
    options = ["--only", "3"] if command == "figures" else []
    assert main([command, "--settings", "authors-1e-4", "--seed", "79", *options]) == 0
    assert "paper-authors-1e-4-seed-79" in capsys.readouterr().out
    assert main([command, "--seed", "79"]) == 2
    assert "--seed names the rows of --settings" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["other", "first-run:", "first-run:x", "first-run:-1", ":79"])
def test_what_is_no_name_is_refused(value, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["claims", "--beside", value])
    assert stopped.value.code == 2
    assert "NAME or NAME:SEED is wanted" in capsys.readouterr().err


def test_beside_takes_no_other_options(tmp_path, capsys):
    assert main(["claims", "--beside", "first-run", "--json", str(tmp_path / "c.json")]) == 2
    assert "--json: not with --beside" in capsys.readouterr().err
