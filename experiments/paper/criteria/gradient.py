"""Claims 10 to 16 and 18 to 20: gradient ratios (Experiment 3, Figures 5 to 7), depths of real words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.numbers import correlations, in_share, in_shares, ratios, spearman
from experiments.paper.settings import MODELS
from experiments.paper.stored import Epoch, NoRows, Stored
from experiments.sweep.rows import number

LEAST_TREES = 20  # of a depth, for its median to count in a correlation


def at_depth(rows: Stored, model: str, depth: int) -> list[list[Epoch]]:
    """Return the epochs of every run; raise NoRows if one has no tree of that keyword depth."""
    runs = rows.epochs(model)
    if not all(depth in epoch.depths() for epochs in runs for epoch in epochs):
        raise NoRows(f"{model} has no training tree of keyword depth {depth} in some epoch", "gradient")
    return runs


@claim(
    10,
    "3.3",
    "The ratios in the first epoch are always very small.",
    holds="RNN, epoch 1, every run: the 95 % quantile over trees of keyword depth ≥ 2 is < 0.5, and the "
    "median at depth 5 is < 0.1",
    partly="the median at depth 5 only",
)
def small_in_the_first_epoch(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 10."""
    runs = at_depth(evidence.runs, "RNN", 5)
    medians, q95 = [
        [[value(epochs[k]) for epochs in runs] for k in (0, 1)]
        for value in (lambda e: e.median(5), lambda e: number(e.ratios["q95_from_2"]))
    ]
    small_medians, small_q95 = all(m < 0.1 for m in medians[1]), all(q < 0.5 for q in q95[1])
    text = (
        f"epoch 1: 95 % quantile {ratios(q95[1])}, median at depth 5 {ratios(medians[1])}; "
        f"epoch 0: {ratios(q95[0])}, {ratios(medians[0])}"
    )
    return small_medians and small_q95, small_medians, text


@claim(
    11,
    "3.3",
    "In each following epoch, the RNN model successfully lifts up the ratios steadily (see Figure 7a for a "
    "clear picture at the keyword depth 10)",
    holds="RNN: Spearman(epoch, median ratio at depth 10) ≥ 0.9 in 4 of 5 runs, epochs from 1 on",
    partly="in 3 of 5",
)
def lifted_steadily(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 11."""
    found = [
        spearman([e.number for e in epochs[1:]], [e.median(10) for e in epochs[1:]])
        for epochs in at_depth(evidence.runs, "RNN", 10)
    ]
    steady = sum(rho >= 0.9 for rho in found)
    return *in_shares(steady, len(found), (4, 5), (3, 5)), f"Spearman by run {correlations(found)}"


@claim(
    12,
    "3.3",
    "but a clear decrease when the depth becomes larger is observable",
    holds=f"RNN: Spearman(depth, median ratio) ≤ −0.9 over depths with ≥ {LEAST_TREES} trees, in 90 % of all "
    "epochs ≥ 2 of all runs",
    partly="in half of them",
)
def decreasing_with_depth(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 12."""
    found = []
    for epochs in evidence.runs.epochs("RNN"):
        for epoch in epochs[2:]:
            depths = epoch.depths(LEAST_TREES)
            found.append(spearman(depths, [epoch.median(depth) for depth in depths]))
    falling = sum(rho <= -0.9 for rho in found)
    known = [rho for rho in found if rho == rho]
    spread = f"; Spearman {correlations([min(known)])} to {correlations([max(known)])}" if known else ""
    return *in_shares(falling, len(found), (9, 10), (1, 2)), f"in {falling} of {len(found)} epochs{spread}"


@claim(
    20,
    "3.3",
    "Figure 7a suggests that the problem can become less serious after a long enough training time. [...] "
    "the RNN model still doesnot [sic] perform better than random guessing",
    holds="RNN, every run: in the last epoch the median ratio at depth 10 is ≥ 0.5 and dev accuracy ≤ 15 %",
    partly="the ratio ≥ 0.1, dev accuracy ≤ 15 %",
)
def recovered_and_still_guessing(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 20."""
    last = [epochs[-1] for epochs in at_depth(evidence.runs, "RNN", 10)]
    medians, dev = [epoch.median(10) for epoch in last], [epoch.dev_accuracy for epoch in last]
    guessing = all(accuracy <= 15 for accuracy in dev)
    holds, partly = (guessing and all(m >= least for m in medians) for least in (0.5, 0.1))
    shown = " ".join(f"{accuracy:.1f}" for accuracy in dev)
    return holds, partly, f"median at depth 10 {ratios(medians)}, dev accuracy {shown} %"


def last(epochs: list[Epoch]) -> list[Epoch]:
    """Return the last three epochs of training, the last one first."""
    return epochs[:0:-1][:3]


@claim(
    13,
    "3.3, Fig. 6",
    "Many gradients explode in epoch 2, but stabilize later.",
    holds="RLSTM, in 4 of 5 runs: over the epochs from 1 on, the share of ratios > 2 among all training "
    "trees peaks at epoch 2, there is ≥ 5 × that of epoch 1, and its mean over the last three epochs is ≤ "
    "half the peak",
    partly="the same with the peak at epoch 2, 3 or 4",
)
def exploding_then_stable(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 13."""
    at_two, at_two_to_four, texts = 0, 0, []
    for epochs in evidence.runs.epochs("RLSTM"):
        share = [number(epoch.ratios["above_2"]) for epoch in epochs[1:]]
        k = int(np.argmax(share))
        peak, later = share[k], round(float(np.mean(share[-3:])), 9)
        explodes = peak > 0 and peak >= round(5 * share[0], 9) and later <= peak / 2
        at_two += explodes and k == 1
        at_two_to_four += explodes and 1 <= k <= 3
        texts.append(f"epoch {k + 1}: {share[0]:.2%} → {peak:.2%} → {later:.2%}")
    holds, partly = (in_share(n, len(texts), (4, 5)) for n in (at_two, at_two_to_four))
    return holds, partly, f"peak by run (share in epoch 1 → peak → end) {', '.join(texts)}"


@claim(
    14,
    "Fig. 6",
    "Gradients do not vanish, even at depth 12 and 13.",
    holds="RLSTM, every run, each of the last three epochs, 2,000 extra evaluation trees each of keyword "
    "depth 12 and 13: the lower 99 % bootstrap bound of the median ratio is ≥ 0.1, and ≥ 10 × the median of "
    "the RNN's run of the same number, last epoch beside last epoch",
    partly="one of the two, at both depths",
)
def not_vanishing_at_depth_12_and_13(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 14."""
    pairs = list(zip(*(evidence.runs.epochs(model) for model in ("RLSTM", "RNN")), strict=True))
    texts, large, larger = [], True, True
    for depth in (12, 13):
        lower = [[_extra(e, depth, "lower") for e in last(epochs)] for epochs, _ in pairs]
        other = [[_extra(e, depth, "median") for e in last(epochs)] for _, epochs in pairs]
        large &= all(low >= 0.1 for run in lower for low in run)
        larger &= all(
            low >= 10 * rnn
            for run, others in zip(lower, other, strict=True)
            for low, rnn in zip(run, others, strict=False)
        )
        texts.append(
            f"depth {depth}: lowest bound by run {ratios(map(min, lower))}, RNN's largest median "
            f"{ratios(map(max, other))}"
        )
    return large and larger, large or larger, "; ".join(texts)


def _extra(epoch: Epoch, depth: int, value: str) -> float:
    found: dict[str, Any] | None = epoch.extra.get(str(depth))
    if found is None:
        raise NoRows(f"no extra evaluation trees of keyword depth {depth}", "gradient")
    return number(found[value])


@claim(
    15,
    "3.3",
    "This is, interestingly, concurrent with the performance of the RLSTM model on the development set (see "
    "Figure 7b).",
    holds="RLSTM, in 4 of 5 runs: the epoch in which the median ratio at depth 10 rises most and the one in "
    "which dev accuracy rises most, counted from epoch 0 on, are at most one apart",
    partly="in 3 of 5",
)
def concurrent_with_dev_accuracy(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 15."""
    together, texts = 0, []
    for epochs in at_depth(evidence.runs, "RLSTM", 10):
        ratio = _largest_rise([epoch.median(10) for epoch in epochs])
        accuracy = _largest_rise([epoch.dev_accuracy for epoch in epochs])
        together += ratio is not None and accuracy is not None and abs(ratio - accuracy) <= 1
        texts.append(f"{ratio or 'none'} and {accuracy or 'none'}")
    text = f"epochs of the largest rise, ratio and accuracy, by run: {', '.join(texts)}"
    return *in_shares(together, len(texts), (4, 5), (3, 5)), text


def _largest_rise(values: Sequence[float]) -> int | None:
    """Return the epoch with the largest increase over the one before; None if nothing ever increases."""
    steps = np.diff(values)
    known = np.where(np.isfinite(steps), steps, -np.inf)
    return int(np.argmax(known)) + 1 if known.size and known.max() > 0 else None


@claim(
    18,
    "3.3",
    "we can see that the RLSTM model is more capable of transmitting error signals to leaf nodes",
    holds="in every run and each of the last three epochs, the RLSTM's median ratio is above that of the "
    "RNN's run of the same number, at every keyword depth ≥ 5 that a training tree has",
    partly="so at more than half of these depths",
)
def rlstm_transmits_better(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 18."""
    rlstm, rnn = (evidence.runs.epochs(model) for model in ("RLSTM", "RNN"))
    pairs = [
        pair
        for one, other in zip(rlstm, rnn, strict=True)
        for pair in zip(last(one), last(other), strict=False)
    ]
    depths = sorted({depth for pair in pairs for epoch in pair for depth in epoch.depths() if depth >= 5})
    if not depths:
        raise NoRows("no training tree of keyword depth 5 or more", "gradient")
    lost = [depth for depth in depths if not all(_above(pair, depth) for pair in pairs)]
    won = len(depths) - len(lost)
    text = f"at {won} of the {len(depths)} depths {depths[0]} to {depths[-1]}"
    text += f"; not at {', '.join(map(str, lost))}" if lost else ""
    counts = " ".join(str(sum(_above(pair, depth) for pair in pairs)) for depth in depths)
    return not lost, 2 * won > len(depths), f"{text} (of {len(pairs)} epochs above in {counts})"


def _above(pair: tuple[Epoch, Epoch], depth: int) -> bool:
    return pair[0].median(depth) > pair[1].median(depth)


@claim(
    19,
    "abstract",
    "We further show that a ratio of gradients (at the root node and a focal leaf node) is highly "
    "indicative of the success of backpropagation at optimizing the relevant weights low in the tree.",
    holds="Spearman(log median ratio over trees of keyword depth ≥ 8, dev accuracy) ≥ 0.7 over all runs and "
    "epochs from 1 on of both models",
    partly="≥ 0.5",
)
def ratio_tells_success(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 19."""
    points = {
        model: [
            (_log(number(epoch.ratios["median_from_8"])), epoch.dev_accuracy)
            for epochs in evidence.runs.epochs(model)
            for epoch in epochs[1:]
        ]
        for model in MODELS
    }
    both = [point for model in MODELS for point in points[model]]
    rho = _correlation(both)
    alone = ", ".join(f"{model} alone {correlations([_correlation(points[model])])}" for model in MODELS)
    text = f"Spearman {correlations([rho])} over {len(both)} epochs ({alone})"
    return rho >= 0.7, rho >= 0.5, text


def _correlation(points: list[tuple[float, float]]) -> float:
    return spearman([ratio for ratio, _ in points], [accuracy for _, accuracy in points])


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else (-math.inf if ratio == 0 else math.nan)


@claim(
    16,
    "3.3",
    "in the Stanford Sentiment Treebank, more than three quarters of leaf nodes are at depths less than 10",
    holds="> 75 % of the leaves of its train, dev and test trees have a depth below 10, the root at depth 0",
    partly=None,
)
def leaves_of_the_treebank(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 16."""
    measured = evidence.treebank
    if measured is None:
        raise NoRows("the Stanford Sentiment Treebank has not been measured", "claims --treebank DIR")
    share, other = (measured[f"share_root_{k}"] for k in (0, 1))
    text = f"{share:.1%} of {measured['leaves']:,} leaves with the root at depth 0; {other:.1%} with it at 1"
    return share > 0.75, False, text
