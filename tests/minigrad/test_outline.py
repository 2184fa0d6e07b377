from __future__ import annotations

import gc
import io
import math
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import models
from minigrad.graph import Node, reachable
from minigrad.outline import Outline, outline
from minigrad.outline.boxes import renumbered
from minigrad.record import Summary, kept
from tests.minigrad.graphs import expansions, random_graphs

TREE = "(3 (2 (1 it) (1 is)) (1 (1 not) (2 bad)))"
quick = settings(derandomize=True, deadline=None, max_examples=50)


def nodes(tensor: mg.Tensor) -> list[Node]:
    assert tensor.node is not None
    return reachable(tensor.node)[::-1]


def folded(text: str = TREE, cell: type[mg.Cell] = models.RNN, trees: int = 1) -> tuple[Any, Any, Any]:
    """A loss over trees folded node by node, the states, the forest."""
    rng = np.random.default_rng(0)
    forest = models.Forest([models.Tree.parse(text)] * trees)
    model = models.TreeClassifier(cell(D=3, rng=rng, dtype=np.float64), forest.vocabulary, 4, rng)
    loss, states = model.loss(forest, "node")
    return loss, states, forest


def titles(found: Outline) -> list[str]:
    return [box.title for box in found.boxes]


def arrows(found: Outline) -> set[tuple[str, str]]:
    return {(found.boxes[a].title, found.boxes[b].title) for a, b in found.arrows}


@quick
@given(st.data())
def test_every_node_is_in_a_box_or_counted_as_hidden(data: st.DataObject) -> None:
    tensor = data.draw(random_graphs())
    most = data.draw(st.none() | st.integers(1, 6))
    found = outline(tensor, data.draw(expansions(tensor)), most, carry=data.draw(st.booleans()))
    shown = {number for box in found.boxes for number in box.ids}
    everything = {node.id for node in nodes(tensor)}
    assert shown <= everything
    assert len(everything - shown) == found.hidden
    drawn = [box for box in found.boxes if box.kind != "hidden"]
    assert found.hidden > 0 or len(drawn) == len(found.boxes)
    assert most is None or len(drawn) <= most
    assert tensor.node is not None
    assert tensor.node.id in found.boxes[-1].ids
    assert all(source < target for source, target in found.arrows)


@quick
@given(st.data())
def test_arrows_go_where_an_operand_of_one_box_lies_in_another(data: st.DataObject) -> None:
    tensor = data.draw(random_graphs())
    found = outline(tensor, data.draw(expansions(tensor)))
    home = {number: k for k, box in enumerate(found.boxes) for number in box.ids}
    expected: dict[tuple[int, int], int] = {}
    for node in nodes(tensor):
        for parent in node.parents:
            pair = home[parent.id], home[node.id]
            if pair[0] != pair[1]:
                expected[pair] = expected.get(pair, 0) + 1
    assert dict(found.arrows) == expected
    assert all(source < target for source, target in found.arrows)  # so there is no circle


@quick
@given(st.data())
def test_in_a_picture_a_box_can_be_reached_from_another_as_its_nodes_can(data: st.DataObject) -> None:
    """Leaves may be inside other boxes; between the others each arrow is an operand, and none is lost."""
    tensor = data.draw(random_graphs())
    found = outline(tensor, data.draw(expansions(tensor)), carry=True)
    inside = {item.id for box in found.boxes for item in box.inside}
    common = {number for box in found.boxes if box.kind == "leaves" for number in box.ids}
    by_id = {node.id: node for node in nodes(tensor)}
    for k, box in enumerate(found.boxes):
        read = {parent.id for number in box.ids for parent in by_id[number].parents} - {*box.ids}
        sources = {number for a, b in found.arrows if b == k for number in found.boxes[a].ids}
        assert read - inside - common <= sources
        for a, b in found.arrows:
            assert b != k or read & {*found.boxes[a].ids}
    assert all(a < b for a, b in found.arrows)


def test_a_scope_that_is_entered_again_does_not_become_a_circle() -> None:
    x = mg.tensor([1.0], requires_grad=True, name="x")
    with mg.scope("gate"):
        a = mg.tanh(x)
    b = a * 2.0
    with mg.scope("gate"):
        c = mg.tanh(b)
    assert titles(outline(c, ())) == ["x", "gate", "mul", "gate"]
    assert arrows(outline(c, ())) == {("x", "gate"), ("gate", "mul"), ("mul", "gate")}


def test_a_collapsed_fold_has_the_arrows_of_its_tree() -> None:
    loss, _, _ = folded()
    left, right, root = (
        "node 3 of tree 1, 'it is'",
        "node 6 of tree 1, 'not bad'",
        "node 7 of tree 1, 'it is not bad'",
    )
    between = {(a, b) for a, b in arrows(outline(loss, (), carry=True)) if a.startswith("node")}
    assert between == {(left, root), (right, root), (root, "linear_cross_entropy h[6]")}


def test_a_loss_over_two_trees_reads_both_roots() -> None:
    loss, _, _ = folded(trees=2)
    ends = {a for a, b in arrows(outline(loss, ())) if b.startswith("linear") and a.startswith("node")}
    assert ends == {"node 7 of tree 1, 'it is not bad'", "node 7 of tree 2, 'it is not bad'"}


def test_a_read_of_all_states_comes_from_every_write() -> None:
    _, states, _ = folded()
    found = outline(states.h.sum(), ())
    assert len([a for a, b in arrows(found) if b == "sum h"]) == 4  # the leaves' rows, and three inner nodes


@pytest.mark.parametrize("index", [np.s_[6], np.s_[-1, 0], np.s_[6:], np.s_[[6]], np.arange(7) == 6])
def test_a_read_by_any_index_comes_from_the_rows_that_it_names(index: Any) -> None:
    _, states, _ = folded()
    found = outline(states.h[index].sum(), ())
    [source] = {a for a, b in arrows(found) if b.startswith("getitem")}
    assert source == "node 7 of tree 1, 'it is not bad'"


@pytest.mark.parametrize(
    ("expand", "count"),
    [("node 7", 1), (["node 7", "node 3"], 2), ("'not bad'", 1), ("not bad", 2), ("all", 3)],
)
def test_scopes_are_expanded_by_whole_words_of_their_names(expand: Any, count: int) -> None:
    loss, _, _ = folded()
    found = outline(loss, expand)
    assert sum(box.kind == "scope" for box in found.boxes) == 3 - count


def test_a_scope_that_is_not_there_is_named_with_those_that_are() -> None:
    loss, _, _ = folded()
    with pytest.raises(ValueError, match=r"no scope 'nod'.*node 3 of tree 1, 'it is'"):
        outline(loss, "nod")
    with pytest.raises(ValueError, match="it has none"):
        outline(mg.tensor([1.0], requires_grad=True), "gate")


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "many"])
def test_a_limit_that_is_none_is_refused(most: Any) -> None:
    with pytest.raises(ValueError, match="max_nodes is a whole number from 1 on"):
        outline(mg.tensor([1.0], requires_grad=True), "all", most)


def test_parameters_are_printed_where_they_are_read() -> None:
    loss, _, _ = folded()
    [total] = [box for box in outline(loss, "node 7", carry=True).boxes if box.title.startswith("add")]
    assert [item.title for item in total.inside] == ["h[2] @ W1ᵀ", "h[5] @ W2ᵀ", "b"]
    assert total.title == "add ×2"
    collapsed = outline(loss, (), carry=True)
    [common] = [box for box in collapsed.boxes if box.kind == "leaves"]
    assert [item.title for item in common.items] == ["W1", "W2", "b"]


def test_a_sum_that_something_else_reads_keeps_its_own_box() -> None:
    x = mg.tensor([1.0], requires_grad=True, name="x")
    with mg.scope("gate"):
        a = mg.tanh(x)
        b = a + mg.exp(a)
        c = (b + mg.exp(x)) * b
    assert titles(outline(c, "all", carry=True)) == ["tanh", "exp", "add", "exp", "add", "mul"]


def test_a_sum_that_broadcasts_keeps_its_own_box() -> None:
    """Its terms' cotangents have other norms than its own."""
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    with mg.scope("gate"):
        total = (mg.tanh(x).sum() + x.sum()) + mg.exp(x)
    assert titles(outline(total, "all", carry=True)).count("add") == 2


def test_results_of_a_scope_show_the_gradients_of_their_own_rows() -> None:
    loss, states, forest = folded()
    with mg.record_gradients():
        loss.backward()
    for box in outline(loss, (), carry=True).boxes:
        if box.kind == "scope":
            [result] = box.items
            row = next(k for k in range(forest.n_nodes) if forest.describe(k) == box.title)
            assert result.norm == pytest.approx(float(np.linalg.norm(states.h.grad[row])), rel=1e-12)
            assert result.shape == (1, 3)


def test_an_outline_keeps_no_graph_alive_and_does_not_change() -> None:
    w = mg.tensor(np.ones(3), requires_grad=True, name="w")
    y = mg.tanh(w)
    saved = weakref.ref(y)
    with mg.record_gradients():
        y.backward(np.ones(3), retain_graph=True)
        found = outline(y)
        y.backward(2 * np.ones(3))
    before = found.boxes[-1].items[0].norm
    assert before == pytest.approx(math.sqrt(3))
    del y
    gc.collect()
    assert saved() is None


def test_a_freed_graph_says_so() -> None:
    w = mg.tensor(np.ones(3), requires_grad=True, name="w")
    y = mg.tanh(w).sum()
    y.backward()
    assert [item.freed for box in outline(y).boxes for item in box.items] == [False, True, True]


def test_a_chain_of_5000_ops_is_outlined_whole_and_in_part() -> None:
    x = w = mg.tensor(1.0, requires_grad=True, name="w")
    for _ in range(5000):
        x = x * w
    assert len(outline(x).boxes) == 5001
    found = outline(x, max_nodes=10)
    assert titles(found) == ["w", "+4991 hidden"] + 9 * ["mul"]
    assert found.hidden == 4991
    assert len(found.arrows) == 8 + 9 + 1 + 1  # along the chain, from w, to and from what is hidden


def test_values_are_kept_as_they_were() -> None:
    w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
    big = mg.tensor(np.arange(20.0), requires_grad=True, name="big")
    with mg.record_values():
        y = (w * 3.0).sum() + big.sum()
    with mg.no_grad():
        w[...] = 7.0
    values = {item.title: item.value for box in outline(y).boxes for item in box.items}
    assert values["w"].tolist() == [1.0, 2.0]
    assert values["mul"].tolist() == [3.0, 6.0]
    assert (values["big"].min, values["big"].mean, values["big"].max) == (0.0, 9.5, 19.0)
    later = w * 1.0
    assert later.node is not None
    assert later.node.meta.value is None  # off again


def test_values_of_up_to_16_elements_are_kept_whole() -> None:
    whole, summary = kept(np.arange(16.0)), kept(np.arange(17.0))
    assert isinstance(whole, np.ndarray)
    assert isinstance(summary, Summary)
    assert (summary.min, summary.mean, summary.max, summary.broken) == (0.0, 8.0, 16.0, 0)
    assert renumbered(outline(mg.tensor([1.0], requires_grad=True) * 2.0)).boxes[0].ids == (1,)


def test_the_mean_of_many_float32_values_is_computed_in_float64() -> None:
    values = np.repeat([1e8, 1.0, -1e8], 8).astype(np.float32)  # in float32 the ones are lost
    with mg.record_values():
        y = mg.tensor(values, requires_grad=True, name="big").sum()
    [mean] = [item.value.mean for box in outline(y).boxes for item in box.items if item.title == "big"]
    assert mean == 1 / 3


def test_explain_prints_values_and_collapsed_scopes() -> None:
    w = mg.tensor([[1.0, 2.0], [0.5, -1 / 3]], requires_grad=True, name="w")
    big = mg.tensor(np.where(np.arange(20) == 3, np.nan, np.arange(20.0)), requires_grad=True, name="big")
    with mg.record_values(), mg.scope("the gate"):
        y = mg.tanh(w * 3.0).sum() + big.sum()
    text = io.StringIO()
    mg.explain(y, text, expand=(), values=True)
    header, *lines = text.getvalue().splitlines()
    assert header.split()[-1] == "value"
    assert lines[0].endswith("[[1 2] [0.5 -0.333]]")
    assert lines[1].endswith("0 … 19, mean 9.84, 1 not finite")
    assert lines[2].startswith("— the gate: 5 ops on %")
    assert len(lines) == 4


def test_values_that_were_not_recorded_are_asked_for() -> None:
    y = mg.tensor([1.0], requires_grad=True).sum()
    with pytest.raises(mg.GraphError, match="record_values"):
        mg.explain(y, io.StringIO(), values=True)
