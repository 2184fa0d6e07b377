"""``--cell``: any cell in the paper's experiments, and the paper's own runs as they were."""

from __future__ import annotations

import functools
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.paper import ablation, data
from experiments.paper.ablation import ablation_jobs
from experiments.paper.datasets import datasets
from experiments.paper.grids import experiment_jobs
from experiments.paper.run import perform
from experiments.paper.settings import Scale, run_settings
from experiments.sweep import finished
from experiments.sweep.output import RESULTS
from experiments.training.ratios import definitions, error_rows, gradient_ratios
from tests.experiments.paper.recorder import Recorder

TINY = Scale(
    sizes={"train": 60, "dev": 30, "test": 30}, extra=12,
    max_epochs=2, patience=2, gradient_epochs=2, runs=1,
)  # fmt: skip
OWN = """
import numpy as np, minigrad as mg
from minigrad.nn import Parameter
class Mine(mg.Cell):
    def __init__(self, D, rng, dtype=np.float32):
        self.settings = {"D": D}
        self.parts = (mg.Part("v", D),)
        self.W = Parameter(rng.normal(size=(D, D)).astype(dtype))
    def compose(self, left, right):
        return mg.tanh((left.v + right.v) @ self.W.T)
class Nameless(Mine):
    def __init__(self, D, rng):
        super().__init__(D, rng)
        del self.settings
class Partless(mg.Cell):
    def __init__(self, D, rng, dtype=np.float32):
        self.settings = {"D": D}
    def compose(self, left, right):
        return left.v
class Broken(Mine):
    def __init__(self, D, rng):
        raise OverflowError("too wide")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module in the working directory that the search path does not have, as for the console command."""
    (tmp_path / "cells_of_mine.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop("cells_of_mine", None)


def _settings(experiment, cell):
    changes = {"extra_depths": (5,)} if experiment == "gradient" else {}
    return run_settings(
        experiment, 3, cell, 1, scale=TINY, seed=0, D=6, mode="level", lengths=(4, 8), **changes
    )


def test_without_it_the_jobs_are_among_those_whose_rows_are_stored():
    ids = {run.id for run in finished(RESULTS / "paper")}
    assert ids >= {job.id for e in ("length", "depth", "gradient") for job in experiment_jobs(e, "paper")}


@pytest.mark.parametrize("cell", ["TreeGRU", "LSTM", "Bidirectional"])
def test_a_run_trains_any_cell_and_its_model_is_kept(cell, tmp_path):
    recorder = Recorder(tmp_path, model=tmp_path / "model.npz")
    perform(_settings("length", cell), recorder)
    (result,) = recorder.results
    sets = datasets(_settings("length", cell))
    test = models.as_chains(sets.test) if cell in models.CHAIN_CELLS else sets.test
    loaded = models.load(recorder.model)
    assert isinstance(loaded.cell, models.CELLS[cell])
    assert np.mean(loaded.predict(test, "level") == loaded.labels(test)) == result["test_accuracy"]
    assert result["data_hash"] == sets.hash


def test_a_gradient_run_follows_the_states_of_a_chain(tmp_path):
    recorder = Recorder(tmp_path)
    perform(_settings("gradient", "LSTM"), recorder)
    assert [row["epoch"] for row in recorder.rows] == [0, 1, 2]
    for row in recorder.rows:
        assert set(row["ratios"]) == {"post", "with_cell", "extra"}
        assert row["ratios"]["extra"] == {}
        assert sum(row["ratios"]["post"]["count"]) == 60


def test_the_ratio_in_a_chain_is_that_of_the_state_that_read_the_keyword():
    rng = np.random.default_rng(0)
    chains = models.as_chains(data.sentences(rng, 20, (3, 6)))
    model = models.TreeClassifier(models.Elman(5, rng, dtype=np.float64), data.VOCABULARY, data.CLASSES, rng)
    assert definitions(model.cell) == ("post",)
    loss, states = model.loss(chains, "level")
    loss.backward()
    depths, ratios = gradient_ratios(chains, states, error_rows(model.cell, data.keyword_rows))
    h, W = states.h.data, model.cell.W.data
    for keyword, root, depth, ratio in zip(
        data.keyword_rows(chains), chains.root, depths, ratios, strict=True
    ):
        state = chains.parent[keyword]
        error = states.h.grad[root]
        path = range(root, state, -2)  # a chain's states are every other row
        for row in path:
            error = W.T @ ((1 - h[row] ** 2) * error)
        assert depth == len(path)
        assert ratio == pytest.approx(np.linalg.norm(error) / np.linalg.norm(states.h.grad[root]), rel=1e-12)


def test_several_cells_and_one_of_the_user_s_are_listed(own, capsys):
    cells = ["--cell", "LSTM", "--cell", "cells_of_mine:Mine", "--cell", "LSTM"]
    assert main(["gradient", *cells, "--runs", "1", "--dry-run"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert names == ["gradient/03/LSTM/1", "gradient/03/cells_of_mine.Mine/1"]


def test_rows_of_other_cells_go_into_a_folder_of_their_own(monkeypatch):
    seen = []
    monkeypatch.setattr("experiments.sweep.run", lambda jobs, args, base: seen.append(args.out) or 0)
    main(["length", "--scale", "paper"])
    main(["depth", "--cell", "GRU"])
    main(["ablate", "--cell", "GRU", "--scale", "paper", "--dry-run"])
    assert seen == [RESULTS / "paper", RESULTS / "cells-smoke", RESULTS / "cells-paper"]


def test_all_trains_and_draws_the_cells_and_claims_nothing_of_them(monkeypatch, capsys, tmp_path):
    seen, drawn = [], []
    monkeypatch.setattr("experiments.sweep.run", lambda jobs, args, base: seen.extend(jobs) or 0)
    monkeypatch.setattr("experiments.paper.figures.draw", lambda out: drawn.append(out) or 0)
    argv = ["all", "--cell", "LSTM", "--cell", "TreeGRU", "--out", str(tmp_path / "out")]
    assert main(argv) == 0
    expected = [
        job.id
        for experiment in ("length", "depth", "gradient")
        for job in experiment_jobs(experiment, "smoke", cells=("LSTM", "TreeGRU"))
    ]
    assert [job.id for job in seen] == expected
    assert drawn == [tmp_path / "out"]
    assert not (tmp_path / "out").exists()  # no claims
    assert "no claims: they are about the paper's RNN and RLSTM" in capsys.readouterr().out
    assert main([*argv, "--treebank", "."]) == 2
    assert "leave it out, or --cell" in capsys.readouterr().err


@pytest.mark.parametrize(("cell", "batches"), [("LSTM", {20, 50}), ("RNN", {5, 50}), ("TreeGRU", {20, 50})])
def test_every_cell_can_be_asked_what_the_paper_s_are(cell, batches):
    jobs = list(ablation_jobs("paper", cells=(cell,)))
    assert {job.settings.model for job in jobs} == {cell}
    assert not {job.id for job in jobs} & {job.id for job in ablation_jobs("paper", seed=1)}
    (usual, *tried) = [job.json for job in jobs if job.settings.run == 1]
    changed = [{name: s[name] for name in s if s[name] != usual[name]} for s in tried]
    assert len(changed) == len({str(change) for change in changed})
    assert {} not in changed  # what is tried differs from the default
    names = {name for change in changed for name in change}
    both = {"l2", "l2_words", "l2_classifier", "first_step", "eps", "init", "lr", "batch", "D"}
    assert names == both | ({"shape"} if cell in models.TREE_CELLS else set())
    assert {change["batch"] for change in changed if "batch" in change} == batches


def test_ablate_asks_a_cell_of_the_user_s_and_tells(own, monkeypatch, capsys):
    few = [q for q in ablation.QUESTIONS if q.name == "eps"]
    monkeypatch.setattr(ablation, "QUESTIONS", few)
    monkeypatch.setitem(ablation.SCALES, "smoke", TINY)
    monkeypatch.setattr(
        ablation, "run_settings", lambda *a, **k: run_settings(*a, **{"D": 4, "mode": "level", **k})
    )
    with ThreadPoolExecutor(1) as executor:  # in this process, which has the changes above
        run = functools.partial(sweep.run, executor=executor)
        monkeypatch.setattr(sweep, "run", run)
        assert main(["ablate", "--cell", "cells_of_mine:Mine", "--runs", "1", "--out", "out"]) == 0
    table = (own / "out" / "ablate.md").read_text(encoding="utf-8")
    assert table in capsys.readouterr().out
    lines = [line.split(" | ")[:3] for line in table.splitlines()[2:-1]]
    asked = [("default", "default"), ("eps", "1e-4"), ("batch", "by_20"), ("batch", "by_50")]
    assert lines == [["| cells_of_mine.Mine", question, setting] for question, setting in asked]
    assert "–" not in "".join(table.splitlines()[:-1]).replace("21–30", "")  # every run is there


@pytest.mark.parametrize(
    ("command", "cell", "text"),
    [
        ("length", "LTSM", "there is no cell 'LTSM'; did you mean LSTM"),
        ("depth", "cells_of_mine:Meine", "has no 'Meine'; did you mean Mine"),
        ("length", "cells_of_mine:Nameless", "has no `settings`, without which its models can't be saved"),
        ("length", "cells_of_mine:Broken", "cells_of_mine:Broken(2, rng) raised OverflowError: too wide"),
        (
            "length",
            "cells_of_mine:Partless",
            "AttributeError: Partless has no `parts`, the state of a tree node",
        ),
        ("gradient", "Multilayer", "Multilayer is made of several folds"),
        ("demo", "GRU", "GRU reads sequences, and this command draws trees"),
        ("demo", "RNN", "the RNN is drawn anyway"),
        ("all", "Bidirectional", "Bidirectional is made of several folds"),
        ("ablate", "LTSM", "there is no cell 'LTSM'; did you mean LSTM"),
        ("sentiment", "Multilayer", "Multilayer is made of several folds"),
    ],
)
def test_a_cell_that_will_not_do_is_refused_before_anything_is_written(own, capsys, command, cell, text):
    more = ["--treebank", "."] if command == "sentiment" else []
    with pytest.raises(SystemExit) as stopped:
        main([command, "--cell", cell, "--out", str(own / "out"), *more])
    assert stopped.value.code == 2
    assert text in capsys.readouterr().err
    assert not (own / "out").exists()
