from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import models
from tests.minigrad.graphs import expansions, random_graphs
from tests.viz.pictures import SVG, svg_nodes, svg_text
from viz.legend import CELLS
from viz.measure import text_width
from viz.op_graph import OpGraphPicture
from viz.op_graph_box import UNRECORDED
from viz.render import render
from viz.scale import OUTSIDE, NormScale

quick = settings(derandomize=True, deadline=None, max_examples=30)

DOT = r"""digraph "graph" {
	graph [bgcolor=white fontname="DejaVu Sans,sans-serif" fontsize=10 label=LEGEND labelloc=b margin=0 nodesep=0.1 ranksep=0.18]
	node [fontname="DejaVu Sans,sans-serif" fontsize=10 height=0.3 margin="0.06,0.04"]
	edge [arrowsize=0.5 color="#808080" dir=back]
	subgraph cluster_graph {
		fontsize=13 label="a gate" labelloc=t margin=12 peripheries=0
		n0 [label="x\n(1,)  4.00" color="#404040" fillcolor="#dac65b" fontcolor="#000000" penwidth=1 shape=box style="filled,solid,rounded" tooltip="x (1,): norm 4.0"]
		n2 [label="mul\n(1,)  1.00" color="#404040" fillcolor="#00224e" fontcolor="#ffffff" penwidth=1 shape=box style="filled,solid" tooltip="mul (1,): norm 1.0\nvjp: g ⊙ b, g ⊙ a (freed)"]
		n3 [label="add\n(1,)  1.00" color="#404040" fillcolor="#00224e" fontcolor="#ffffff" penwidth=1 shape=box style="filled,solid" tooltip="add (1,): norm 1.0\nvjp: g, g (freed)"]
		n4 [label="sum\n()  1.00" color="#404040" fillcolor="#00224e" fontcolor="#ffffff" penwidth=1 shape=box style="filled,solid" tooltip="sum (): norm 1.0\nvjp: g, repeated along the summed axes (freed)"]
		subgraph cluster_scope1 {
			color="#808080" label="" margin=8 peripheries=1 style=rounded
			scope1 [label="the gate" height=0.2 margin="0.04,0" shape=plaintext width=0]
			n1 [label="tanh\n(1,)  3.00" color="#404040" fillcolor="#a99f73" fontcolor="#000000" penwidth=1 shape=box style="filled,solid" tooltip="tanh (1,): norm 3.0\nvjp: g ⊙ (1 − y²) (freed)"]
			scope1 -> n1 [style=invis]
		}
		n1 -> n0
		n2 -> n1
		n3 -> n2
		n3 -> n0
		n4 -> n3
	}
}
"""  # noqa: E501

TEXT = """\
a gate
id  op    operands  shape  vjp                                ‖g‖
%1  x               (1,)                                      4
— the gate
%2  tanh  %1        (1,)   g ⊙ (1 − y²)                       3    freed
—
%3  mul   %2        (1,)   g ⊙ b, g ⊙ a                       1    freed
%4  add   %3 %1     (1,)   g, g                               1    freed
%5  sum   %4        ()     g, repeated along the summed axes  1    freed
"""


def gated(**options: Any) -> OpGraphPicture:
    x = mg.tensor(np.array([0.0]), requires_grad=True, name="x")  # tanh'(0) = 1
    with mg.scope("the gate"):
        a = mg.tanh(x)
    loss = (a * 3.0 + x).sum()
    with mg.record_gradients():
        loss.backward()
    return OpGraphPicture(loss, title="a gate", **options)


def model_and_loss(cell: type[mg.Cell] = models.RLSTM, text: str = "(3 (2 not) (1 bad))") -> Any:
    rng = np.random.default_rng(0)
    forest = models.Forest([models.Tree.parse(text)])
    model = models.TreeClassifier(cell(D=4, rng=rng, dtype=np.float64), forest.vocabulary, 4, rng)
    with mg.record_values():
        loss, states = model.loss(forest, "node")
    with mg.record_gradients():
        loss.backward()
    return model, loss, states, forest


def test_the_dot_text_of_a_small_graph() -> None:
    dot = gated(expand="all").dot
    assert re.sub(r"<<TABLE.*</TABLE>>", "LEGEND", dot) == DOT


def test_the_text_of_a_small_graph() -> None:
    assert gated(expand="all").to_text() == TEXT


def test_the_same_computation_gives_the_same_dot_and_text() -> None:
    first, second = (OpGraphPicture(model_and_loss()[1], expand="all", values=True) for _ in range(2))
    assert first.dot == second.dot
    assert first.to_text() == second.to_text()


def test_colours_are_those_of_norms_computed_without_the_record() -> None:
    x = mg.tensor(np.array([[0.3, -2.0], [0.5, 0.01]]), requires_grad=True, name="x")
    w = mg.tensor(np.array([[1e-3, 2.0], [0.1, 0.2]]), requires_grad=True, name="w")
    values = {"matmul": (x @ w).retain_grad()}
    values["tanh"] = mg.tanh(values["matmul"]).retain_grad()
    values["mul"] = (values["tanh"] * x).retain_grad()
    loss = values["mul"].sum().retain_grad()
    with mg.record_gradients():
        loss.backward()
    picture = OpGraphPicture(loss)
    nodes = svg_nodes(picture.to_svg())
    by_title = {node["text"][0]: node for node in nodes.values()}
    for title, tensor in {**values, "x": x, "w": w, "sum": loss}.items():
        norm = math.sqrt(float((np.asarray(tensor.grad) ** 2).sum()))
        assert picture.scale is not None
        assert by_title[title]["fills"] == {picture.scale.style(norm).fill}
        assert repr(norm)[:10] in by_title[title]["tooltip"]


def test_a_collapsed_fold_is_coloured_as_its_tree() -> None:
    _, loss, states, forest = model_and_loss(models.RNN, "(3 (2 (1 it) (1 is)) (1 (1 not) (2 bad)))")
    picture = OpGraphPicture(loss, scale=NormScale(1e-6, 10))
    nodes = svg_nodes(picture.to_svg()).values()
    for row in np.flatnonzero(forest.left >= 0):
        [node] = [node for node in nodes if node["text"][0] == forest.describe(row)]
        norm = float(np.linalg.norm(states.h.grad[row]))
        assert NormScale(1e-6, 10).style(norm).fill in node["fills"]


@quick
@given(st.data())
def test_nothing_lies_outside_its_own_scale_and_everything_is_drawn(data: st.DataObject) -> None:
    tensor = data.draw(random_graphs())
    with mg.record_gradients():
        tensor.backward(np.full(tensor.shape, data.draw(st.sampled_from([0.0, 1e-300, 1e-9, 1.0, 1e200]))))
    picture = OpGraphPicture(tensor, expand=data.draw(expansions(tensor)))
    items = [item for box in picture.outline.boxes for item in (*box.items, *box.inside)]
    assert OUTSIDE not in {picture.styles[item] for item in items}
    assert UNRECORDED not in {picture.styles[item] for item in items}
    for k, box in enumerate(picture.outline.boxes):
        assert f"\tn{k} [" in picture.dot
        assert box.ids


def arrows_and_titles(svg: bytes, scopes: set[str]) -> tuple[list[Any], dict[str, Any]]:
    """Points along every arrow, close together; of every scope's title left, top, right, bottom."""
    drawing = ElementTree.fromstring(svg)
    share = np.linspace(0, 1, 40)[:, None]
    weights = [(1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3]
    arrows, titles = [], {}
    for group in drawing.iter(f"{SVG}g"):
        if group.get("class") == "edge":
            path = next(group.iter(f"{SVG}path")).get("d") or ""
            points = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", path), float)
            for k in range(0, len(points) - 1, 3):
                corners = zip(weights, points[k : k + 4], strict=True)
                arrows += [sum(weight * corner for weight, corner in corners)]
        texts = list(group.iter(f"{SVG}text"))
        if group.get("class") == "node" and len(texts) == 1 and texts[0].text in scopes:
            x, y = (float(texts[0].get(axis) or 0) for axis in "xy")
            half = text_width(texts[0].text or "", 10) / 2
            titles[str(texts[0].text)] = (x - half, y - 8, x + half, y + 2)
    return arrows, titles


@pytest.mark.parametrize("cell", [models.RNN, models.RLSTM])
@pytest.mark.parametrize("text", ["(3 (2 not) (1 bad))", "(3 (2 (1 it) (1 is)) (1 (1 not) (2 bad)))"])
def test_no_arrow_crosses_the_title_of_a_scope(cell: Any, text: str) -> None:
    picture = OpGraphPicture(model_and_loss(cell, text)[1], expand="all")
    scopes = {box.scope for box in picture.outline.boxes if box.scope}
    arrows, titles = arrows_and_titles(render(picture.dot, "svg"), scopes)
    assert len(arrows) >= len(picture.outline.arrows)
    assert set(titles) == scopes
    for scope, (left, top, right, bottom) in titles.items():
        for points in arrows:
            x, y = points.T
            assert not ((left < x) & (x < right) & (top < y) & (y < bottom)).any(), scope


@pytest.mark.parametrize("expand", [(), "all"])
@pytest.mark.parametrize("cell", [models.RNN, models.RLSTM])
def test_the_colour_bar_is_no_wider_than_the_graph(cell: Any, expand: Any) -> None:
    dot = OpGraphPicture(model_and_loss(cell)[1], expand=expand).dot
    drawing = ElementTree.fromstring(render(dot, "svg"))
    bar = re.findall(r'WIDTH="(\d+)" HEIGHT="1" FIXEDSIZE', dot)
    groups = [g for g in drawing.iter(f"{SVG}g") if g.get("class") == "node"]
    xs = [
        float(x)
        for group in groups
        for shape in group.iter()
        for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("points") or shape.get("d") or "")
    ]
    assert int(bar[0]) * CELLS <= max(xs) - min(xs)


def test_a_scale_that_is_given_is_kept_and_what_lies_outside_is_marked() -> None:
    picture = gated(expand="all", scale=NormScale(1.2, 1.5))
    assert "outside the scale" in svg_text(picture.to_svg())
    assert picture.scale == NormScale(1.2, 1.5)


def test_one_node_of_an_rlstm_reads_like_the_equations() -> None:
    model, loss, _, _ = model_and_loss()
    picture = OpGraphPicture(loss, expand="all")
    text = " ".join(svg_text(picture.to_svg()))
    for name, parameter in model.cell.named_parameters():
        turned = "ᵀ" if parameter.ndim == 2 else ""
        assert f"{name}{turned} {parameter.shape}" in text
    i1 = ["h[0] @ Wi1ᵀ", "h[1] @ Wi2ᵀ", "c[0] @ Wci1ᵀ", "c[1] @ Wci2ᵀ", "bi"]
    i2 = ["h[1] @ Wi1ᵀ", "h[0] @ Wi2ᵀ", "c[1] @ Wci1ᵀ", "c[0] @ Wci2ᵀ", "bi"]
    sums = [[item.title for item in box.inside] for box in picture.outline.boxes]
    assert i1 in sums
    assert i2 in sums


def test_names_can_be_given() -> None:
    x = mg.tensor([1.0], requires_grad=True)
    y = mg.tanh(x)
    text = svg_text(OpGraphPicture(y.sum(), names={"the input": x, "y": y}).to_svg())
    assert "the input" in text
    assert "y = tanh" in text


def test_a_graph_without_norms_has_no_colours_and_no_legend() -> None:
    picture = OpGraphPicture(mg.tanh(mg.tensor([1.0], requires_grad=True, name="x")))
    assert set().union(*(node["fills"] for node in svg_nodes(picture.to_svg()).values())) == {"#ffffff"}
    assert "cotangent" not in picture.dot


def test_what_backward_did_not_reach_is_said_to_have_no_norm() -> None:
    x = mg.tensor([1.0], requires_grad=True, name="x")
    a = mg.tanh(x)
    with mg.record_gradients():
        a.backward([1.0], retain_graph=True)
    assert "no gradient recorded" in svg_text(OpGraphPicture(a * x).to_svg())


def test_broken_norms_are_marked() -> None:
    x = mg.tensor([0.0, 1.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"), mg.record_gradients():
        y = mg.exp(x) * mg.tanh(x)
        y.backward([math.inf, math.nan])
        z = mg.exp(x)
        z.backward([math.inf, 1.0])
    assert "not a number" in svg_text(OpGraphPicture(y).to_svg())
    assert "infinite" in svg_text(OpGraphPicture(z).to_svg())


def test_values_are_printed_small_ones_whole_and_large_ones_summed_up() -> None:
    x = mg.tensor([[1.0, 1 / 3]], requires_grad=True, name="x")
    big = mg.tensor(np.linspace(-1, 3, 50), requires_grad=True, name="big")
    with mg.record_values():
        y = x.sum() + big.sum()
    text = svg_text(OpGraphPicture(y, values=True).to_svg())
    assert "[1 0.333]" in text
    assert "-1 … 3, mean 1" in text
    assert not any("0.333" in line for line in svg_text(OpGraphPicture(y).to_svg()))
    with pytest.raises(mg.GraphError, match="record_values"):
        OpGraphPicture(mg.tensor([1.0], requires_grad=True).sum(), values=True)


def test_a_chain_of_2000_ops_is_drawn_in_part_with_a_count(tmp_path: Any) -> None:
    x = mg.tensor(1.0, requires_grad=True, name="x")
    for _ in range(2000):
        x = x + 1.0
    picture = OpGraphPicture(x, max_nodes=50)
    text = svg_text(picture.save(tmp_path / "chain.svg").read_bytes())
    assert "+1951 hidden" in text
    assert text.count("add") == 50
    assert OpGraphPicture(x, max_nodes=None).dot.count(" -> ") == 2000


@pytest.mark.slow
def test_a_chain_of_5000_ops_is_drawn_whole() -> None:
    x = mg.tensor(1.0, requires_grad=True, name="x")
    for _ in range(5000):
        x = x + 1.0
    assert len(svg_nodes(OpGraphPicture(x, max_nodes=None).to_svg())) == 5001


@pytest.mark.parametrize("expand", [(), "all"])
def test_a_box_says_how_many_of_its_items_it_leaves_out(expand: Any) -> None:
    leaves = [mg.tensor([float(k)], requires_grad=True, name=f"x{k}") for k in range(50)]
    with mg.scope("many"):
        joined = mg.concat(leaves)
    picture = OpGraphPicture(joined, expand=expand)
    [box] = [box for box in picture.outline.boxes if box.more]
    texts = svg_text(picture.to_svg())
    assert box.more == 10
    assert len([text for text in texts if text.startswith("x")]) == 40
    assert "10 more" in texts


def test_a_single_leaf_is_a_graph() -> None:
    picture = OpGraphPicture(mg.nn.Parameter(np.ones((2, 3)), "Wi1"))
    [node] = svg_nodes(picture.to_svg()).values()
    assert node["text"] == ["Wi1", "(2, 3)"]
    assert "Wi1" in picture.to_text()


def test_a_freed_graph_is_drawn_and_says_so() -> None:
    assert "(freed)" in gated(expand="all").dot
    assert "freed" in gated().to_text()


def test_a_tensor_without_a_graph_is_refused_with_what_to_do() -> None:
    with pytest.raises(mg.GraphError, match="requires_grad=True"):
        OpGraphPicture(mg.tensor([1.0]))


def test_an_empty_value_and_any_name_make_a_picture() -> None:
    x = mg.tensor(np.zeros((0, 3)), requires_grad=True, name='a "b" \\N <c> & d')
    with mg.record_values(), mg.scope("<scope> & \\N"):
        y = mg.tanh(x) @ mg.nn.Parameter(np.zeros((3, 2)), "<W>").T.T
    picture = OpGraphPicture(y, expand="all", values=True)
    assert 'a "b" \\N <c> & d' in " ".join(svg_text(picture.to_svg()))
    assert "<scope> & \\N" in svg_text(picture.to_svg())


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "dot", "html", "txt"])
def test_the_suffix_decides_the_format(tmp_path: Any, suffix: str) -> None:
    path = gated().save(tmp_path / f"graph.{suffix}")
    starts = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "dot": b"dig",
        "html": b"<!DOC",
        "txt": b"a g",
    }
    assert path.read_bytes().startswith(starts[suffix])


def test_a_notebook_shows_the_picture_and_its_text() -> None:
    bundle, _ = gated()._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert "— the gate" in bundle["text/plain"]
    assert set(gated()._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}


def test_the_engine_draws_every_box_that_it_is_given() -> None:
    """HTML-like labels that Graphviz cannot read are dropped with a warning only."""
    picture = OpGraphPicture(model_and_loss()[1], expand="all", values=True)
    nodes = svg_nodes(render(picture.dot, "svg"))
    scopes = {box.scope for box in picture.outline.boxes if box.scope and box.kind in ("op", "leaf")}
    assert len(nodes) == len(picture.outline.boxes) + len(scopes)
    assert all(node["text"] for node in nodes.values())
