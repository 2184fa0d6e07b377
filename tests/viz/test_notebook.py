"""Trees and forests in a notebook: their pictures, and text where there is none."""

import subprocess
import sys

import pytest

from models import DependencyTree, Forest, Tree, TreeForest
from tests.viz.pictures import chain, svg_nodes, svg_text
from viz import notebook

TREE = Tree.parse("(S (NP (DT the) (NN <cat>)) (VP (VBZ sleeps)))")
SENTENCE = "(3 (2 not) (1 bad))"


def test_a_tree_shows_itself_whole():
    bundle, metadata = TREE._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "image/png", "text/plain"}
    assert list(metadata) == ["image/png"]
    nodes = svg_nodes(bundle["image/svg+xml"])
    texts = [nodes[f"n{k}"]["text"] for k in range(6)]
    assert texts == [["S"], ["NP"], ["DT", "the"], ["NN", "<cat>"], ["VP"], ["VBZ", "sleeps"]]
    assert bundle["text/plain"] == repr(TREE)


def test_a_forest_shows_its_first_trees_and_counts_the_others():
    bundle, _ = Forest([Tree.parse(SENTENCE)] * 1234)._repr_mimebundle_()
    texts = svg_text(bundle["image/svg+xml"])
    assert [text for text in texts if text.startswith("tree ")] == ["tree 1", "tree 2", "tree 3"]
    assert "the first 3 of 1,234 trees" in texts
    assert texts.count("class 3") == 3
    assert bundle["text/plain"].startswith("<Forest of 1234 trees")
    one, _ = Forest([Tree.parse(SENTENCE)])._repr_mimebundle_(include=["image/svg+xml"])
    assert not any("first" in text for text in svg_text(one["image/svg+xml"]))


def test_dependency_trees_and_their_forests_show_themselves():
    tree = DependencyTree(["the", "cat", "sleeps"], [1, 2, -1], ["det", "nsubj", "root"])
    bundle, _ = tree._repr_mimebundle_(include=["image/svg+xml"])
    nodes = svg_nodes(bundle["image/svg+xml"])
    assert [nodes[f"n{k}"]["text"] for k in range(3)] == [["sleeps"], ["cat"], ["the"]]
    bundle, _ = TreeForest([tree] * 5)._repr_mimebundle_()
    assert svg_text(bundle["image/svg+xml"]).count("sleeps") == 3
    assert bundle["text/plain"].startswith("<TreeForest of 5 trees")


def test_of_large_trees_the_upper_levels_are_shown():
    bundle, _ = chain(3000)._repr_mimebundle_()
    nodes = svg_nodes(bundle["image/svg+xml"])
    assert len(nodes) == notebook.MOST_NODES  # the root, 124 levels of two nodes, and how many are hidden
    assert any("hidden" in node["text"][0] for node in nodes.values() if node["text"])
    wide = Tree(None, children=[Tree(None, "w")] * 1000)
    nodes = svg_nodes(wide._repr_mimebundle_()[0]["image/svg+xml"])
    assert nodes["n0h"]["text"] == ["+1000 hidden"]


def test_only_what_is_asked_for_is_drawn():
    assert set(TREE._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}
    assert "image/png" not in TREE._repr_mimebundle_(exclude=["image/png"])[0]


@pytest.mark.parametrize("value", [TREE, Forest([Tree.parse(SENTENCE)])])
def test_without_an_engine_there_is_text_and_the_reason(monkeypatch, tmp_path, value):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    bundle, _ = value._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].startswith(repr(value))
    assert "pip install pygraphviz" in bundle["text/plain"]


def test_without_the_pictures_room_there_is_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "viz.notebook", None)
    bundle, metadata = TREE._repr_mimebundle_()
    assert bundle == {"text/plain": bundle["text/plain"]}
    assert bundle["text/plain"].startswith(repr(TREE))
    assert metadata == {}


def test_models_alone_are_enough_to_show_a_tree():
    """What draws is loaded when a notebook asks, not with the models."""
    program = f"""
import sys, models
tree = models.Tree.parse("{SENTENCE}")
assert "viz" not in sys.modules
bundle, _ = tree._repr_mimebundle_()
assert "image/svg+xml" in bundle, bundle
"""
    subprocess.run([sys.executable, "-c", program], check=True)
