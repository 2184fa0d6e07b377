"""What trees, graphs and pages look like: each kind beside its reference, as DOT, text or HTML.

What Graphviz makes of the DOT text is left out: its places differ between its versions. A wanted change:
``REWRITE_REFERENCES=1 python -m pytest tests/viz``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg
import models
from models import Tree
from tests.references import assert_reference
from tests.viz.pictures import unrolled
from viz import OpGraphPicture, Picture, StepsPicture, TreePicture, compare, epochs
from viz.scale import NormScale, RatioScale

TREE = Tree.parse("(6 (12 not) (NP (507 bad) (3 film)))")
RNN = [2.5e-4, 0.031, 0.0, 0.125, 1.0]  # not bad film NP root: post-order
RLSTM = [0.3, 0.4, 0.2, 0.5, 1.5]
LONG = Tree.parse("(1 (2 (3 a)) (4 " + 45 * "b" + ") (5 (6 c) (7 (8 <d>) (9 &e))))")


def _special() -> Picture:
    """Every style of a value without a colour, and one of a colour; unary and n-ary nodes, aligned leaves."""
    values = [math.nan, math.inf, 0.0, 20.0, 1e-9, 0.5, 0.25, 0.125, 1.0]
    return TreePicture(
        LONG, values, NormScale(1e-4, 1), keyword=5, align_leaves=True, leaf_labels=True, title="<special>"
    )


def _loss() -> mg.Tensor:
    x = mg.tensor(np.array([[0.5, -1.0]]), requires_grad=True, name="x & y")
    with mg.scope("the gate"):
        gate = mg.sigmoid(x)
    return (gate * x + x).sum()


def _classifier_loss() -> tuple[mg.Tensor, dict[str, mg.Tensor]]:
    """Parameters that are no draw of a generator: numbers of other machines are the same."""
    forest = models.Forest([Tree.parse("(3 (2 not) (1 (0 so) (4 bad)))")])
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RNN(D=2, rng=rng, dtype=np.float64), forest.vocabulary, 5, rng)
    for k, parameter in enumerate(model.parameters()):
        parameter.data[...] = np.cos(np.arange(parameter.data.size) + k).reshape(parameter.shape) / 2
    with mg.record_values():
        loss, _ = model.loss(forest, "node")
    with mg.record_gradients():
        loss.backward()
    return loss, dict(model.named_parameters())


def _graph(expand: str = "all", **options: object) -> Picture:
    loss, names = _classifier_loss()
    return OpGraphPicture(loss, expand=expand, names=names, **options)


KINDS: dict[str, Callable[[], Picture]] = {
    "tree-plain": lambda: TreePicture(TREE, None, keyword=1, title="plain"),
    "tree-special": _special,
    "tree-key": lambda: TreePicture(  # wide enough for all entries of a row of the key
        Tree("1", children=[Tree(None, f"a wide word {k}") for k in range(8)]),
        [math.nan, math.inf, 0.0, 20.0, 1.0, 0.1, 0.5, 0.2, 1.0],
        NormScale(1e-2, 1),
        keyword=4,
    ),
    "tree-title": lambda: TreePicture(Tree.parse("(1 a)"), [0.5], title=14 * "a long title "),
    "compare-headings": lambda: compare(Tree.parse("(1 a)"), {14 * "a long name ": [0.5], "short": [0.25]}),
    "tree-ratio": lambda: TreePicture(TREE, RLSTM, "ratio", caption="two\nlines"),
    "tree-outside": lambda: TreePicture(TREE, RLSTM, RatioScale(0.25, 1), keyword=2),
    "tree-cut": lambda: TreePicture(LONG, [0.1 * k for k in range(1, 10)], keyword=4, max_depth=1),
    "compare-columns": lambda: compare(TREE, {"RNN": RNN, "RLSTM": RLSTM, "GRU": RNN}, "ratio", columns=2),
    "epochs-cut": lambda: epochs(TREE, {"start": RNN, 3: RLSTM}, numbers=True, keyword=1, max_depth=1),
    "graph-all": lambda: _graph(values=True),
    "graph-scopes": lambda: _graph((), title="collapsed"),
    "graph-few": lambda: _graph(max_nodes=7, scale=NormScale(1e-2, 1), caption="norms"),
    "graph-unrecorded": lambda: OpGraphPicture(_loss()),
    "steps": lambda: StepsPicture(_loss(), title="a < b"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_that_of_its_reference(kind: str) -> None:
    picture = KINDS[kind]()
    assert_reference(f"viz/references/{kind}.dot", unrolled(picture.dot))
    assert_reference(f"viz/references/{kind}.txt", picture.to_text())


PAGES: dict[str, Callable[[], Picture]] = {
    "page-tree": lambda: TreePicture(TREE, RNN, keyword=1, title="a < b"),
    "page-steps": lambda: StepsPicture(_loss()),
    "page-compare": lambda: compare(TREE, {"a < b": RNN}),
    "page-graph": lambda: OpGraphPicture(_loss()),
    "page-slider": lambda: epochs(TREE, {0: RNN, 1: RLSTM, "a < b": [0.0, math.nan, *RLSTM[2:]]}, keyword=1),
    "page-slider-plain": lambda: epochs(TREE, {0: RNN, 7: RLSTM}),
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_that_of_its_reference(kind: str) -> None:
    page = PAGES[kind]().to_html()
    page = re.sub(r"<svg.*?</svg>", "<svg/>", page, flags=re.DOTALL)
    assert_reference(f"viz/references/{kind}.html", re.sub(r"epochs-\w{12}", "epochs-ID", page))
