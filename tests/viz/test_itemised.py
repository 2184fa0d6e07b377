"""Itemised gradients: the record, the figure, and the page without a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viz.itemised
from tests.viz.itemised_runs import CODE, LOSSES, MOMENTS, TEXT, made, several
from tests.viz.page_style import LEAST, assert_backgrounds_can_be_read, pairs
from tests.viz.test_explorer import Page
from viz.colour import contrast
from viz.itemised import ItemisedMoment, ItemisedRun, itemised_figure, itemised_page
from viz.itemised.assemble import far_loss
from viz.itemised.strips import by_distance
from viz.scale import NormScale

ROOT = Path(__file__).parents[2]
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")


def test_a_matrix_has_what_the_letters_stand_for():
    moment = ItemisedMoment("now", [1.0, 2.0], {"h": ["h", "-g"]})
    run = ItemisedRun("a text", "a network", "run 1", "abc", [moment], CODE)
    found = run.matrix(0, "h")
    assert found[0, 0] == 1
    assert np.isnan(found[0, 1])
    assert found[1].tolist() == [0, pytest.approx(0.1)]
    assert run.known().tolist() == pytest.approx([0, 0.1, 1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"moments": []}, "at least one moment and two characters"),
        ({"text": "a"}, "at least one moment and two characters"),
        ({"text": TEXT + "!"}, f"{LOSSES + 1} losses in bits"),
        ({"code": {"-": 0.0}}, "'a' stands for no size"),
        ({"code": {**CODE, "ab": 1.0}}, "single letters, not 'ab'"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=f"Python, LSTM, D 8, run 1.*{said}"):
        replace(made(), **change)


def test_rows_of_another_length_and_other_parts_are_refused():
    run = made()
    first, *others = run.moments
    short = replace(first, sizes={**first.sizes, "c": first.sizes["c"][:-1]})
    with pytest.raises(ValueError, match=rf"before training: c has not 1, 2, …, {LOSSES} sizes"):
        replace(run, moments=[short, *others])
    with pytest.raises(ValueError, match=r"the parts \['h', 'c'\] are needed, not \d+ and \['h'\]"):
        replace(run, moments=[first, replace(first, sizes={"h": first.sizes["h"]})])


def test_by_distance():
    sizes = np.array([[1, 9, 9], [2, 3, 9], [4, 5, 6.0]])
    assert by_distance(sizes, 1).tolist() == [[6], [5], [4]]
    assert by_distance(sizes, 2).tolist() == [[3, 6], [2, 5]]
    assert by_distance(sizes, 3).tolist() == [[1, 3, 6]]


def test_the_figure_shows_each_size_in_its_colour_and_nothing_where_it_is_too_small():
    run, scale = made(), NormScale(1e-5, 1.0)
    figure = itemised_figure(run, "c", [0, 2], scale=scale, columns=20)
    losses, strip, _, after, bar = figure.axes
    assert losses.get_title(loc="left") == "(a) before training"
    assert [patch.get_height() for patch in losses.patches] == pytest.approx(run.moments[0].bits[-20:])
    for axes, moment in ((strip, 0), (after, 2)):
        (image,) = axes.images
        shown = np.asarray(image.get_array())
        wanted = by_distance(run.matrix(moment, "c"), 20)
        assert shown.shape == (LOSSES - 19, 20, 3)
        for place, size in np.ndenumerate(wanted):
            colour = scale.style(size).fill if size >= 1e-5 else "#ffffff"
            assert "#" + "".join(f"{round(255 * v):02x}" for v in shown[place]) == colour
        letters = [label.get_text() for label in axes.get_xticklabels()]
        assert "".join(letters) == TEXT[-20:].replace("\n", "↵").replace("\t", "⇥")
    assert "less than 10⁻⁵" in bar.get_xlabel()


def test_a_figure_of_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="the state's parts are h, not 'c'"):
        itemised_figure(made("GRU, D 8"), "c")
    with pytest.raises(ValueError, match=f"from 1 to {LOSSES} losses can be drawn, not 80"):
        itemised_figure(made())
    with pytest.raises(ValueError, match=r"a scale up to 0.1 has no colour for 1"):
        itemised_figure(made(), scale=NormScale(1e-5, 0.1), columns=20)


@pytest.fixture(scope="module")
def text():
    return itemised_page(several(), 2)


def test_the_page_is_one_file_that_asks_for_nothing(text):
    assert not re.findall(r"@[A-Z_]+@", text)
    for tag, attributes in Page(text).elements:
        assert tag not in ("link", "img", "iframe", "base", "object", "embed"), tag
        for name in ("src", "href", "action"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert not re.search(r"@import|\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(", text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert set(re.findall(r"https?://[^\"\s<>)]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_every_control_has_a_label_and_no_id_occurs_twice(text):
    elements = Page(text).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for tag, attributes in elements if tag == "label"}
    controls = {attributes["id"] for tag, attributes in elements if tag in ("input", "select")}
    assert controls == labelled == {"corpus", "network", "run", "part", "from", "moment"}


def test_text_can_be_read(text):
    assert assert_backgrounds_can_be_read(text) >= 4
    for rule, ink, fill in pairs(text):
        assert contrast(ink or "#000000", fill or "#ffffff") >= LEAST, rule


def test_the_page_holds_every_run_and_begins_where_the_last_moment_reaches_far(text):
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert [(run["corpus"], run["network"], run["run"]) for run in data["runs"]][2:] == [
        ("Python", "LSTM, D 8", "run 1"),
        ("Python", "LSTM, D 8", "run 2"),
        ("prose", "Elman, D 8", "run 1"),
    ]
    assert "".join(data["runs"][2]["text"]) == TEXT  # a character each, whatever it takes in UTF-16
    assert len(data["runs"][2]["text"]) == LOSSES + 1
    sizes = made().matrix(-1, "h")
    loss = far_loss(made())
    assert loss >= LOSSES // 2
    assert sizes[loss, loss - 20] == max(sizes[t, t - 20] for t in range(20, LOSSES))
    assert data["first"] == {"run": 2, "place": loss + 1, "from": 1e-5}
    assert data["scale"] == {"low": 1e-7, "high": 1.0}


def test_runs_that_can_not_be_told_apart_or_are_none_are_refused():
    with pytest.raises(ValueError, match="at least one run"):
        itemised_page([])
    with pytest.raises(ValueError, match=r"a name of its own, unlike \('Python', 'LSTM, D 8', 'run 1'\)"):
        itemised_page([made(), made()])
    with pytest.raises(ValueError, match="the same code"):
        itemised_page([made(), replace(made(run="run 2"), code={**CODE, "z": 3.0})])


def test_all_its_parts_are_installed():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = setup["options.package_data"]["viz.itemised"].split()
    folder = Path(viz.itemised.__file__).parent
    suffixes = {path.suffix for path in folder.iterdir() if path.suffix not in (".py", "")}
    assert suffixes == {pattern.removeprefix("*") for pattern in patterns}


@node
def test_the_scripts_colours_and_sizes_are_those_of_viz(text):
    values = [1e-7, 1.0, *(10 ** np.random.default_rng(0).uniform(-7, 0, 500))]
    ask = """
      const data = JSON.parse(page.split('id="data">')[1].split("</script>")[0]), run = data.runs[2];
      console.log(JSON.stringify({
        looks: values.map(value => lookOf(value, data.scale, data.colours)),
        none: [lookOf(0, data.scale, data.colours), lookOf(0.9e-3, { low: 1e-3, high: 1 }, data.colours)],
        sent: [1, 5, 30].map(place => sentBack(run, 1, "c", place, data.code)),
        words: [0.0126, 0.5, 10, 1e-4, 2.5e-7, 0].map(value => sizeInWords(value, 1e-7)),
        above: [lastAbove([1e-4, 0.02, 0.5, 1], 0.01), lastAbove([0, 0], 0.01), lastAbove([3], 1)],
        nearest: ["prose", "Python"].map(corpus =>
          data.runs.indexOf(runOf(data.runs, { corpus, network: "LSTM, D 8", run: "run 2" }))),
      }));"""
    model = text.split('<script id="model">')[1].split("</script>")[0]
    program = f"const page = {json.dumps(text)}, values = {json.dumps(values)};\n{model}\n{ask}"
    done = subprocess.run(["node", "-"], input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    scale = NormScale(1e-7, 1.0)
    styles = [scale.style(value) for value in values]
    assert found["looks"] == [{"fill": style.fill, "ink": style.font} for style in styles]
    assert found["none"] == [None, None]
    sizes = made().matrix(1, "c")
    for place, row in zip((1, 5, 30), found["sent"], strict=True):
        assert row == pytest.approx(sizes[place - 1, :place].tolist())
    assert found["words"] == ["0.013", "0.5", "10", "1.0×10⁻⁴", "2.5×10⁻⁷", "less than 10⁻⁷"]
    assert found["above"] == [3, None, 1]
    assert found["nearest"] == [4, 3]


def test_the_still_is_of_the_same_character(text):
    still = text.split('<div id="still">')[1].split("</noscript>")[0]
    assert f"LSTM, D 8, run 1, {MOMENTS[-1]}" in still
    assert "exactly zero" not in still
