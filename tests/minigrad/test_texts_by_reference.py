"""What the engine says: reports, alerts and graphs as text, beside references.

A wanted change: ``REWRITE_REFERENCES=1 python -m pytest tests/minigrad``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.checks.report import Report
from minigrad.monitor import RULES, Monitor
from minigrad.nn import Parameter
from tests.minigrad.gradcheck_cases import numbers, primitive
from tests.references import assert_reference


def _off(by: float) -> Any:
    """x ⊙ x, whose derivative is wrong at the third element."""
    wrong = np.array([0, 0, by, 0])
    return primitive(lambda x: x * x, lambda g, x: g * (2 * x + wrong))


REPORTS: dict[str, Callable[[], Report]] = {
    "right": lambda: mg.gradcheck(lambda x, y: (x @ y).sum(), [numbers(2, 3), numbers(3)]),
    "wrong": lambda: mg.gradcheck(_off(0.5), [np.array([0.5, -1.0, 2.0, 0.25])], names=["x"]),
    "kinks": lambda: mg.gradcheck(mg.relu, [np.array([0.0, 1.0, -1.0])]),
    "tiny": lambda: mg.gradcheck(lambda x: x * 0.0, [numbers(3)]),
    "directions": lambda: mg.gradcheck(mg.tanh, [numbers(30, 20)], method="central", max_elements=100),
    "none": lambda: mg.gradcheck(mg.tanh, [np.empty((0, 2))]),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_reads_as_its_reference(name: str) -> None:
    report = REPORTS[name]()
    lines = str(report).splitlines()
    # The errors of right derivatives are rounding, and so is their order.
    shown = [line for line in lines if not line.rstrip().endswith(("  ok", "  tiny"))]
    told = {key: value for key, value in report.as_dict().items() if key not in ("rows", "cotangent")}
    rows = sorted(
        (str(row.input), str(row.index), row.direction, f"{row.analytic:.4g}", row.verdict)
        for row in report.rows
    )
    text = "\n".join([*shown, str(told), *(" ".join(map(str, row)) for row in rows)])
    assert_reference(f"minigrad/references/gradcheck-{name}.txt", text)


def _graph() -> mg.Tensor:
    x = mg.tensor(np.array([[0.5, -1.0], [2.0, 0.25]]), requires_grad=True, name="x")
    W = mg.tensor(np.array([[1.0, 0.5], [-0.5, 2.0]]), requires_grad=True, name="W")
    with mg.record_values():
        with mg.scope("the gate"):
            gate = mg.sigmoid(x @ W)
        loss = (mg.where(gate.data > 0.5, gate, x) * x[:, :1]).sum() + mg.gather(W, [1, 1]).mean()
    with mg.record_gradients():
        loss.backward(retain_graph=True)
    return loss


def test_a_graph_is_explained_as_in_its_reference() -> None:
    loss, shown = _graph(), io.StringIO()
    mg.explain(loss, file=shown, values=True)
    mg.explain(loss, file=shown, expand=(), max_nodes=4)
    assert_reference("minigrad/references/explain.txt", _renumbered(shown.getvalue()))
    assert_reference("minigrad/references/graph.dot", _renumbered(mg.graph_dot(loss)))
    assert_reference("minigrad/references/steps.txt", _renumbered(str(mg.step_through(loss))))


def _renumbered(text: str) -> str:
    """Return a text with nodes numbered from 1 on, and no more spaces than one: ids count what was before."""
    ids = re.compile(r"(%|\bn)(\d+)\b")
    places = {of: k for k, of in enumerate(sorted({int(of) for _, of in ids.findall(text)}), 1)}
    return re.sub(" +", " ", ids.sub(lambda found: f"{found[1]}{places[int(found[2])]}", text))


def test_alerts_read_as_in_their_reference() -> None:
    """Every rule, eager to fire, over minibatches of few and of odd numbers."""
    forest = models.Forest(
        [models.Tree.parse("(0 (0 (0 a) (0 b)) (0 c))"), models.Tree.parse("(1 (1 d) (1 e))")]
    )
    heard: list[str] = []
    rules = [kind(min_count=4, patience=1) for kind in RULES.values()]  # type: ignore[call-arg]
    rules += [RULES["vanishing"](0.9, 4, 1, min_depth=1), RULES["exploding"](1.5, 4, 1, min_depth=1)]  # type: ignore[call-arg]
    rules += [RULES["saturated"](0.1, 4, 1), RULES["dead"](0.0, 1, 1)]  # type: ignore[call-arg]
    monitor = Monitor(rules, lambda alert: heard.append(str(alert)))
    rng = np.random.default_rng(0)
    weights = {name: Parameter(rng.normal(size=(2, 2))) for name in ("W1", "W2")}
    odd = [None, 1e-3, 1e3, np.nan]
    for epoch in range(3):
        for k, number in enumerate(odd):
            values, gradient = rng.uniform(-1, 1, (8, 2)), rng.normal(size=(8, 2))
            if number is not None:
                gradient[:4] *= number
                values[2 * k] = 0 if k == 1 else np.sign(values[2 * k]) * number
            if k == 2:
                weights["W1"].data[...] += 0.1
            part = mg.tensor(values, requires_grad=True)
            part.grad = gradient
            loss = 1.0 / (epoch + 1) if k != 3 else np.inf
            monitor.observe(mg.NodeStates({"h": part}), forest, loss=loss, parameters=weights)
        monitor.end_epoch(1.0)
    told = [f"{rule.name}: {rule.verdicts} verdicts, {rule.value}" for rule in rules]
    assert_reference("minigrad/references/alerts.txt", "\n".join([*heard, *told]))
