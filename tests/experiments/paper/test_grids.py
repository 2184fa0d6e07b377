"""The grids: all runs that are asked for, none twice, and the commands that start them."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from experiments.__main__ import main
from experiments.paper.ablation import QUESTIONS, ablation_jobs, table
from experiments.paper.datasets import datasets
from experiments.paper.grids import EXPERIMENTS, experiment_jobs
from experiments.paper.settings import SCALES, base
from experiments.paper.stored import ABLATION
from experiments.sweep import Run, finished
from tests.experiments.paper import made_up
from viz import PAGE


def _paper(experiment):
    return list(experiment_jobs(experiment, "paper"))


def test_the_paper_s_runs_are_all_there_once():
    jobs = [job for experiment in EXPERIMENTS for job in _paper(experiment)]
    assert [len(_paper(experiment)) for experiment in EXPERIMENTS] == [100, 100, 10]
    assert len({job.name for job in jobs}) == len({job.id for job in jobs}) == 210
    expected = {f"length/{i:02}/{m}/{r}" for i in range(1, 11) for m in ("RNN", "RLSTM") for r in range(1, 6)}
    assert {job.name for job in _paper("length")} == expected
    assert {job.name.split("/")[1] for job in _paper("gradient")} == {"03"}
    assert [job.name for job in jobs if job.keep_model] == ["gradient/03/RNN/1", "gradient/03/RLSTM/1"]


def test_every_setting_is_what_its_name_says():
    for job in [*_paper("length"), *_paper("depth"), *_paper("gradient")]:
        experiment, dataset, model, run = job.name.split("/")
        settings = job.settings
        assert (settings.experiment, settings.dataset) == (experiment, int(dataset))
        assert (settings.model, settings.run) == (model, int(run))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_work_is_the_number_of_tree_nodes(experiment):
    for job in list(experiment_jobs(experiment, "smoke", runs=1))[::3]:
        assert job.work == pytest.approx(datasets(job.settings).train.n_nodes, rel=0.1), job.name


def test_the_base_of_the_manifest_is_in_every_run():
    for job in _paper("length"):
        assert {key: getattr(job.settings, key) for key in base()} == base()


def test_no_seed_of_the_ablation_is_one_of_the_paper_s_runs():
    def seeds(jobs):
        return {tuple(seed) for job in jobs for seed in job.settings.seeds.values()}

    paper = seeds([job for experiment in EXPERIMENTS for job in _paper(experiment)])
    assert not paper & seeds(ablation_jobs("paper"))


def test_settings_of_the_ablation_differ_from_the_default_by_what_their_question_names():
    jobs = {job.name: job.json for job in ablation_jobs("paper")}
    assert len(jobs) == 3 * 11 + 5 * 2 * 7
    for name, settings in jobs.items():
        _, question, _, dataset, model, run = name.split("/")
        default = jobs[f"ablate/default/default/{dataset}/{model}/{run}"]
        changed = {key for key in settings if settings[key] != default[key]}
        if question == "l2":
            assert {settings[key] for key in ("l2", "l2_words", "l2_classifier")} == {settings["l2"]}, name
            assert {"l2", "l2_classifier"} <= changed <= {"l2", "l2_words", "l2_classifier"}, name
        else:
            assert changed == (set() if question == "default" else {question}), name


def test_the_ablation_asks_what_the_design_leaves_open_and_what_claim_21_says():
    rlstm = {q.name: set(q.settings) for q in QUESTIONS if q.model == "RLSTM"}
    assert rlstm.keys() >= {"l2", "first_step", "eps", "leaf_weights", "init", "shape"}
    values = {}
    for job in ablation_jobs("paper"):
        if job.settings.model == "RNN":
            for key in ("lr", "batch", "D", "dataset"):
                values.setdefault(key, set()).add(getattr(job.settings, key))
    expected = {"lr": {0.01, 0.05, 0.1}, "batch": {5, 20, 50}, "D": {25, 50, 100}, "dataset": {1, 3}}
    assert values == expected


def test_the_table_has_every_setting_with_all_its_runs_and_a_dash_for_those_that_failed():
    jobs = list(ablation_jobs("paper"))
    runs = [
        Run(job.name, job.json, job.work, [{"kind": "epoch", "epoch": 7}],
            {"dev_accuracy": 0.5 + 0.1 * job.settings.run}, [])
        for job in jobs
        if not job.name.startswith("ablate/lr/0.1/01/") and job.name != "ablate/D/D100/03/RNN/2"
    ]  # fmt: skip
    lines = table(jobs, runs[::-1]).splitlines()
    assert len(lines) == 2 + 11 + 2 * 7 + 2
    assert lines[2] == "| RLSTM | default | default | 21–30 | 60.0 70.0 80.0 | 70.0 | 7 |"
    assert "| RNN | lr | 0.1 | 1–10 | – – – – – | – | – |" in lines
    assert lines[-3] == "| RNN | D | D100 | 21–30 | 60.0 – 80.0 90.0 100.0 | 85.0 | 7 |"
    for line, job, tokens in ((lines[-2], jobs[0], "21–30"), (lines[-1], jobs[33], "1–10")):
        sets = datasets(job.settings)
        train, dev = (Counter(of.label[of.root].tolist()) for of in (sets.train, sets.dev))
        (most, _), *_ = train.most_common()
        assert line == f"| – | always the most frequent class | – | {tokens} | – | {dev[most] / 10:.1f} | – |"


@pytest.mark.parametrize(
    ("command", "runs"), [("length", 40), ("depth", 40), ("gradient", 4), ("all", 84), ("ablate", 50)]
)
def test_a_dry_run_lists_every_run_and_writes_nothing(command, runs, tmp_path, capsys):
    out = tmp_path / "rows"
    assert main([command, "--dry-run", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{runs} of {runs} runs to do" in printed
    assert not out.exists()


@pytest.mark.parametrize("command", ["length", "all", "ablate"])
@pytest.mark.parametrize(
    "option", [["--scale", "large"], ["--runs", "0"], ["--runs", "x"], ["--seed", "-1"], ["--jobs", "0"]]
)
def test_wrong_options_exit_with_2_and_write_nothing(command, option, tmp_path, capsys):
    out = tmp_path / "rows"
    with pytest.raises(SystemExit) as exit:
        main([command, "--out", str(out), *option])
    assert exit.value.code == 2
    assert option[1] in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture
def tiny(monkeypatch):
    scale = SCALES["smoke"]
    sizes = {"train": 20, "dev": 10, "test": 10}
    monkeypatch.setitem(SCALES, "smoke", type(scale)(sizes, 5, 2, 2, 2, 1))


def test_a_sweep_of_one_experiment_leaves_its_rows_and_two_models(tiny, tmp_path, capsys):
    assert main(["gradient", "--out", str(tmp_path)]) == 0
    assert "2 of 2 runs are finished" in capsys.readouterr().out
    assert len(list((tmp_path / "runs").glob("gradient-03-*.jsonl"))) == 2
    kept = sorted(path.name.rpartition("-")[0] for path in (tmp_path / "models").iterdir())
    assert kept == ["gradient-03-RLSTM-1", "gradient-03-RNN-1"]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert set(manifest["differences"]) == {"sizes", "max_epochs", "patience"}


def test_the_ablation_writes_its_table(tiny, in_process, tmp_path, monkeypatch, capsys):
    few = [q for q in QUESTIONS if q.model == "RNN" and q.name in ("default", "lr")]
    monkeypatch.setattr("experiments.paper.ablation.QUESTIONS", few)
    assert main(["ablate", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "ablate.md").read_text()
    assert text in capsys.readouterr().out
    assert text.count("| RNN |") == 6
    assert finished(tmp_path)[0].name.startswith("ablate/")


def test_all_decides_by_the_treebank_and_by_an_ablation_of_its_scale(
    tiny, drawn, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("experiments.paper.sweeps.EXPERIMENTS", ["gradient"])
    monkeypatch.setattr("experiments.paper.figures.FORMATS", ["svg"])
    monkeypatch.setattr("experiments.paper.figures.WIDTHS", {"": PAGE})
    for scale in ABLATION:
        monkeypatch.setitem(ABLATION, scale, tmp_path / f"ablate-{scale}")
    made_up.store(ABLATION["paper"], made_up.ablation_runs())
    made_up.store_treebank(tmp_path / "bank")
    out = tmp_path / "out"
    command = ["all", "--out", str(out), "--treebank", str(tmp_path / "bank")]
    assert main(command) == 2  # rows for Figures 3 and 4 are missing
    entries = json.loads((out / "claims.json").read_text())
    assert [entries[k - 1]["verdict"] for k in (16, 21)] == ["holds", "no rows"]
    assert "| RNN | pre | 5 |" in (out / "error_vectors.md").read_text()
    assert {"figure-5.svg", "figure-6.svg", "figure-7.svg"} <= set(drawn)
    printed = " ".join(capsys.readouterr().out.split())
    assert "make them: python -m experiments ablate --scale smoke" in printed
    made_up.store(ABLATION["smoke"], made_up.ablation_runs())
    main(command)
    assert json.loads((out / "claims.json").read_text())[20]["verdict"] == "holds"


def test_all_trains_nothing_before_the_treebank_is_read(tiny, tmp_path, capsys):
    (tmp_path / "bank").mkdir()
    assert main(["all", "--out", str(tmp_path / "out"), "--treebank", str(tmp_path / "bank")]) == 2
    assert "train.txt" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_all_trains_draws_and_decides(tiny, tmp_path, capsys):
    assert main(["all", "--out", str(tmp_path), "--jobs", "2"]) == 0
    assert "42 of 42 runs are finished" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "claims.json").read_text())) == 21
    assert (tmp_path / "claims.md").exists()
    assert {f"figure-{n}.pdf" for n in range(2, 8)} <= {p.name for p in (tmp_path / "figures").iterdir()}
