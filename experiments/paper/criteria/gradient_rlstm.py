"""Claims 13, 14, 15: the RLSTM's gradient ratios (Experiment 3, Figures 6 and 7b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.gradient_rnn import at_depth
from experiments.paper.criteria.numbers import in_share, in_shares, ratios
from experiments.paper.stored import Epoch, NoRows
from experiments.sweep.rows import number


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
