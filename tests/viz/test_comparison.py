"""One tree several times: on one scale, side by side, in order."""

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from models.tree import Tree
from tests.references import assert_reference
from tests.viz.pictures import chain, svg_nodes, svg_text, unrolled
from viz.comparison import compare
from viz.epochs import epochs
from viz.scale import NormScale, RatioScale
from viz.tree_picture import TreePicture

TREE = Tree.parse("(6 (12 not) (NP (507 bad) (3 film)))")
RNN = [2.5e-4, 0.031, 0.0, 0.125, 1.0]
RLSTM = [0.3, 0.4, 0.2, 0.5, 1.5]


def test_all_panels_share_one_scale():
    picture = compare(TREE, {"RNN": RNN, "RLSTM": RLSTM})
    assert picture.scale == NormScale(2e-4, 2)
    nodes = svg_nodes(picture.to_svg())
    # Both panels' nodes in pre-order: root, not, NP, bad, film.
    for panel, norms in enumerate([RNN, RLSTM]):
        for here, row in enumerate([4, 0, 3, 1, 2]):
            assert picture.scale.style(norms[row]).fill in nodes[f"p{panel}n{here}"]["fills"]
    assert svg_text(picture.to_svg()).count("gradient norm ‖∂J/∂p‖ at each node") == 1


def test_each_panel_has_its_ratios_by_its_own_root():
    picture = compare(TREE, {"RNN": RNN, "RLSTM": RLSTM}, "ratio")
    assert isinstance(picture.scale, RatioScale)
    nodes = svg_nodes(picture.to_svg())
    assert {nodes["p0n0"]["text"][1], nodes["p1n0"]["text"][1]} == {"1.00"}
    assert nodes["p1n1"]["text"] == ["not", "0.200"]


def test_panels_stand_left_to_right_in_the_order_given():
    titles = [f"m{k}" for k in range(5)]
    nodes = svg_nodes(compare(TREE, dict.fromkeys(titles, RNN)).to_svg())
    roots = [nodes[f"p{k}n0"]["x"] for k in range(5)]
    assert roots == sorted(roots)
    assert [text for text in svg_text(compare(TREE, dict.fromkeys(titles, RNN)).to_svg()) if text in titles]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_rows_have_as_many_columns_as_asked_for(columns):
    picture = compare(TREE, dict.fromkeys("abcde", RNN), columns=columns)
    nodes = svg_nodes(picture.to_svg())
    xs = [nodes[f"p{k}n0"]["x"] for k in range(5)]
    assert len({round(x) for x in xs}) == columns
    for row in range(0, 5, columns):
        assert xs[row : row + columns] == sorted(xs[row : row + columns])


def test_the_key_lists_what_occurs_in_any_panel():
    text = svg_text(compare(TREE, {"a": RLSTM, "b": [*RLSTM[:-1], math.inf]}, keyword=1).to_svg())
    assert text.count("infinite") == text.count("keyword") == 1
    assert "exactly zero" not in text


def test_the_texts_of_a_comparison():
    picture = compare(TREE, {"RNN": RNN, "RLSTM": RLSTM}, keyword=1)
    assert_reference("viz/references/compare.txt", picture.to_text())
    assert_reference("viz/references/compare.dot", unrolled(picture.dot))


def test_nothing_to_compare_and_no_column_are_refused():
    with pytest.raises(ValueError, match="at least one model"):
        compare(TREE, {})
    with pytest.raises(ValueError, match="at least one column"):
        compare(TREE, {"a": RNN}, columns=0)


def test_a_strip_has_a_panel_per_epoch_without_numbers():
    picture = epochs(TREE, {0: RNN, 7: RLSTM, "best": RLSTM})
    text = svg_text(picture.to_svg())
    assert [part for part in text if part in ("epoch 0", "epoch 7", "best")] == ["epoch 0", "epoch 7", "best"]
    assert not {"0.300"} & set(text)
    assert "0.300" in svg_text(epochs(TREE, {0: RLSTM}, numbers=True).to_svg())
    assert_reference("viz/references/epochs.dot", unrolled(picture.dot))
    assert_reference("viz/references/epochs.txt", picture.to_text())


def test_a_strip_of_big_trees_has_fewer_columns():
    assert epochs(chain(10), {k: np.ones(19) for k in range(5)}).columns == 3
    assert epochs(chain(100), {k: np.ones(199) for k in range(5)}).columns == 1


class Page(HTMLParser):
    """The scripts, the slider and the tags of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts, self.slider, self._inside = [], [], {}, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._inside = tag == "script"
        if tag == "input":
            self.slider = dict(attributes)

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)


def test_the_page_of_epochs_holds_what_each_epochs_picture_would_show():
    values = {k: np.array(RLSTM) * 0.5**k for k in range(4)}
    values[2][1], values[3][2] = math.nan, 0.0
    picture = epochs(TREE, values, keyword=1)
    page = Page(picture.to_html())
    assert page.slider["max"] == page.slider["value"] == "3"
    frames = json.loads(page.scripts[0])
    assert [frame["title"] for frame in frames] == ["epoch 0", "epoch 1", "epoch 2", "epoch 3"]
    for frame, norms in zip(frames, values.values(), strict=True):
        alone = TreePicture(TREE, norms, picture.scale, keyword=1)
        shown = svg_nodes(alone.to_svg())
        for name, (fill, _, border, width, dashes, number, tooltip) in frame["nodes"].items():
            assert fill in shown[name]["fills"]
            assert number in shown[name]["text"]
            assert tooltip == shown[name]["tooltip"]
            drawn = re.search(rf"<title>{name}</title>.*?</g>\n</g>", alone.to_svg(), re.DOTALL)[0]
            assert f'stroke="{border}"' in drawn
            assert ('stroke-width="' + width in drawn) == (width != "1")
            assert ("stroke-dasharray" in drawn) == (dashes != "none")
            assert dashes == "none" or f'stroke-dasharray="{dashes}"' in drawn


def test_the_page_of_epochs_shows_the_last_one_before_any_script_runs():
    picture = epochs(TREE, {1: [1e-7, 0.1, 0.2, 0.3, 0.4], 2: RLSTM})
    page = picture.to_html()
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    last = svg_nodes(TreePicture(TREE, RLSTM, picture.scale).to_svg())
    for name, node in svg_nodes(svg).items():
        assert (node["text"], node["fills"], node["tooltip"]) == (
            last[name]["text"],
            last[name]["fills"],
            last[name]["tooltip"],
        )


def test_no_node_of_the_page_is_too_narrow_for_its_longest_number():
    picture = epochs(TREE, {1: [1.23e-17, *RLSTM[1:]], 2: RLSTM})
    page = picture.to_html()
    wide = re.search(r"<title>n1</title>.*?points=\"(\S+?),\S+ (\S+?),", page, re.DOTALL)
    alone = re.search(
        r"<title>n1</title>.*?points=\"(\S+?),\S+ (\S+?),", TreePicture(TREE, RLSTM).to_svg(), re.S
    )
    assert float(wide[1]) - float(wide[2]) > 1.3 * (float(alone[1]) - float(alone[2]))


def test_words_cannot_break_out_of_the_page():
    evil = "</script><script>alert(1)</script>"
    tree = Tree("1", children=[Tree(None, evil), Tree(None, "b")])
    page = Page(epochs(tree, {evil: [1.0, 2.0, 3.0]}).to_html())
    assert page.tags.count("script") == 2
    assert json.loads(page.scripts[0])[0]["title"] == evil


def test_two_pictures_on_a_page_do_not_move_each_others_sliders():
    one, other = epochs(TREE, {1: RNN}).html_body(), epochs(TREE, {1: RLSTM}).html_body()
    assert re.search(r'id="(epochs-\w+)"', one)[1] != re.search(r'id="(epochs-\w+)"', other)[1]
    assert epochs(TREE, {1: RNN}).html_body() == one


def test_a_page_of_30_leaves_and_20_epochs_is_under_a_megabyte():
    rng = np.random.default_rng(0)
    page = epochs(chain(30), {k: 10 ** rng.uniform(-9, 0, 59) for k in range(20)}).to_html()
    assert len(page.encode()) < 1_000_000


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run the page's script")
@pytest.mark.parametrize("max_depth", [None, 1])
def test_the_slider_makes_every_node_look_as_in_that_epoch(tmp_path, max_depth):
    values = {1: RNN, 2: [math.nan, 0.1, 0.2, math.inf, 2e-9], 3: RLSTM}
    picture = epochs(TREE, values, keyword=1, max_depth=max_depth)
    page = picture.save(tmp_path / "epochs.html")
    for position, (epoch, norms) in enumerate(values.items()):
        command = ["node", str(Path(__file__).with_name("slider_page.js")), str(page), str(position)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        shown = json.loads(done.stdout)
        assert shown["title"] == f"epoch {epoch}"
        alone = TreePicture(TREE, norms, picture.scale, keyword=1, max_depth=max_depth)
        expected = svg_nodes(alone.to_svg())
        assert set(shown["nodes"]) == set(expected)
        for name, node in expected.items():
            assert shown["nodes"][name]["text"] == node["text"]
            assert set(shown["nodes"][name]["fills"]) - {"none"} == node["fills"]
            assert set(shown["nodes"][name]["fonts"]) == node["fonts"]
            assert set(map(tuple, shown["nodes"][name]["borders"])) == node["borders"]
            assert shown["nodes"][name]["tooltip"] == node["tooltip"]


SENTENCE = Tree.parse("(1 (0 ((0 <not>) (1 so))) (1 bad))")


@pytest.mark.parametrize("kind", [compare, epochs])
def test_pictures_of_several_trees_carry_the_sentence(kind):
    picture = kind(SENTENCE, {"a": np.ones(6), "b": np.ones(6)})
    texts = svg_text(picture.to_svg())
    assert texts.count("<not> so bad") == 1
    assert texts.index("<not> so bad") < texts.index("a")  # above the panels
    assert picture.to_text().startswith("<not> so bad\n\na\n")


def test_the_page_with_a_slider_carries_the_sentence():
    assert "<p>&lt;not&gt; so bad</p>" in epochs(SENTENCE, {1: np.ones(6)}).to_html()


def test_a_long_sentence_is_broken_into_lines_and_a_very_long_one_is_cut():
    def heading(words):
        tree = Tree(None, children=[Tree(None, f"w{k}") for k in range(words)])
        drawn = svg_text(compare(tree, {"RNN": np.ones(words + 1)}, numbers=False, max_depth=0).to_svg())
        start = next(k for k, text in enumerate(drawn) if text.startswith("w0 "))
        return drawn[start : drawn.index("RNN")]

    assert " ".join(heading(40)) == " ".join(f"w{k}" for k in range(40))
    assert len(heading(40)) > 2
    assert " ".join(heading(100)) == " ".join([*(f"w{k}" for k in range(60)), "…"])
