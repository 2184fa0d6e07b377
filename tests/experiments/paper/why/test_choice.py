"""The rule of choice, turned every way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.paper.why import choice
from experiments.paper.why.choice import Scored, candidates, choose, scored
from experiments.paper.why.decay import FIRST_RUN, GRID, Decay
from experiments.paper.why.decision import Challenger, Successor, best_cell, challenger, decide, replaced
from experiments.paper.why.plan import Plan
from experiments.paper.why.sentences import Sentences
from tests.experiments.paper.why.pretended import done

TWO, SIX = Sentences("length", 2), Sentences("length", 6)
ONE_VALUE, NONE_ON_WORDS, TWO_VALUES = (Decay("shared", words, 1e-3) for words in (1e-3, 0.0, 1e-4))


def _simplicity(cell):
    return cell.simplicity


def test_a_score_is_the_mean_over_datasets_of_the_mean_over_runs():
    of = {TWO: [90.0] * 10, SIX: [10.0, 80.0]}
    assert scored("a", of).score == pytest.approx((90 + 45) / 2)
    assert scored("a", of, {TWO: [20.0, 30.0]}).score == pytest.approx((67.5 + 25) / 2)


def test_its_interval_is_that_of_runs_drawn_anew_within_each_dataset(monkeypatch):
    monkeypatch.setattr(choice, "RESAMPLES", 10_000)
    same = scored("a", {TWO: [90.0] * 10, SIX: [10.0] * 10})
    assert (same.lower, same.upper) == (50.0, 50.0)  # no run differs from another of its dataset
    values = np.linspace(40, 60, 50)
    one = scored("a", {TWO: values.tolist()})
    half = 1.96 * values.std() / np.sqrt(50)  # the normal approximation
    assert one.lower == pytest.approx(50 - half, abs=0.15)
    assert one.upper == pytest.approx(50 + half, abs=0.15)
    two = scored("a", {TWO: values.tolist()}, {TWO: values.tolist()})  # two models, half the variance
    assert two.upper - two.lower == pytest.approx((one.upper - one.lower) / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ([(ONE_VALUE, 50, 1), (NONE_ON_WORDS, 60, 1), (TWO_VALUES, 70, 1)], TWO_VALUES),
        ([(ONE_VALUE, 50, 1), (NONE_ON_WORDS, 68, 1), (TWO_VALUES, 70, 1)], NONE_ON_WORDS),  # they touch
        ([(ONE_VALUE, 69, 9), (NONE_ON_WORDS, 69.5, 1), (TWO_VALUES, 70, 1)], ONE_VALUE),
        ([(ONE_VALUE, 60, 9), (replace(ONE_VALUE, rest=1e-4, words=1e-4), 61, 9)],
         replace(ONE_VALUE, rest=1e-4, words=1e-4)),
    ],
    ids=["apart: the best", "overlapping: the simpler", "the simplest of three", "as simple: the higher"],
)  # fmt: skip
def test_of_what_can_not_be_told_apart_the_simplest_is_chosen(scores, chosen):
    found = [Scored(cell, score, score - half, score + half) for cell, score, half in scores]
    assert choose(found, _simplicity).setting == chosen
    assert choose(found[::-1], _simplicity).setting == chosen


def test_candidates_are_the_two_best_of_each_leaf_form_and_the_first_run():
    order = {cell: {TWO: [float(k)]} for k, cell in enumerate(GRID)}  # the last ones are the best
    forms = {form: [cell for cell in GRID if cell.leaf_weights == form] for form in ("shared", "separate")}
    *shared, last = [cell for cell in forms["shared"] if cell != FIRST_RUN]
    expected = [last, shared[-1], *forms["separate"][:-3:-1], FIRST_RUN]
    assert candidates(order, FIRST_RUN) == expected
    best = {**order, FIRST_RUN: {TWO: [99.0]}}  # the first run is one of five all the same
    assert candidates(best, FIRST_RUN) == expected


def _accuracy(best):
    """Let a model's cells learn the better the nearer they are to its best one."""

    def accuracy(part, job):
        cell = Decay.of(job.json)
        near = (cell.words == best[part.model].words) + (cell.rest == best[part.model].rest)
        return 30.0 * near + 10.0 * (cell.leaf_weights == best[part.model].leaf_weights) + job.json["run"] % 2

    return accuracy


RNN, RLSTM = Decay("separate", 1e-3, 1e-3), Decay("shared", 0.0, 1e-3)


def test_models_that_want_different_settings_get_them():
    found = done(Plan("paper"), _accuracy({"RNN": RNN, "RLSTM": RLSTM}))
    assert best_cell(found, "RNN") == RNN
    assert best_cell(found, "RLSTM") == RLSTM
    for form, of in decide(found).items():
        assert of.chosen == (replace(RNN, leaf_weights=form), replace(RLSTM, leaf_weights=form))
        assert of.pair.score > of.joint.score


def test_one_setting_is_chosen_for_both_where_it_does_as_well():
    found = done(Plan("paper"), _accuracy({"RNN": RLSTM, "RLSTM": RLSTM}))
    assert decide(found)["shared"].chosen == (RLSTM, RLSTM)


@pytest.mark.parametrize(("gain", "takes_it"), [(0.0, None), (5.0, False), (5.0, True)])
def test_a_challenger_is_tried_and_has_to_win_twice(gain, takes_it):
    plan, usual = Plan("paper"), _accuracy({"RNN": RNN, "RLSTM": RLSTM})

    def accuracy(part, job):
        better = job.json["init"] == "glorot" and (part.kind == "one" or takes_it)
        if part.kind in ("search", "again"):
            return 10.0
        return usual(part, job) + gain * (better and part.model == "RLSTM")

    found = done(plan, accuracy)
    expected = Challenger("one", "init-glorot") if gain else None
    assert challenger(found, "RLSTM", plan.extent) == expected
    assert challenger(found, "RNN", plan.extent) is None
    assert (replaced(found, "RLSTM") is not None) == bool(takes_it)
    runs = found.of("challenger", "RLSTM")
    assert list(runs) == (["init-glorot"] if gain else [])
    own = decide(found)["shared"].own["RLSTM"]
    assert own.setting == (Successor(RLSTM, "init-glorot", "shared") if takes_it else RLSTM)
    assert own.score == pytest.approx(70.5 + (gain if takes_it else 0))  # half of the runs have one more
    assert decide(found)["shared"].chosen == (replace(RNN, leaf_weights="shared"), own.setting)
    assert decide(found)["separate"].own["RLSTM"].setting == replace(RLSTM, leaf_weights="separate")


def test_a_draw_that_wins_is_the_choice_with_its_own_leaf_matrices():
    plan, usual = Plan("paper"), _accuracy({"RNN": RNN, "RLSTM": RLSTM})

    def accuracy(part, job):
        if part.kind in ("search", "again", "challenger"):
            return 99.0 if job.name.split("/")[2] in ("1", "draw-1") and part.model == "RNN" else 10.0
        return usual(part, job)

    found = done(plan, accuracy)
    (form,) = {run.settings["leaf_weights"] for run in found.of("challenger", "RNN")["draw-1"]}
    of = decide(found)
    assert of[form].chosen[0] == Successor(RNN, "draw-1", form)
    assert of[form].chosen[0].title == "draw-1"
    (other,) = {"shared", "separate"} - {form}
    assert of[other].chosen[0] == replace(RNN, leaf_weights=other)


def test_a_random_draw_may_be_the_challenger():
    plan, usual = Plan("paper"), _accuracy({"RNN": RNN, "RLSTM": RLSTM})

    def accuracy(part, job):
        of_draw = job.name.split("/")[2]
        if part.kind in ("search", "again"):
            return 99.0 if of_draw == "17" else 20.0
        return usual(part, job)

    found = done(plan, accuracy)
    assert challenger(found, "RLSTM", plan.extent) == Challenger("again", "17")
    assert list(found.of("challenger", "RLSTM")) == ["draw-17"]
    (runs,) = found.of("challenger", "RLSTM").values()
    (drawn, *_) = found.of("search", "RLSTM")["17"]
    assert {run.settings["l2_words"] for run in runs} == {drawn.settings["l2_words"]}
    assert len(found.of("again", "RLSTM")) == 5
