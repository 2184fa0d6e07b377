"""The dashboard's page and, in node, its functions beside viz and NumPy."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest

import models
import viz.dashboard
from tests.viz.page_style import assert_backgrounds_can_be_read
from tests.viz.test_explorer import Page
from viz.colour import contrast
from viz.dashboard import dashboard_page
from viz.few import FEW
from viz.scale import RatioScale

ROOT = Path(__file__).parents[2]
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")


@pytest.fixture(scope="module")
def text():
    return dashboard_page()


@pytest.fixture(scope="module")
def ask(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("dashboard") / "page.html"
    path.write_text(text, encoding="utf-8")

    def asked(code, **given):
        question = {"page": str(path), "ask": {"code": code, **given}}
        script = Path(__file__).with_name("dashboard_model.js")
        done = subprocess.run(
            ["node", script], input=json.dumps(question), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return asked


def test_the_page_is_one_file_within_its_limit(text):
    assert len(text.encode()) <= 150_000
    assert not re.findall(r"@[A-Z_]+@", text)


def test_the_page_asks_nobody_but_its_server(text):
    for tag, attributes in Page(text).elements:
        assert tag not in ("img", "iframe", "base", "object", "embed"), tag
        for name in ("src", "href", "action"):
            assert attributes.get(name, "data:,") == "data:,", (tag, attributes)
    assert "default-src 'none'" in text
    assert "connect-src 'self'" in text
    spaces = {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"https?://[^\"\s<>)]+", text)) <= spaces
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_every_control_has_a_label_and_no_id_occurs_twice(text):
    elements = Page(text).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for tag, attributes in elements if tag == "label" and "for" in attributes}
    assert {"time", "filter"} <= labelled


def test_text_can_be_read(text):
    assert assert_backgrounds_can_be_read(text) >= 3
    (inks,) = re.findall(r"const INKS = (\[.*?\]);", text)
    assert all(contrast(ink, "#ffffff") >= 4.5 for ink in json.loads(inks))


def test_all_its_parts_are_installed():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    for room in ("dashboard", "web"):
        patterns = setup["options.package_data"][f"viz.{room}"].split()
        folder = Path(viz.dashboard.__file__).parent.parent / room
        suffixes = {path.suffix for path in folder.iterdir() if path.suffix not in (".py", "")}
        assert suffixes <= {pattern.removeprefix("*") for pattern in patterns}


@node
def test_colours_are_those_of_viz(ask):
    scale = RatioScale(2e-5, 50.0)
    values = np.concatenate([10 ** np.random.default_rng(0).uniform(-5.5, 2.5, 1000), [1, 2e-5, 50, 0, 0.1]])
    looks = ask(
        "ask.values.map(value => lookOf(value, {low: 2e-5, high: 50}, colours))", values=values.tolist()
    )
    for value, look in zip(values, looks, strict=True):
        style = scale.style(value)
        assert look == {"fill": style.fill, "ink": style.font, "note": style.note or ""}, value
    assert ask("[NaN, Infinity].map(value => lookOf(value, {low: 0.1, high: 1}, colours).note)") == [
        "not a number",
        "infinite",
    ]


@node
def test_the_scale_has_the_limits_of_viz(ask):
    for values in ([0.3, 0.02, 1.7], [1, 1], [1e-9, 0], [3, 7000], [0.1, 0.1000001, 10]):
        found = ask("fitScale([...ask.values, NaN, Infinity])", values=values)
        expected = RatioScale.fit([*values, 1.0])
        assert (found["low"], found["high"]) == (expected.vmin, expected.vmax), values


@node
def test_the_factor_per_level_is_the_weighted_fit_of_the_logarithms(ask):
    rng = np.random.default_rng(3)
    depth, count = np.arange(1, 12), rng.integers(1, 500, 11)
    ratio = 0.7**depth * np.exp(rng.normal(size=11) / 5)
    table = [
        [int(d), {"ratio": float(r), "count": int(n)}] for d, r, n in zip(depth, ratio, count, strict=True)
    ]
    found = ask("factorPerLevel(new Map(ask.table))", table=table)
    slope = np.polyfit(depth, np.log(ratio), 1, w=np.sqrt(count))[0]
    assert found["factor"] == pytest.approx(math.exp(slope))
    assert found["halfLife"] == pytest.approx(math.log(0.5) / slope)
    assert ask("factorPerLevel(new Map(ask.table))", table=table[:1]) is None
    grows = [[d, {"ratio": 2.0**d, "count": 1}] for d in range(4)]
    assert ask("factorPerLevel(new Map(ask.table))", table=grows) == {
        "factor": pytest.approx(2),
        "halfLife": "Infinity",
    }


@node
def test_no_branches_cross_and_parents_stand_above_their_children(ask):
    tree = models.Tree.parse("(1 (1 (1 a) (1 (1 b) (1 c))) (1 (1 (1 d) (1 e)) (1 f)))")
    forest = models.Forest([tree])
    sentence = {"left": forest.left.tolist(), "right": forest.right.tolist(), "words": []}
    found = ask("placeTree(ask.sentence)", sentence=sentence)
    assert (found["leaves"], found["levels"]) == (6, 3)
    assert found["y"] == forest.depth.tolist()
    assert [found["x"][row] for row in np.flatnonzero(forest.left < 0)] == list(range(6))
    for row in np.flatnonzero(forest.left >= 0):
        children = found["x"][forest.left[row]], found["x"][forest.right[row]]
        assert found["x"][row] == sum(children) / 2


def _epoch(run, epoch, median, source="rows", loss=1.0):
    table = {"depth": [2], "count": [10], "median": [median]}
    return {"kind": "epoch", "run": run, "epoch": epoch, "loss": loss, "accuracy": None, "by_depth": table,
            "source": source}  # fmt: skip


def _runs(n=3):
    return [
        {"kind": "run", "run": f"r{k}", "name": f"a/RNN/{k}", "model": "RNN", "source": "rows"}
        for k in range(n)
    ]


@node
def test_a_ratio_that_few_nodes_of_some_run_stand_behind_is_marked(ask):
    tables = [
        {"depth": [1, 2, 3, 4], "count": [20, 19, 500, 40], "median": [0.5] * 4},
        {"depth": [1, 2, 3], "count": [30, 40, 50], "median": [0.5] * 3},
    ]
    records = [*_runs(2), *({**_epoch(f"r{k}", 1, 0.5), "by_depth": table} for k, table in enumerate(tables))]
    found, few = ask(
        "[[...depthsOf([...stored().runs.values()], 1)].map(([depth, { few }]) => few), FEW]", records=records
    )
    assert few == FEW  # as in figures
    assert found == [False, True, False, True]  # the second run has no node at depth 4


@node
def test_runs_of_a_group_are_shown_by_their_median_and_never_sampled(ask):
    records = [*_runs(12), *(_epoch(f"r{k}", 1, 0.1 * (k + 1), loss=k) for k in range(12))]
    found = ask(
        """[[...groupsOf(stored()).keys()], [...groupsOf(stored()).get("a/RNN")].map(run => run.name),
        depthsOf([...stored().runs.values()], 1), curveOf([...stored().runs.values()], "loss")]""",
        records=records,
    )
    names, members, depths, curve = found
    assert names == ["a/RNN"]
    assert members == [f"a/RNN/{k}" for k in range(12)]  # 10 after 9
    assert depths == [[2, {"ratio": pytest.approx(0.65), "count": 120, "few": True}]]
    assert curve == [{"epoch": 1, "middle": 5.5, "low": 0, "high": 11, "count": 12}]


@node
def test_records_that_come_twice_or_after_a_resumption_count_once(ask):
    look = {"kind": "look", "run": "r0", "batch": 5, "heat": [1.0]}
    alert = {"kind": "alert", "run": "r0", "rule": "vanishing", "batch": 5, "at": 0.5, "source": "looks"}
    looks = [{**look, "epoch": e, "at": a} for e, a in ((1, 0.5), (1, 1.0), (2, 0.5), (3, 0.2))]
    alerts = [{**alert, "epoch": e} for e in (1, 2)]
    head = {"kind": "live", "run": "r0", "epochs": 0, "matrices": []}
    records = [*_runs(1), head, *looks, *looks[::-1], *alerts, *alerts]
    shown = "[run.looks.map(timeOf), run.alerts.length, lastTime(run)]"
    times = f"[...stored().runs.values()].map(run => {shown})"
    assert ask(times, records=records) == [[[0.5, 1.0, 1.5, 2.2], 2, 2.2]]
    assert ask(times, records=[*records, head]) == [[[0.5, 1.0, 1.5, 2.2], 2, 2.2]]
    again = {"kind": "resumed", "run": "r0", "epochs": 1}
    assert ask(times, records=[*records, again]) == [[[0.5, 1.0], 1, 1.0]]
    reset = {"kind": "reset", "run": "r0", "source": "looks"}
    assert ask(times, records=[*records, reset]) == [[[], 0, 0]]


@node
def test_rows_count_before_looks_and_the_end_of_rows_before_that_of_looks(ask):
    records = [*_runs(1), _epoch("r0", 1, 0.5, "looks", 2.0), _epoch("r0", 1, 0.25, "rows", 3.0)]
    code = "epochOf(stored().runs.get('r0'), 1)"
    assert ask(code, records=records)["loss"] == 3.0
    assert ask(code, records=records[::-1])["byDepth"]["median"] == [0.25]
    end = {"kind": "end", "run": "r0"}
    ends = [{**end, "why": "finished", "source": "rows"}, {**end, "why": "failed", "source": "looks"}]
    assert ask("endOf(stored().runs.get('r0'))", records=[*records, *ends]) == "finished"
    assert ask("endOf(stored().runs.get('r0'))", records=[*records, *ends, *_runs(1)]) == "failed"


@node
def test_the_look_at_a_time_is_the_last_before_it(ask):
    looks = [
        {"kind": "look", "run": "r0", "epoch": 1, "batch": k, "at": k / 10, "heat": []} for k in (1, 4, 9)
    ]
    code = "[0, 0.1, 0.39, 0.4, 5].map(time => lookAt(stored().runs.get('r0'), time)?.batch ?? null)"
    assert ask(code, records=[*_runs(1), *looks]) == [None, 1, 1, 4, 9]
    assert ask("[0, 0.05, 1, 1.05, 2].map(time => columnAt([0, 1, 2], time))") == [0, 1, 1, 2, 2]
