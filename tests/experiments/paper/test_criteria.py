"""The criteria at their thresholds: what the paper draws holds, and spoiled numbers change the verdict."""

from __future__ import annotations

import math
import pickle

import pytest

from experiments.paper.criteria import CLAIMS, Evidence
from experiments.paper.criteria.numbers import in_share, spearman
from experiments.paper.stored import Stored
from tests.experiments.paper import made_up

BY_ID = {claim.id: claim for claim in CLAIMS}
TREEBANK = {"leaves": 227_242, "share_root_0": 0.775, "share_root_1": 0.694}
ALL = range(1, 6)


@pytest.fixture(scope="module")
def untouched():
    """Both in bytes, which are read ten times as fast as a deep copy is made."""
    return pickle.dumps(made_up.paper_runs()), pickle.dumps(made_up.ablation_runs())


@pytest.fixture
def runs(untouched):
    return pickle.loads(untouched[0])


@pytest.fixture
def ablation(untouched):
    return pickle.loads(untouched[1])


def decide(claim, runs, ablation=(), treebank=TREEBANK):
    return BY_ID[claim].decide(Evidence(Stored(runs), Stored(ablation), treebank))


def score(runs, cell, *percents):
    """Give the five runs of a cell ("length/01/RNN") these accuracies; one number stands for all five."""
    values = percents * 5 if len(percents) == 1 else percents
    for n, value in zip(ALL, values, strict=True):
        (run,) = (run for run in runs if run.name == f"{cell}/{n}")
        run.result["test_accuracy"] = round(value / 100, 6)


def rows(runs, model, numbers=ALL, epochs=range(14)):
    """The rows of these gradient runs and epochs, to be spoiled."""
    wanted = {f"gradient/03/{model}/{n}" for n in numbers}
    return [row for run in runs if run.name in wanted for row in run.rows if row["epoch"] in epochs]


def scale(runs, model, factor, numbers=ALL, epochs=range(14), depths=range(20)):
    for row in rows(runs, model, numbers, epochs):
        of = row["ratios"]["post"]
        for depth, quantiles in zip(of["depth"], of["quantiles"], strict=True):
            if depth in depths:
                quantiles[:] = [factor * q for q in quantiles]


def test_every_claim_is_there_once_and_holds_where_the_paper_is_right(runs, ablation):
    assert [claim.id for claim in CLAIMS] == list(range(1, 22))
    for claim in CLAIMS:
        found = decide(claim.id, runs, ablation)
        assert found.verdict == "holds", f"{claim.id}: {found}"


MEDIAN_91 = (95, 94, 91, 20, 10)  # its best is above its median
ACCURACY_CASES = [
    (1, {"length/01/RNN": (70, 10, 10, 10, 10)}, "holds"),
    (1, {"length/01/RNN": (69.9,)}, "partly"),
    (1, {"length/01/RNN": (49.9,)}, "does not hold"),
    (2, {"length/10/RNN": (15, 10, 10, 10, 10)}, "holds"),
    (2, {"length/02/RNN": (35, 10, 10, 10, 10)}, "partly"),
    (2, {"length/02/RNN": (35.1, 10, 10, 10, 10)}, "does not hold"),
    (2, {"length/10/RNN": (15.1, 10, 10, 10, 10)}, "does not hold"),
    (3, {"length/03/RLSTM": MEDIAN_91}, "holds"),
    (3, {"length/03/RLSTM": (99, 99, 90, 90, 90)}, "partly"),
    (3, {"length/03/RLSTM": (90,), "length/02/RLSTM": (90,)}, "does not hold"),
    (4, {"length/07/RLSTM": (99, 99, 20, 10, 10)}, "holds"),
    (4, {"length/07/RLSTM": (19.9,)}, "partly"),
    (4, {"length/07/RLSTM": (19.9,), "length/06/RLSTM": (19.9,)}, "does not hold"),
    (5, {"length/08/RLSTM": (13,), "length/08/RNN": (10,)}, "holds"),
    (5, {"length/08/RLSTM": (13.1,), "length/08/RNN": (10,)}, "partly"),
    (5, {"length/08/RLSTM": (6.9,), "length/08/RNN": (10,)}, "partly"),
    (5, {f"length/{i}/RLSTM": (20,) for i in ("08", "09")}, "does not hold"),
    (6, {"depth/02/RNN": (95, 10, 10, 10, 10)}, "holds"),
    (6, {"depth/02/RNN": (94.9,)}, "partly"),
    (6, {"depth/01/RNN": (94.9,), "depth/02/RNN": (94.9,)}, "does not hold"),
    (7, {"depth/02/RNN": (96,), "depth/05/RNN": (46,)}, "holds"),
    (7, {"depth/02/RNN": (96,), "depth/05/RNN": (46.1,)}, "partly"),
    (7, {"depth/06/RNN": (15.1, 10, 10, 10, 10)}, "partly"),
    (7, {"depth/05/RNN": (90,), "depth/10/RNN": (16,)}, "does not hold"),
    (8, {"depth/07/RLSTM": MEDIAN_91}, "holds"),
    (8, {"depth/07/RLSTM": (90,)}, "partly"),
    (8, {"depth/07/RLSTM": (90,), "depth/06/RLSTM": (90,)}, "partly"),
    (8, {f"depth/{i}/RLSTM": (90,) for i in ("05", "06", "07")}, "does not hold"),
    (9, {"depth/10/RLSTM": (99, 99, 99, 99, 12.4)}, "holds"),
    (9, {"depth/10/RLSTM": (99, 99, 99, 99, 12.3)}, "partly"),
    (9, {"depth/10/RLSTM": (99, 99, 12.3, 12.3, 12.3)}, "does not hold"),
    (17, {"length/10/RLSTM": (9,), "length/10/RNN": (15,)}, "holds"),
    (17, {"depth/10/RNN": (90, 10, 10, 10, 10)}, "partly"),
    (17, {f"depth/{i}/RNN": (99.9, 10, 10, 10, 10) for i in ("08", "09")}, "does not hold"),
]


@pytest.mark.parametrize(("claim", "changes", "verdict"), ACCURACY_CASES)
def test_accuracies_at_the_thresholds(claim, changes, verdict, runs):
    for cell, values in changes.items():
        score(runs, cell, *values)
    found = decide(claim, runs)
    assert found.verdict == verdict, found.measured


def test_small_ratios_are_asked_of_every_run_and_not_of_epoch_0(runs):
    scale(runs, "RNN", 1e6, epochs=[0])
    assert decide(10, runs).verdict == "holds"
    (row,) = rows(runs, "RNN", [4], [1])
    row["ratios"]["post"]["q95_from_2"] = 0.5
    assert decide(10, runs).verdict == "partly"
    scale(runs, "RNN", 1.2, [4], [1], [5])
    assert decide(10, runs).verdict == "does not hold"


@pytest.mark.parametrize(("falling", "verdict"), [(1, "holds"), (2, "partly"), (3, "does not hold")])
def test_steady_lifting_in_4_of_5_runs(falling, verdict, runs):
    for n in range(1, falling + 1):
        for row in rows(runs, "RNN", [n]):
            scale(runs, "RNN", 1 / (1 + row["epoch"]) ** 2, [n], [row["epoch"]], [10])
    assert decide(11, runs).verdict == verdict


@pytest.mark.parametrize(
    ("rising", "verdict"), [(6, "holds"), (7, "partly"), (30, "partly"), (31, "does not hold")]
)
def test_a_decrease_with_depth_in_nine_tenths_of_the_epochs(rising, verdict, runs):
    later = rows(runs, "RNN", epochs=range(2, 14))
    assert len(later) == 60
    for row in later[:rising]:
        row["ratios"]["post"]["quantiles"].reverse()
    assert decide(12, runs).verdict == verdict


def test_depths_of_few_trees_do_not_count_in_the_decrease(runs):
    for row in rows(runs, "RNN"):
        of = row["ratios"]["post"]
        for k, count in enumerate(of["count"]):
            of["quantiles"][k] = of["quantiles"][k] if count >= 20 else [99.0] * 5
    assert min(made_up.COUNTS.values()) < 20
    assert decide(12, runs).verdict == "holds"


def explode(runs, numbers, shares):
    for row in rows(runs, "RLSTM", numbers, range(1, 14)):
        row["ratios"]["post"]["above_2"] = shares.get(row["epoch"], shares["later"])


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ({1: 0.08, 2: 0.4, "later": 0.2}, "holds"),
        ({1: 0.0, 2: 0.4, "later": 0.2}, "holds"),
        ({1: 0.081, 2: 0.4, "later": 0.1}, "does not hold"),
        ({1: 0.01, 2: 0.4, "later": 0.201}, "does not hold"),
        ({1: 0.01, 2: 0.3, 3: 0.3, 4: 0.4, "later": 0.1}, "partly"),
        ({1: 0.01, 3: 0.4, "later": 0.1}, "partly"),
        ({1: 0.01, 5: 0.4, "later": 0.1}, "does not hold"),
        ({1: 0.4, 2: 0.3, "later": 0.0}, "does not hold"),
        ({"later": 0.0}, "does not hold"),
    ],
)
def test_an_explosion_peaks_early_and_abates(shares, verdict, runs):
    explode(runs, ALL, shares)
    assert decide(13, runs).verdict == verdict


def test_an_explosion_in_4_of_5_runs_is_enough(runs):
    explode(runs, [2], {"later": 0.0})
    assert decide(13, runs).verdict == "holds"
    explode(runs, [3], {"later": 0.0})
    assert decide(13, runs).verdict == "does not hold"


def bound(runs, model, depth, epochs, **values):
    for row in rows(runs, model, [5], epochs):
        row["ratios"]["extra"][str(depth)].update(values)


def test_the_bound_at_depth_12_and_13_is_asked_of_each_of_the_last_three_epochs(runs):
    bound(runs, "RLSTM", 13, [10], lower=0.0)
    assert decide(14, runs).verdict == "holds"
    bound(runs, "RLSTM", 13, [11], lower=0.2)  # still ten times the RNN's 0.02
    assert decide(14, runs).verdict == "holds"
    bound(runs, "RLSTM", 13, [11], lower=0.199)
    assert decide(14, runs).verdict == "partly"
    bound(runs, "RLSTM", 12, [13], lower=0.099)
    assert decide(14, runs).verdict == "does not hold"


def test_a_small_ratio_that_is_ten_times_the_rnns_is_one_of_the_two(runs):
    for row in rows(runs, "RNN"):
        row["ratios"]["extra"]["12"]["median"] = 0.001
    bound(runs, "RLSTM", 12, [13], lower=0.05)
    assert decide(14, runs).verdict == "partly"


def test_unknown_bounds_pass_nothing(runs):
    bound(runs, "RLSTM", 12, [13], lower=None)
    assert decide(14, runs).verdict == "does not hold"


@pytest.mark.parametrize(("apart", "verdict"), [(1, "holds"), (2, "partly"), (3, "does not hold")])
def test_the_largest_rises_are_together_in_4_of_5_runs(apart, verdict, runs):
    for n in range(1, apart + 1):
        for row in rows(runs, "RLSTM", [n]):
            row["dev_accuracy"] = 0.9 if row["epoch"] >= 4 else 0.1  # two epochs after the ratio's
    assert decide(15, runs).verdict == verdict


def test_one_epoch_apart_is_together_and_no_rise_is_not(runs):
    for row in rows(runs, "RLSTM"):
        row["dev_accuracy"] = 0.9 if row["epoch"] >= 3 else 0.1
    assert decide(15, runs).verdict == "holds"
    for row in rows(runs, "RLSTM"):
        row["dev_accuracy"] = 0.1
    found = decide(15, runs)
    assert found.verdict == "does not hold"
    assert "none" in found.measured


@pytest.mark.parametrize(("share", "verdict"), [(0.7501, "holds"), (0.75, "does not hold")])
def test_the_treebank_is_judged_with_the_root_at_0(share, verdict, runs):
    found = decide(16, runs, treebank={**TREEBANK, "share_root_0": share})
    assert found.verdict == verdict
    assert "69.4%" in found.measured


def test_signals_are_compared_at_every_depth_run_and_late_epoch(runs):
    scale(runs, "RLSTM", 1e-6, depths=[1, 2, 3, 4])
    scale(runs, "RLSTM", 1e-6, epochs=range(11))
    assert decide(18, runs).verdict == "holds"
    scale(runs, "RLSTM", 1e-6, [5], [11], [16])
    assert decide(18, runs).verdict == "partly"
    scale(runs, "RLSTM", 1e-6, [5], [11], range(5, 10))
    assert decide(18, runs).verdict == "does not hold"  # six of twelve depths are lost: not most


def flat(runs):
    """Every epoch of both models at the same ratio, and then as told by a rank."""
    later = [*rows(runs, "RNN", epochs=range(1, 14)), *rows(runs, "RLSTM", epochs=range(1, 14))]
    assert len(later) == 130
    return later


def test_the_correlation_with_success_counts_all_runs_and_epochs_of_both(runs):
    for k, row in enumerate(flat(runs)):
        row["ratios"]["post"]["median_from_8"], row["dev_accuracy"] = 0.001 + k, k / 200
    found = decide(19, runs)
    assert found.verdict == "holds"
    assert found.measured.startswith("Spearman 1.00 over 130 epochs")
    later = flat(runs)
    for k, row in enumerate(later):  # pairs at some distance change places
        row["dev_accuracy"] = (k if 30 <= k < 100 else 129 - k) / 200
    assert decide(19, runs).verdict == "does not hold"


def test_constant_accuracy_has_no_correlation(runs):
    for row in flat(runs):
        row["dev_accuracy"] = 0.1
    found = decide(19, runs)
    assert found.verdict == "does not hold"
    assert "undefined" in found.measured


def test_a_recovered_ratio_counts_in_the_last_epoch_of_every_run(runs):
    scale(runs, "RNN", 0.01, epochs=range(13))
    assert decide(20, runs).verdict == "holds"
    scale(runs, "RNN", 0.5, [2], [13])
    assert decide(20, runs).verdict == "partly"
    (row,) = rows(runs, "RNN", [2], [13])
    row["dev_accuracy"] = 0.15
    assert decide(20, runs).verdict == "partly"
    row["dev_accuracy"] = 0.151
    assert decide(20, runs).verdict == "does not hold"


@pytest.mark.parametrize(
    ("default", "other", "verdict"),
    [
        (10, 13, "holds"),
        (10, 13.1, "partly"),
        (13, 9.9, "partly"),
        (9, 15, "partly"),
        (9, 15.1, "does not hold"),
        (13, 15.1, "does not hold"),
        (14, 7.9, "does not hold"),
    ],
)
def test_other_settings_are_compared_with_the_default_on_dataset_3(default, other, verdict, ablation):
    for run in ablation:
        if "/03/RNN/" in run.name:
            percent = other if run.name.startswith("ablate/D/D100") else default
            run.result["test_accuracy"] = percent / 100
    assert decide(21, [], ablation).verdict == verdict


def test_no_rows_says_what_is_missing_and_what_makes_it(runs, ablation):
    found = decide(1, [])
    assert (found.verdict, found.command) == ("no rows", "length")
    found = decide(2, [run for run in runs if run.name != "length/07/RNN/3"])
    assert found.verdict == "no rows"
    assert found.measured == "4 of 5 runs are there of length/07/RNN"
    assert decide(6, [run for run in runs if not run.name.startswith("depth")]).command == "depth"
    assert decide(14, [run for run in runs if "gradient/03/RNN" not in run.name]).command == "gradient"
    assert decide(16, runs, treebank=None).command == "claims --treebank DIR"
    without = [run for run in ablation if "batch/by_50/01" not in run.name]
    found = decide(21, runs, without)
    assert (found.verdict, found.command) == ("no rows", "ablate")
    assert found.measured == "there are no runs of the RNN, 1–10 tokens, batch 50"


def test_a_depth_without_trees_is_missing_and_not_zero(runs):
    for row in rows(runs, "RNN", [1], [7]):
        of = row["ratios"]["post"]
        place = of["depth"].index(10)
        for column in ("depth", "count", "quantiles"):
            del of[column][place]
    assert decide(11, runs).verdict == "no rows"
    assert "depth 10" in decide(20, runs).measured


def test_spearman_by_hand():
    assert spearman([1, 2, 3, 4, 5], [1, 2, 3, 5, 4]) == 0.9
    assert spearman([1, 2, 3], [9, 5, 1]) == -1
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5), abs=1e-8)
    assert spearman([-math.inf, 0, 1], [1, 2, 3]) == 1
    for x, y in (
        ([1, 1, 1], [1, 2, 3]),
        ([1, 2, 3], [0, 0, 0]),
        ([1, 2], [1, 2]),
        ([1, 2, 3], [1, math.nan, 2]),
    ):
        assert math.isnan(spearman(x, y))


def test_shares_are_those_of_whole_runs():
    assert in_share(4, 5, (4, 5))
    assert not in_share(3, 5, (4, 5))
    assert not in_share(0, 0, (4, 5))
    assert not in_share(1, 2, (4, 5))
