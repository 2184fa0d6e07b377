"""Rules at their thresholds, margins, depths and counts exactly; their defaults; states that are copies."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.monitor import (
    RULES,
    Alert,
    Dead,
    Exploding,
    Monitor,
    NotFinite,
    Rule,
    Saturated,
    Stalled,
    Stuck,
    Vanishing,
)
from minigrad.nn import Parameter
from tests.minigrad.test_monitor import FOREST, _chain, quiet, states

UP, DOWN = (lambda x: float(np.nextafter(x, np.inf))), (lambda x: float(np.nextafter(x, -np.inf)))

DEFAULTS: dict[str, dict[str, Any]] = {
    "not finite": {"threshold": 0, "min_count": 1, "patience": 1},
    "vanishing": {"threshold": 0.1, "min_count": 100, "patience": 3, "min_depth": 8, "quantile": 0.5},
    "exploding": {"threshold": 100.0, "min_count": 100, "patience": 3, "min_depth": 8, "quantile": 0.9},
    "dead": {"threshold": 0.5, "min_count": 1000, "patience": 3},
    "saturated": {"threshold": 0.5, "min_count": 1000, "patience": 3, "ends": (-1.0, 1.0), "margin": 0.01},
    "stuck": {"threshold": 1e-6, "min_count": 100, "patience": 3},
    "stalled": {"threshold": 0.001, "min_count": 1, "patience": 5},
    "collapsed": {"threshold": 0.1, "min_count": 1000, "patience": 2, "guess": None, "tolerance": 0.02},
}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_its_defaults(name: str) -> None:
    rule = RULES[name]()  # type: ignore[call-arg]
    assert {key: getattr(rule, key) for key in DEFAULTS[name]} == DEFAULTS[name]
    assert rule.action is None
    assert (Monitor().action, Monitor().every) == ("warn", 1)


def _along_axis(norms: Any) -> np.ndarray:
    """Gradients (8, 2) of exactly these norms."""
    return np.stack([np.asarray(norms, float), np.zeros(8)], axis=1)


def _fires(rule: Rule, seen: mg.NodeStates) -> bool:
    return bool(quiet(rule).observe(seen, FOREST))


def test_a_ratio_at_the_threshold_is_neither_below_nor_above_it() -> None:
    for rule, bad, good in ((Vanishing, UP(0.25), 0.25), (Exploding, DOWN(0.25), 0.25)):
        seen = states(gradient=_along_axis([0.25] * 4 + [1, 0.25, 0.25, 1]))
        assert _fires(rule(bad, min_count=6, patience=1, min_depth=1), seen)
        assert not _fires(rule(good, min_count=6, patience=1, min_depth=1), seen)


def test_a_depth_counts_from_min_depth_on_and_a_window_is_full_at_min_count() -> None:
    seen = states(gradient=_along_axis([1, 1, 1, 1, 1, 1, 1, 1]))  # depths 2 2 1 1 0 1 1 0
    for min_depth, nodes in ((0, 8), (1, 6), (2, 2)):
        for min_count, verdicts in ((nodes, 1), (nodes + 1, 0)):
            monitor = quiet(Vanishing(min_count=min_count, min_depth=min_depth))
            monitor.observe(seen, FOREST)
            assert monitor.rules[0].verdicts == verdicts


def test_a_share_of_dead_units_at_the_threshold_passes() -> None:
    values = np.zeros((8, 4))
    values[:, :2] = 1
    seen = states(values, np.ones((8, 4)))
    assert not _fires(Dead(0.5, 3, 1), seen)
    assert _fires(Dead(DOWN(0.5), 3, 1), seen)


def test_an_element_at_the_margin_is_not_within_it() -> None:
    for ends, at, within in (
        ((-1.0, 1.0), (-0.75, 0.75), (DOWN(-0.75), UP(0.75))),
        ((0.0, 1.0), (0.25, 0.75), (DOWN(0.25), UP(0.75))),
    ):
        for values, share in ((at, 0.0), (within, 1.0)):
            rule = Saturated(0.5, 3, 1, ends=ends, margin=0.25)
            quiet(rule).observe(states(np.tile(values, (8, 1))), FOREST)
            assert rule.value == share
    with pytest.raises(ValueError, match="margin"):
        Saturated(margin=0.0)
    assert Saturated(ends=(0.0, 1.0), margin=DOWN(0.5)).margin < 0.5
    with pytest.raises(ValueError, match="margin"):
        Saturated(ends=(0.0, 1.0), margin=0.5)


def test_as_many_elements_as_the_threshold_says_may_be_bad() -> None:
    p = Parameter(np.array([np.nan, np.inf, 1.0]))
    for threshold, fires in ((1, True), (2, False), (3, False)):
        assert bool(quiet(NotFinite(threshold=threshold)).observe(parameters={"p": p})) == fires


def test_a_weight_that_moved_by_the_threshold_is_stuck() -> None:
    for threshold, fires in ((0.25, True), (DOWN(0.25), False)):
        p = Parameter(np.array([4.0, 0.0]))
        monitor = quiet(Stuck(threshold, min_count=1, patience=1))
        monitor.observe(parameters={"p": p})
        p.data[1] = 1.0  # ‖w − w₀‖ / ‖w₀‖ = 1/4
        assert bool(monitor.observe(parameters={"p": p})) == fires


def test_a_loss_that_fell_by_the_threshold_alone_has_stalled() -> None:
    for loss, fires in ((1.0, True), (1.0 - 1e-12, False)):
        monitor = quiet(Stalled(0.5, patience=1))
        assert monitor.end_epoch(2.0) == []
        assert bool(monitor.end_epoch(loss)) == fires
    rising = quiet(Stalled(0.5, patience=1))  # a part of the best loss's size, whatever its sign
    assert [bool(rising.end_epoch(loss)) for loss in (-2.0, -3.0, -3.5)] == [False, True, False]


def test_the_first_row_of_a_minibatch_is_a_node_like_others() -> None:
    values = np.full((8, 2), 0.5)
    values[0, 1] = np.inf
    (alert,) = quiet(NotFinite()).observe(states(values), FOREST)
    assert (alert.row, alert.node) == (0, FOREST.describe(0))


def test_an_alert_that_is_about_no_node_says_so() -> None:
    monitor = quiet(Stalled(patience=1), NotFinite())
    monitor.end_epoch(np.nan)
    for alert in monitor.alerts:
        assert (alert.row, alert.node, alert.op, alert.parameter, alert.batch) == (-1, "", "", "", 0)
    assert len(monitor.alerts) == 2
    bare = Alert("rule", "message", 1.0, epoch=1, batch=2)
    assert (bare.row, bare.node, bare.op, bare.parameter) == (-1, "", "", "")
    assert str(bare) == "rule: message (epoch 1, minibatch 2)"


def test_the_bounds_of_a_quantile_are_allowed() -> None:
    seen = states(gradient=_along_axis([1, 2, 3, 4, 1, 5, 6, 1]))
    for quantile, value in ((0.0, 1.0), (0.5, 3.5), (1.0, 6.0)):
        rule = Vanishing(min_count=6, min_depth=1, quantile=quantile)
        quiet(rule).observe(seen, FOREST)
        assert rule.value == value
    for wrong in (DOWN(0.0), UP(1.0)):
        with pytest.raises(ValueError, match="quantile"):
            Exploding(quantile=wrong)


@pytest.mark.parametrize(
    ("rule", "bad", "enough", "fewer"), [(Exploding, 1000.0, 11, 9), (Vanishing, 1e-3, 51, 49)]
)
def test_by_default_a_tenth_of_100_nodes_at_depth_8_may_explode_and_half_may_vanish(
    rule: Any, bad: float, enough: int, fewer: int
) -> None:
    forest = _chain(8)  # both leaves of the lowest node lie at depth 8
    deep = np.flatnonzero(forest.depth == 8).tolist()
    gradient = np.ones((forest.n_nodes, 1))
    gradient[deep[0]] = bad

    def alerts(count: int, nodes: int = 100, windows: int = 3) -> int:
        monitor = quiet(rule())
        for _ in range(windows):
            part = mg.tensor(np.ones_like(gradient), requires_grad=True)
            part.grad = gradient.copy()
            rows = [deep[0]] * count + [deep[1]] * (nodes - count)
            monitor.observe(mg.NodeStates({"h": part}), forest, nodes=rows)
        return len(monitor.alerts)

    assert alerts(enough) == 1
    assert alerts(fewer) == 0
    assert alerts(enough, windows=2) == 0
    assert alerts(99, nodes=99) == 0
    forest_7 = _chain(7)
    part = mg.tensor(np.ones((forest_7.n_nodes, 1)), requires_grad=True)
    part.grad = np.ones((forest_7.n_nodes, 1))
    shallow = rule()
    quiet(shallow).observe(mg.NodeStates({"h": part}), forest_7, nodes=[0] * 200)
    assert shallow.verdicts == 0


def test_the_first_minibatch_of_every_so_many_is_looked_at() -> None:
    rule = NotFinite()
    monitor = quiet(rule, every=3)
    for batch, verdicts in ((1, 1), (2, 1), (3, 1), (4, 2)):
        monitor.observe(loss=1.0)
        assert (monitor.batch, rule.verdicts) == (batch, verdicts)


def test_a_state_is_a_copy_in_both_directions() -> None:
    monitor, other = (quiet(Stalled(min_count=3, patience=1), NotFinite()) for _ in range(2))
    monitor.observe(loss=1.0)
    monitor.observe(loss=np.nan)
    state = monitor.state_dict()
    other.load_state_dict(state)
    before = json.dumps([state, other.state_dict()])
    monitor.observe(loss=2.0)
    assert json.dumps([state, other.state_dict()]) == before
    kept = json.dumps(monitor.state_dict())
    state["alerts"].clear()
    state["rules"][0]["losses"].append(7.0)
    assert json.dumps(other.state_dict()) == json.dumps(json.loads(before)[1])
    assert json.dumps(monitor.state_dict()) == kept


def test_a_monitor_keeps_the_rules_it_was_given_whatever_becomes_of_their_list() -> None:
    rules: list[Rule] = [NotFinite()]
    monitor = Monitor(rules)
    rules.append(Stalled())
    assert [rule.name for rule in monitor.rules] == ["not finite"]
