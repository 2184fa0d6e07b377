"""Claims 18 and 19: the gradient ratios of both models compared, with each other and with success."""

from __future__ import annotations

import math

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.gradient_rlstm import last
from experiments.paper.criteria.numbers import correlations, spearman
from experiments.paper.settings import MODELS
from experiments.paper.stored import Epoch, NoRows
from experiments.sweep.rows import number


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
