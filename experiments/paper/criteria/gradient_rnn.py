"""Claims 10, 11, 12, 20: the RNN's gradient ratios (Experiment 3, Figures 5 and 7a)."""

from __future__ import annotations

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.numbers import correlations, in_shares, ratios, spearman
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
