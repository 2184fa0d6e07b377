"""Rules beside numbers worked out by hand, on states whose values and gradients are made up."""

from __future__ import annotations

import json
import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from minigrad.monitor import (
    RULES,
    Alert,
    Dead,
    Exploding,
    Monitor,
    MonitorWarning,
    NotFinite,
    Rule,
    Saturated,
    Stalled,
    Stop,
    Stuck,
    Vanishing,
)
from minigrad.nn import Parameter, StateError

# Rows: a 0, b 1, (a b) 2, c 3, root 4; and a second tree: d 5, e 6, root 7. Depths 2 2 1 1 0 1 1 0.
FOREST = models.Forest([models.Tree.parse("(0 (0 (0 a) (0 b)) (0 c))"), models.Tree.parse("(1 (1 d) (1 e))")])


def states(values: Any = None, gradient: Any = None, name: str = "h") -> mg.NodeStates:
    """States whose gradient is the one given: (N,) is the norm of each node's."""
    values = np.full((8, 2), 0.5) if values is None else np.asarray(values, float)
    part = mg.tensor(values, requires_grad=True)
    gradient = np.ones(8) if gradient is None else np.asarray(gradient, float)
    if gradient.ndim == 1:  # a direction that is not an axis
        gradient = gradient[:, None] * np.array([0.6, -0.8])
    part.grad = gradient
    return mg.NodeStates({name: part})


def quiet(*rules: Rule, **options: Any) -> Monitor:
    return Monitor(list(rules), action=lambda alert: None, **options)


def test_vanishing_is_the_median_ratio_to_the_nodes_own_root() -> None:
    monitor = quiet(Vanishing(threshold=0.02, min_count=4, patience=1, min_depth=1))
    # Ratios at depth ≥ 1: .001 .01 .1 .2 under a root of 10, and .01 .04 under one of 100.
    seen = states(gradient=[0.01, 0.1, 1.0, 2.0, 10.0, 1.0, 4.0, 100.0])
    assert monitor.observe(seen, FOREST) == []  # their median is .025
    (alert,) = monitor.observe(states(gradient=[0.01, 0.1, 1.0, 2.0, 10.0, 1.0, 1.0, 100.0]), FOREST)
    assert alert.value == pytest.approx(0.01)
    assert (alert.epoch, alert.batch, alert.row, alert.op) == (1, 2, 0, "")
    assert alert.node == FOREST.describe(0)
    assert "median gradient ratio of 6 nodes at depth 1 and below is 0.01, below 0.02" in alert.message


def test_the_worst_node_is_that_of_the_whole_window() -> None:
    gradients = [[0.01, 2, 3, 4, 10, 5, 6, 10], [1, 2, 0.001, 3, 10, 4, 5, 10], [1, 2, 3, 4, 10, 5, 9, 10]]
    for rule, row in ((Vanishing, 2), (Exploding, 6)):
        limit = 1.0 if rule is Vanishing else 0.1
        monitor = quiet(rule(limit, min_count=18, patience=1, min_depth=1))
        found = [alert for g in gradients for alert in monitor.observe(states(gradient=g), FOREST)]
        assert [alert.row for alert in found] == [row]


def test_only_the_nodes_asked_for_and_deep_enough_are_counted() -> None:
    monitor = quiet(Vanishing(threshold=0.5, min_count=1, patience=1, min_depth=2))
    gradient = [0.01, 5.0, 0.01, 0.01, 10.0, 0.01, 0.01, 10.0]
    assert monitor.observe(states(gradient=gradient), FOREST, nodes=[1, 3, 6]) == []
    assert monitor.rules[0].value == pytest.approx(0.5)
    assert monitor.observe(states(gradient=gradient), FOREST, nodes=[2, 3]) == []
    assert monitor.rules[0].verdicts == 1  # nothing deep enough: no verdict
    (alert,) = monitor.observe(states(gradient=gradient), FOREST, nodes=[0])
    assert alert.value == pytest.approx(0.001)


def test_trees_without_an_error_at_the_root_and_ratios_that_are_not_finite_do_not_count() -> None:
    monitor = quiet(Vanishing(min_count=3, min_depth=1), Exploding(min_count=3, min_depth=1))
    monitor.observe(states(gradient=[1, np.nan, np.inf, 1, 1, 5, 0, 0]), FOREST)
    assert [rule.verdicts for rule in monitor.rules] == [0, 0]
    monitor.observe(states(gradient=[1, 1, 1, 1, 1, 5, 0, 0]), FOREST)
    assert [rule.value for rule in monitor.rules] == [1.0, 1.0]


def test_exploding_is_a_high_quantile() -> None:
    monitor = quiet(Exploding(threshold=3.05, min_count=4, patience=1, min_depth=1, quantile=1.0))
    assert monitor.observe(states(gradient=[1, 2, 3, 1, 1, 1, 1, 1]), FOREST) == []
    (alert,) = monitor.observe(states(gradient=[1, 2, 3.1, 1, 1, 1, 1, 1]), FOREST)
    assert (alert.rule, alert.value, alert.row) == ("exploding", pytest.approx(3.1), 2)
    assert "above 3.05" in alert.message


def test_a_window_waits_for_its_count_and_patience_counts_windows_in_a_row() -> None:
    monitor = quiet(Vanishing(threshold=0.5, min_count=12, patience=2, min_depth=1))
    bad, good = np.array([0.1, 0.1, 0.1, 0.1, 1, 0.1, 0.1, 1]), np.ones(8)
    fired = [
        bool(monitor.observe(states(gradient=g), FOREST))
        for g in [bad, bad, good, good, bad, bad, bad, bad, bad, bad, good, good, bad, bad, bad, bad]
    ]
    # Two minibatches make a window: bad, good, bad, bad → fires, bad → has been said, good, bad, bad → again.
    assert [k for k, yes in enumerate(fired) if yes] == [7, 15]
    assert monitor.rules[0].verdicts == 8


def test_dead_units_are_those_that_are_zero_at_every_inner_node_of_the_window() -> None:
    monitor = quiet(Dead(threshold=0.4, min_count=6, patience=1))
    values = np.zeros((8, 3))
    values[:2] = 1.0  # leaves are words, not relu units
    values[4, 1] = 0.3
    assert monitor.observe(states(values, np.ones((8, 3))), FOREST) == []
    values[4, 1], values[7, 2] = 0.0, -1.0
    (alert,) = Monitor([Dead(0.6, 3, 1)], action=lambda a: None).observe(
        states(values, np.ones((8, 3))), FOREST
    )
    assert alert.value == pytest.approx(2 / 3)
    assert "2 of 3 units are 0 at all of 3 nodes" in alert.message
    assert "(units 0, 1)" in alert.message
    assert monitor.observe(states(values, np.ones((8, 3))), FOREST) == []  # 1 of 3 in both together


def test_saturated_counts_elements_at_either_end_of_inner_nodes() -> None:
    values = np.ones((8, 2))  # leaves would be saturated
    values[[2, 4, 7]] = [[0.995, 0.5], [-0.995, 0.995], [0.98, -0.98]]
    monitor = quiet(Saturated(threshold=0.49, min_count=3, patience=1), Saturated(0.5, 3, 1))
    (alert,) = monitor.observe(states(values), FOREST)
    assert alert.value == 0.5
    assert alert.row == 4
    sigmoid = quiet(Saturated(threshold=0.3, min_count=3, patience=1, ends=(0.0, 1.0)))
    values[[2, 4, 7]] = [[0.005, 0.5], [0.995, 0.02], [0.9, 0.1]]
    assert sigmoid.observe(states(values), FOREST)[0].value == pytest.approx(1 / 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_values_are_found_at_the_lowest_node_and_bad_gradients_at_the_highest(bad: float) -> None:
    values, gradient = np.full((8, 2), 0.5), np.ones((8, 2))
    values[[2, 4], 1] = bad
    gradient[[0, 1, 2]] = bad
    (alert,) = quiet(NotFinite()).observe(states(values, gradient), FOREST)
    assert (alert.row, alert.value) == (2, 2)
    assert alert.message == "2 elements of the states h are not finite"
    (alert,) = quiet(NotFinite()).observe(states(gradient=gradient), FOREST)
    assert (alert.row, alert.node) == (2, FOREST.describe(2))
    assert "6 elements of ∂J/∂h" in alert.message


def test_bad_losses_gradients_and_weights_are_found_and_large_numbers_are_not() -> None:
    fine, p = Parameter(np.full(3, 1e300)), Parameter(np.ones(3), name="b")
    named = {"fine": fine, "b": p}
    assert quiet(NotFinite()).observe(loss=1e300, parameters=named) == []
    assert "the loss is nan" in quiet(NotFinite()).observe(loss=np.nan)[0].message
    p.grad = np.array([1.0, np.nan, 2.0])
    (alert,) = quiet(NotFinite()).observe(parameters=named)
    assert (alert.parameter, alert.value) == ("b", 1)
    assert "parameter's gradient" in alert.message
    table = Parameter(np.ones((4, 2)))
    table.grad = mg.SparseRows(np.array([1]), np.array([[np.inf, np.nan]]), 4)
    assert quiet(NotFinite()).observe(parameters={"L": table})[0].value == 2
    p.grad = None
    p.data[0] = np.inf
    assert "elements of a parameter are not finite" in quiet(NotFinite()).observe(parameters=named)[0].message
    assert quiet(NotFinite(threshold=1)).observe(parameters=named) == []


def test_weights_that_do_not_move_are_named() -> None:
    moving, still, zero = (Parameter(np.array(x)) for x in ([1.0, 2.0], [3.0, 4.0], [0.0]))
    monitor = quiet(Stuck(threshold=1e-3, min_count=2, patience=2))
    fired = []
    for _ in range(6):
        fired += monitor.observe(parameters={"moving": moving, "still": still, "zero": zero})
        moving.data += 0.01
        still.data[0] += 1e-3  # 2 of these are 4e-4 of a norm of 5
        zero.data += 1e-9
    (alert,) = fired
    assert alert.batch == 5  # the first is the start, two verdicts of two
    assert alert.parameter == "still"
    assert alert.value == pytest.approx(2e-3 / 5, rel=1e-2)
    assert "1 of 3 parameters" in alert.message
    fired = quiet(Stuck(min_count=1, patience=1))
    fired.observe(parameters={"zero": zero})
    assert fired.observe(parameters={"zero": zero})[0].parameter == "zero"


def test_training_that_stalls_is_told_from_training_that_is_slow() -> None:
    stalled = quiet(Stalled(threshold=0.05, patience=3))
    fired = [len(stalled.end_epoch(loss)) for loss in [2.0, 1.99, 1.98, 1.97, 1.0, 1.0, np.nan, np.inf]]
    assert fired == [0, 0, 0, 1, 0, 0, 0, 1]
    assert stalled.alerts[0].epoch == 4
    assert stalled.alerts[0].batch == 0
    slow = quiet(Stalled(threshold=0.05, patience=3))
    assert not any(slow.end_epoch(2 * 0.97**k) for k in range(20))  # two steps make 5 %
    by_batch = quiet(Stalled(min_count=3, patience=1))
    assert [len(by_batch.observe(loss=x)) for x in [3, 1, 2, 9, 0, 0]] == [0, 0, 0, 0, 0, 1]


def test_actions_warn_call_or_stop_after_all_rules_have_looked() -> None:
    called: list[Alert] = []
    rules = [NotFinite(action="stop"), Stalled(patience=1), NotFinite(action=called.append)]
    monitor = Monitor(rules)
    monitor.observe(loss=1.0)
    with pytest.warns(MonitorWarning, match="stalled: the mean loss is nan"), pytest.raises(Stop) as stop:
        monitor.observe(loss=np.nan)
    assert stop.value.alert == monitor.alerts[0]
    assert str(stop.value) == "not finite: the loss is nan (epoch 1, minibatch 2)"
    assert [alert.rule for alert in monitor.alerts] == ["not finite", "stalled", "not finite"]
    assert called == [monitor.alerts[2]]


def test_every_nth_minibatch_is_looked_at_and_all_are_counted() -> None:
    monitor = quiet(NotFinite(), every=3)
    for _ in range(7):
        monitor.observe(loss=1.0)
    assert (monitor.batch, monitor.rules[0].verdicts) == (7, 3)


def test_a_rule_that_has_not_seen_enough_says_so() -> None:
    monitor = quiet(Vanishing(), NotFinite())
    monitor.observe(states(), FOREST)
    assert monitor.report().splitlines()[1].split("  ")[0] == "vanishing"
    assert "not enough seen" in monitor.report().splitlines()[1]
    assert "not enough seen" not in monitor.report().splitlines()[2]


def test_a_state_goes_through_json_and_an_alert_comes_when_it_would_have_come() -> None:
    losses = [1.0, 1.0, 1.0, 1.0]
    whole, first, second = (quiet(NotFinite(), Stalled(patience=3)) for _ in range(3))
    for loss in losses:
        whole.end_epoch(loss)
    for loss in losses[:2]:
        first.end_epoch(loss)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for loss in losses[2:]:
        second.end_epoch(loss)
    assert second.alerts == whole.alerts
    assert len(whole.alerts) == 1
    assert second.state_dict() == whole.state_dict()
    with pytest.raises(StateError, match="other rules"):
        quiet(NotFinite()).load_state_dict(whole.state_dict())


def test_wrong_settings_are_refused() -> None:
    for rule in RULES.values():
        with pytest.raises(ValueError, match="threshold is -1"):
            rule(threshold=-1)  # type: ignore[call-arg]
        with pytest.raises(ValueError, match="patience=0"):
            rule(patience=0)  # type: ignore[call-arg]
        with pytest.raises(ValueError, match="an action is 'warn', 'stop' or a function"):
            rule(action="mail")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="quantile is 2"):
        Vanishing(quantile=2)
    with pytest.raises(ValueError, match="margin"):
        Saturated(margin=1.0)
    with pytest.raises(TypeError, match="instances such as Vanishing"):
        Monitor([Vanishing])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="every=0"):
        Monitor(every=0)
    with pytest.raises(ValueError, match="come with the forest"):
        Monitor().observe(states())
    unfinished = states()
    unfinished["h"].grad = None
    with pytest.raises(ValueError, match=r"after loss\.backward"):
        Monitor([Vanishing(min_depth=1)]).observe(unfinished, FOREST)


def _chain(n: int) -> models.Forest:
    text = "(0 w)"
    for _ in range(n):
        text = f"(0 {text} (0 v))"
    return models.Forest([models.Tree.parse(text)])


class Tanh(mg.Cell):
    """p = tanh(w x + y), of one unit."""

    parts = (mg.Part("h", 1),)

    def __init__(self, w: float) -> None:
        self.w = Parameter(np.array([[w]]))

    def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
        return mg.tanh(left.h @ self.w.T + right.h)


@pytest.mark.parametrize("mode", ["node", "level"])
@pytest.mark.parametrize(
    ("rule", "w", "word", "op"), [(Vanishing, 2.0, 3.0, "tanh"), (Exploding, 200.0, 0.0, "matmul")]
)
def test_under_record_gradients_an_alert_names_the_op(
    mode: str, rule: Any, w: float, word: float, op: str
) -> None:
    forest = _chain(4)
    for recorded in (False, True):
        folded = mg.fold(Tanh(w), forest, np.full((5, 1), word), mode)
        loss = folded.h[forest.root].sum()
        with mg.record_gradients() if recorded else nullcontext():
            loss.backward()
        monitor = quiet(rule(min_count=1, patience=1, min_depth=3))
        (alert,) = monitor.observe(folded, forest, nodes=[0], loss=loss)
        assert alert.row == 0
        assert alert.op == (op if recorded else "")
        assert (f"op {op}" in str(alert)) == recorded
        assert f"worst at {forest.describe(0)}" in str(alert)


def test_the_op_of_a_gradient_that_is_not_finite_is_the_one_backward_met_first() -> None:
    x = mg.tensor(np.array([0.0, 1.0]), requires_grad=True)
    loss = (mg.sqrt(x * 2) * 3).sum()
    with mg.record_gradients(), np.errstate(divide="ignore", invalid="ignore"):
        loss.backward()
    p = Parameter(np.zeros(2))
    p.grad = x.grad
    (alert,) = quiet(NotFinite()).observe(parameters={"x": p}, loss=loss)
    assert alert.op == "mul"  # sqrt hands inf to the product below it
    assert alert.parameter == "x"


def test_all_rules_look_at_a_real_minibatch_without_a_word() -> None:
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(models.RLSTM(4, rng), FOREST.vocabulary, 2, rng)
    monitor = Monitor()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, folded = model.loss(FOREST, "level")
        loss.backward()
        parameters = dict(model.named_parameters())
        assert monitor.observe(folded, FOREST, loss=float(loss), parameters=parameters) == []
    assert len(monitor.rules) == len(RULES) == 8
