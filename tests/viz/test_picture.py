"""What every picture does: it is saved, and shows itself in a notebook whatever happens."""

import base64
import shutil
import sys
from xml.etree import ElementTree

import pytest

from models.tree import Tree
from tests.viz.pictures import chain, svg_nodes
from viz.comparison import compare
from viz.epochs import epochs
from viz.picture import SUFFIXES
from viz.render import RenderError, render, svg_size
from viz.tree_picture import TreePicture

TREE = Tree.parse("(1 (0 not) (1 bad))")
NORMS = [0.1, 0.2, 0.5]
PICTURES = {
    "tree": TreePicture(TREE, NORMS, title="<not & bad>"),
    "plain": TreePicture(TREE, None),
    "compare": compare(TREE, {"RNN": NORMS, "RLSTM": [0.2, 0.2, 0.3]}),
    "epochs": epochs(TREE, {1: NORMS, 2: [0.2, 0.2, 0.3]}),
}
any_picture = pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))


@any_picture
def test_every_format_is_written(picture, tmp_path):
    for suffix in SUFFIXES:
        path = picture.save(tmp_path / f"picture.{suffix}")
        assert path.stat().st_size >= 30
    assert {path.suffix for path in tmp_path.iterdir()} == {f".{suffix}" for suffix in SUFFIXES}


@any_picture
@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_dot_and_text_are_written_and_nothing_else(picture, tmp_path):
    picture.save(tmp_path / "picture.dot")
    picture.save(tmp_path / "picture.txt")
    for suffix in ("svg", "html"):
        with pytest.raises(RenderError, match="pip install pygraphviz"):
            picture.save(tmp_path / f"picture.{suffix}")
    assert {path.suffix for path in tmp_path.iterdir()} == {".dot", ".txt"}


@any_picture
@pytest.mark.skipif(shutil.which("dot") is None, reason="there is no dot program")
def test_the_dot_program_draws_the_same_picture_as_pygraphviz(picture, monkeypatch, tmp_path, capfd):
    def content():
        nodes = svg_nodes(picture.to_svg())
        return {name: (node["text"], node["fills"], node["tooltip"]) for name, node in nodes.items()}

    within = content()
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert content() == within
    for suffix in SUFFIXES:
        assert picture.save(tmp_path / f"picture.{suffix}").stat().st_size >= 30
    assert capfd.readouterr().err == ""


@any_picture
def test_a_notebook_shows_the_picture(picture):
    bundle, metadata = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "image/png", "text/plain"}
    png = base64.b64decode(bundle["image/png"], validate=True)
    assert png == render(picture.dot, "png")
    (size,) = metadata.values()
    width, height = svg_size(picture.to_svg())
    assert size == {
        "width": pytest.approx(width * 96 / 72, abs=1),
        "height": pytest.approx(height * 96 / 72, abs=1),
    }
    assert svg_nodes(bundle["image/svg+xml"].encode())
    assert "<svg" in bundle["text/html"]
    assert "<html" not in bundle["text/html"]  # a part of the notebook's page
    assert "not" in bundle["text/plain"]


@any_picture
def test_a_notebook_gets_only_what_it_asks_for(picture):
    def kinds(**wanted):
        return set(picture._repr_mimebundle_(**wanted)[0])

    assert kinds(include=["text/plain", "image/gif"]) == {"text/plain"}
    assert kinds(exclude={"text/html", "image/png"}) == {"image/svg+xml", "text/plain"}
    assert kinds(include=["text/plain", "text/html"], exclude=["text/html"]) == {"text/plain"}
    assert kinds(include=["image/png"]) == {"image/png"}
    assert picture._repr_mimebundle_(include=["image/gif"]) == ({}, {})


def test_a_picture_that_is_too_large_to_be_read_has_no_png():
    bundle, metadata = TreePicture(chain(300), None)._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert metadata == {}


@any_picture
@pytest.mark.usefixtures("no_engine")
def test_a_notebook_without_an_engine_shows_text_and_the_reason(picture):
    bundle, _ = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "not" in bundle["text/plain"]
    assert "pip install pygraphviz" in bundle["text/plain"]


@pytest.mark.parametrize("broken", ["dot", "to_text"])
def test_a_notebook_gets_no_exception_whatever_fails(monkeypatch, broken):
    def fail(*_):
        raise ZeroDivisionError("a bug")

    picture = TreePicture(TREE, NORMS)
    monkeypatch.setattr(TreePicture, broken, property(fail) if broken == "dot" else fail)
    bundle, _ = picture._repr_mimebundle_()
    drawn = {"text/html", "image/svg+xml", "image/png"}
    assert set(bundle) == ({"text/plain"} if broken == "dot" else drawn)
    if broken == "dot":
        assert "a bug" in bundle["text/plain"]


def test_a_page_has_the_title_escaped_and_tooltips_with_full_numbers():
    page = TreePicture(TREE, [0.1, 0.2, 1 / 3], title="<not & bad>").to_html()
    assert "<title>&lt;not &amp; bad&gt;</title>" in page
    assert repr(1 / 3) in page
    assert page.count("<html") == page.count("<svg") == 1
    assert "<?xml" not in page
    assert "<!DOCTYPE svg" not in page


@any_picture
def test_no_page_asks_the_network_for_anything(picture):
    page = picture.to_html()
    for word in ("src=", "href=", "@import", "url(", "fetch(", "XMLHttp"):
        assert word not in page.replace("xlink:href", ""), word
    addresses = {part.split('"')[0] for part in page.split("http")[1:]}
    assert addresses <= {"://www.w3.org/2000/svg", "://www.w3.org/1999/xlink"}  # names, not places


@any_picture
def test_an_svg_is_well_formed(picture):
    assert ElementTree.fromstring(picture.to_svg()).tag.endswith("svg")
