"""The explorer's page and its numbers, without JavaScript."""

import re
from configparser import ConfigParser
from fnmatch import fnmatch
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import viz.explorer
from tests.viz.page_style import assert_backgrounds_can_be_read, style_of
from viz.__main__ import main
from viz.colour import contrast
from viz.explorer import explorer_page
from viz.explorer.draws import drawn, normals, recurrent
from viz.explorer.flow import explore, largest_slope
from viz.explorer.presets import PRESETS
from viz.explorer.settings import CONTROLS, Choice, Settings
from viz.explorer.still import still

ROOT = Path(__file__).parent.parent.parent


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


@pytest.fixture(scope="module", autouse=True)
def drawn_once():
    """The page's still is drawn for the first page of these tests, and is the same in the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz.explorer.assemble.still", cache(still))
        yield


@pytest.fixture(scope="module")
def text():
    return explorer_page()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_one_small_file(text):
    assert len(text.encode()) <= 120_000
    assert not re.findall(r"@[A-Z_]+@", text)  # every part has been put in


def test_the_page_asks_for_nothing(text, page):
    """No element, style or script names another file; the policy in the page forbids it besides."""
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "base", "object", "embed"), tag
        for name in ("src", "href", "xlink:href", "data", "action"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert not re.search(r"@import|\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(", text)
    assert all(target.startswith("#") for target in re.findall(r"url\(\"?'?([^)]*)", text))
    spaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"\s<>)]+", text)) <= spaces  # names, which nobody opens
    assert "default-src 'none'" in text


def test_every_control_has_a_label(page):
    labelled = {attributes["for"] for tag, attributes in page.elements if tag == "label"}
    controls = {attributes["id"] for tag, attributes in page.elements if tag in ("input", "select")}
    assert controls == {*CONTROLS, "t"}
    assert controls <= labelled


def test_no_id_occurs_twice(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_controls_have_the_ranges_of_the_settings(page):
    of = {attributes.get("id"): attributes for _, attributes in page.elements}
    assert (of["T"]["min"], of["T"]["max"]) == ("2", "100")
    assert (of["scale"]["min"], of["scale"]["max"], of["scale"]["value"]) == ("0.2", "2", "1.2")
    assert (of["forget"]["min"], of["forget"]["max"]) == ("-2", "5")
    options = {attributes["value"] for tag, attributes in page.elements if tag == "option"}
    assert options == {
        str(value) for control in CONTROLS.values() if isinstance(control, Choice) for value in control.values
    }


def test_text_can_be_read(text):
    """Every pair of a text's colour and its background in the style: 4.5, as WCAG 2.2 asks for (AA)."""
    assert contrast("#000000", "#ffffff") > 4.5
    assert assert_backgrounds_can_be_read(text) >= 4
    assert re.search(r":focus-visible \{ outline: 3px solid", style_of(text))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_engine_finds_the_numbers_of_a_preset(preset):
    lines = explore(preset.settings)
    assert preset.facts
    for fact in preset.facts:
        norms = lines[fact.line]
        if fact.what == "turns":
            assert len(norms) - 1 - int(np.argmax(norms)) == fact.value
        else:
            assert norms[0] == pytest.approx(fact.value, rel=0.01, abs=0)


def test_answers_say_their_numbers():
    answers = {preset.name: preset.as_dict()["answer"] for preset in PRESETS}
    assert len(answers) == 8
    assert answers["eight"].startswith("0.168")
    assert answers["fifty"].startswith("0.00515")
    assert "turns 42 steps back" in answers["delay"]
    assert not any("{" in answer for answer in answers.values())


def test_a_bias_of_minus_two_closes_the_lstm_as_its_preset_says():
    (preset,) = (preset for preset in PRESETS if preset.name == "forget")
    closed = explore(Settings(**preset.settings.as_dict() | {"forget": -2.0}))
    assert closed["lstm"][0] < closed["elman"][0]


def test_the_page_opens_with_what_an_empty_address_means(text):
    first = next(preset for preset in PRESETS if preset.name == "orthogonal")
    assert first.settings == Settings(T=100)
    assert first.question in text
    svg = text[text.index('<div id="still">') : text.index('id="charts"')]
    assert 'role="img"' in svg
    assert still(first.settings).strip() in svg  # the same bytes again


def test_normal_numbers_are_normal_and_repeatable():
    drawn = normals(3, "W", 100_001)
    assert len(drawn) == 100_001
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.01)
    assert np.mean(np.abs(drawn) > 1.959964) == pytest.approx(0.05, abs=0.003)
    np.testing.assert_array_equal(normals(3, "W", 10), drawn[:10])
    assert abs(np.corrcoef(drawn, normals(3, "x", 100_001))[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn, normals(4, "W", 100_001))[0, 1]) < 0.02


@pytest.mark.parametrize("by", ["norm", "radius"])
@pytest.mark.parametrize("D", CONTROLS["D"].values)
@pytest.mark.parametrize("matrix", CONTROLS["matrix"].values)
def test_matrices_are_what_they_are_called(matrix, D, by):
    W = recurrent(Settings(matrix=matrix, D=D, by=by, scale=0.7), "W")
    norm, radius = np.linalg.norm(W, 2), np.abs(np.linalg.eigvals(W)).max()
    assert {"norm": norm, "radius": radius}[by] == pytest.approx(0.7)
    if matrix == "identity":
        np.testing.assert_allclose(W, 0.7 * np.eye(D))
    elif matrix == "orthogonal":
        np.testing.assert_allclose(W @ W.T, 0.49 * np.eye(D), atol=1e-12)
    elif matrix == "delay":
        assert radius / norm == pytest.approx(2 / 3 if D > 1 else 1)
        assert np.count_nonzero(np.triu(W, 1)) == {1: 0, 2: 1, 10: 9, 50: 45}[D]
        assert not np.tril(W, -1).any()
    elif D == 50:
        assert radius < 0.75 * norm


@pytest.mark.parametrize("f", CONTROLS["f"].values)
def test_elmans_gradient_lies_under_its_bound(f):
    assert largest_slope(f) == (0.25 if f == "sigmoid" else 1)
    lines = explore(Settings(f=f, matrix="gaussian", D=10, by="radius", T=30, input=1.0))
    assert (lines["elman"] <= lines["bound"] * (1 + 1e-12)).all()
    assert lines["bound"][-1] == 1
    assert lines["elman"][-1] == pytest.approx(1)


def test_cells_share_their_matrix_and_gates_have_their_own():
    weights = drawn(Settings(D=10)).weights
    np.testing.assert_array_equal(weights["elman"]["W"], weights["lstm"]["Wc"])
    np.testing.assert_array_equal(weights["elman"]["W"], weights["gru"]["Wh"])
    gates = [weights["lstm"][name] for name in ("Wf", "Wi", "Wo")]
    gates += [weights["gru"][name] for name in ("Wu", "Wr")]
    for k, W in enumerate(gates):
        assert all(np.abs(W - other).max() > 0.1 for other in [weights["elman"]["W"], *gates[:k]])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"T": 1}, "T lies between 2 and 100: 1"), ({"D": 3}, "D is one of 1, 2, 10, 50, not 3")],
)
def test_settings_outside_their_range_are_refused(wrong, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        Settings(**wrong)


def test_an_installed_package_has_the_files_that_the_page_is_made_of():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = setup["options.package_data"]["viz.explorer"].split()
    folder = Path(viz.explorer.__file__).parent
    files = [path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".py"]
    assert len([name for name in files if name.endswith(".js")]) >= 7
    assert [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_script_is_in_the_page(text):
    for path in Path(viz.explorer.__file__).parent.glob("*.js"):
        assert path.read_text(encoding="utf-8").strip() in text, path.name
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_command_writes_the_page(tmp_path, capsys, text):
    out = tmp_path / "explorer.html"
    assert main(["explorer", "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_text(encoding="utf-8") == text


def test_the_commands_help_says_what_it_writes(capsys):
    with pytest.raises(SystemExit) as end:
        main(["explorer", "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert "python -m viz explorer -o explorer.html" in shown
    assert "write it to this .html file" in shown


def test_the_command_refuses_a_file_that_cannot_be_written(tmp_path, capsys):
    assert main(["explorer", "-o", str(tmp_path / "missing" / "explorer.html")]) == 2
    assert "can't write explorer.html into" in capsys.readouterr().err
    for arguments, says in (
        (["-o", str(tmp_path / "explorer.svg")], "can be saved as .html"),
        ([], "required: -o/--out"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["explorer", *arguments])
        assert end.value.code == 2
        assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
