"""The benchmark of the compiler's passes: what is compared computes the same."""

import json

import numpy as np
import pytest

import models
from experiments.__main__ import main
from experiments.bench import passes, report
from experiments.bench.workload import Config, minibatches, new_model, vocabulary
from experiments.commands import bench
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.evaluation import Evaluation
from minigrad.fold.compiler.order import TILE
from minigrad.fold.compiler.run import compiled
from minigrad.kernels.jit import JIT_ENABLED
from tests.minigrad.fold_contract.cells import Memory
from tests.minigrad.fold_contract.forests import Trees
from tests.minigrad.fold_contract.reference import Case, close

emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")


@pytest.fixture(scope="module")
def forest():
    (forest,) = minibatches(Config("RLSTM", (1, 40), 30), 1, vocabulary())
    return forest


def test_levels_are_an_order_with_children_first(forest):
    order = passes.level_order(forest)
    inner = forest.left >= 0
    order_rows, left, right, left_leaf, right_leaf = order.nodes.T
    assert sorted(order_rows) == list(forest.inner)
    assert [*order.tiles[:, 0], len(order.nodes)] == [0, *order.tiles[:, 4]]
    assert sorted(order.leaves) == list(np.flatnonzero(~inner))
    for a, b, c, d, e in order.tiles:
        rows = order_rows[a:e]
        assert e - a <= TILE
        assert len({int(forest.height[row]) for row in rows}) == 1
        assert inner[forest.left[rows]].tolist() == [c <= k < e for k in range(a, e)]
        assert inner[forest.right[rows]].tolist() == [b <= k < d for k in range(a, e)]
    np.testing.assert_array_equal(left_leaf, ~inner[left])
    np.testing.assert_array_equal(right_leaf, ~inner[right])


@emitted
@pytest.mark.slow
@pytest.mark.parametrize("name", passes.VARIANTS)
def test_every_variant_computes_the_same(name, forest):
    trees = Trees(forest.left, forest.right)
    case = Case(Memory, trees)
    with passes.VARIANTS[name]([trees]):
        assert isinstance(compiled(case.cell, np.float64), CompiledCell)
        got = case.fold("compiled")
    for a, b in zip(got, case.fold("node"), strict=True):
        close(a, b, 1e-12)


@emitted
def test_every_variant_is_what_it_is_called(forest):
    codes = {}
    for name, variant in passes.VARIANTS.items():
        with variant([forest]):
            codes[name] = CompiledCell(models.RLSTM(3, np.random.default_rng(0)), np.float32)
    plans = {name: code.emitted.writer.plan for name, code in codes.items()}
    rectangles = {name: len(p.forward.rectangles) + len(p.backward.rectangles) for name, p in plans.items()}
    loops = {name: sum(map(len, p.forward.stages + p.backward.stages)) for name, p in plans.items()}
    usual = "all passes"
    assert rectangles["products one by one"] > rectangles[usual]
    assert loops["a loop for every operation"] > loops[usual]
    assert any(r.side for r in plans[usual].forward.rectangles)
    assert not any(r.side for r in plans["leaves' memories like others"].forward.rectangles)
    chunk = {name: next(r.rows for r in c.emitted.writer.rooms if r.name == "O") for name, c in codes.items()}
    assert chunk["one chunk"] == len(forest.inner) > chunk[usual]
    assert codes["level by level"].source == codes[usual].source


@emitted
def test_what_is_timed_goes_level_by_level_if_it_is_called_so(forest, monkeypatch):
    seen = []
    start = Evaluation.forward
    monkeypatch.setattr(
        Evaluation, "forward", lambda self, keep: (seen.append(self.order), start(self, keep))
    )
    train = passes._steps(new_model("RNN", forest.vocabulary), [forest])
    for name in ("all passes", "level by level"):
        with passes.VARIANTS[name]([forest]):
            assert train() > 0
    usual, by_level = seen
    np.testing.assert_array_equal(by_level.nodes, passes.level_order(forest).nodes)
    assert (usual.nodes != by_level.nodes).any()


@pytest.fixture
def document():
    rows = [("all passes", 2.0), ("one chunk", 2.5)]
    key = Config("RNN", (1, 5), 2).key()
    return {
        "machine": {"processor": "a processor", "quiet": False},
        "passes": [{**key, "variant": name, "us_per_node": time} for name, time in rows],
    }


def test_the_table_sets_every_variant_beside_all_passes(document):
    text = report.passes_as_text(document)
    assert [line.split() for line in text.splitlines()[3:5]] == [
        ["RNN", "1–5", "2", "all", "passes", "2.00", "+0.00", "1.00"],
        ["RNN", "1–5", "2", "one", "chunk", "2.50", "+0.50", "1.25"],
    ]
    assert text.splitlines()[-1].startswith("Warning")


def test_the_option_measures_this_instead(document, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "measure", lambda quick: pytest.fail("it measured the rest"))
    monkeypatch.setattr(bench, "run_worker", lambda section, quick: {"passes": document["passes"]}[section])
    file = tmp_path / "passes.json"
    assert main(["bench", "--passes", "--json", str(file)]) == 0
    assert json.loads(file.read_text(encoding="utf-8"))["passes"] == document["passes"]
    assert "one chunk" in capsys.readouterr().out


@emitted
@pytest.mark.slow
def test_variants_are_timed():
    entries = passes.measure(1, 1, [Config("RNN", (1, 5), 2)])
    assert [entry["variant"] for entry in entries] == list(passes.VARIANTS)
    assert all(entry["us_per_node"] > 0 for entry in entries)
