"""What each reason predicts, and what would refute it: criteria over the trials, like those of the claims."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from experiments.paper.causes.trials import CHOSEN, DEEP, TRIALS
from experiments.paper.criteria import CLAIMS, Decision, Evidence
from experiments.paper.criteria.gradient import at_depth
from experiments.paper.criteria.numbers import Accuracies, difference, in_share, ratios, spearman
from experiments.paper.settings import GRADIENT_DATASET
from experiments.paper.stored import Epoch, NoRows, Stored
from experiments.sweep.rows import number
from experiments.sweep.wording import FAILS, HOLDS
from experiments.training.summaries import median_at

Trials = Mapping[str, Stored]
Decide = Callable[[Trials], tuple[bool, str]]
MOST = (4, 5)  # of the runs


@dataclass(frozen=True)
class Prediction:
    """One outcome that a reason foretells; another one refutes it.

    Attributes
    ----------
    claims : tuple of int
        Those that the reason is about.
    text : str
    decide : function of the trials
        Returns whether it came out so, and the numbers.
    """

    claims: tuple[int, ...]
    text: str
    decide: Decide


def _median_of(rows: Stored, model: str) -> list[float]:
    """Return the median ratio at depth 10 in the last epoch, run by run."""
    return [epochs[-1].median(DEEP) for epochs in at_depth(rows, model, DEEP)]


def _losses(rows: Stored, model: str) -> list[float]:
    """Return the training loss of the last epoch, run by run."""
    return [number(run.rows[-1]["loss"]) for run in rows.complete("gradient", GRADIENT_DATASET, model)]


def _beside(trials: Trials, name: str) -> tuple[list[float], list[float]]:
    """Return the RNN's `_median_of` in the chosen trial and in another; raise NoRows if runs miss."""
    usual, other = (_median_of(trials[trial], "RNN") for trial in (CHOSEN, name))
    if len(usual) != len(other):
        raise NoRows(f"{len(other)} runs of {name} beside {len(usual)} of {CHOSEN}", "causes")
    return usual, other


def _fresh_sentences(trials: Trials) -> tuple[bool, str]:
    usual, fresh = _beside(trials, "fresh")
    small = sum(one <= other / 3 for one, other in zip(fresh, usual, strict=True))
    losses = (ratios(_losses(trials[name], "RNN")) for name in ("fresh", CHOSEN))
    text = f"{ratios(fresh)} beside {ratios(usual)} (training loss {' beside '.join(losses)})"
    return in_share(small, len(usual), MOST), text


def _shuffled_labels(trials: Trials) -> tuple[bool, str]:
    usual, shuffled = _beside(trials, "shuffled")
    near = sum(one >= other / 2 for one, other in zip(shuffled, usual, strict=True))
    losses = ratios(_losses(trials["shuffled"], "RNN"))
    text = f"{ratios(shuffled)} beside {ratios(usual)} (training loss {losses})"
    return in_share(near, len(usual), MOST), text


def _decided(id: int, rows: Stored) -> Decision:
    """Return the decision about a claim of the paper by the rows of a trial; raise NoRows if some miss."""
    (claim,) = [claim for claim in CLAIMS if claim.id == id]
    decision = claim.decide(Evidence(rows, Stored([])))
    if decision.command is not None:
        raise NoRows(decision.measured, decision.command)
    return decision


def _claim(id: int, trial: str) -> Decide:
    """Return the decision whether a claim of the paper holds in a trial."""

    def decide(trials: Trials) -> tuple[bool, str]:
        decision = _decided(id, trials[trial])
        return decision.verdict == HOLDS, f"{decision.verdict}: {decision.measured}"

    return decide


def _dev_rises_steadily(trials: Trials) -> tuple[bool, str]:
    found = []
    for run in trials[CHOSEN].complete("gradient", GRADIENT_DATASET, "RNN"):
        rows = run.epoch_rows[1:]
        medians = [median_at([row["ratios"]["dev"]], DEEP) for row in rows]
        found.append(spearman([row["epoch"] for row in rows], medians))
    steady = sum(rho >= 0.9 for rho in found)
    return in_share(steady, len(found), MOST), f"Spearman by run {ratios(found)}"


def _shares(epochs: Sequence[Epoch]) -> list[float]:
    return [number(epoch.ratios["above_2"]) for epoch in epochs[1:]]


def _stabilises(trials: Trials) -> tuple[bool, str]:
    texts, stable = [], 0
    for epochs in trials["fresh"].epochs("RLSTM"):
        share = _shares(epochs)
        peak, later = max(share), statistics.fmean(share[-3:])
        stable += peak > 0 and later <= peak / 2
        texts.append(f"{peak:.1%} → {later:.1%}")
    return in_share(stable, len(texts), MOST), f"share of ratios > 2, peak → end: {', '.join(texts)}"


def _peak_when_it_learns(trials: Trials) -> tuple[bool, str]:
    texts, everywhere, any_learns = [], True, False
    for name, trial in TRIALS.items():
        if name == "shuffled" or not trial.trains("gradient", "RLSTM"):
            continue
        pairs = []
        for epochs in trials[name].epochs("RLSTM"):
            if max(epoch.dev_accuracy for epoch in epochs) >= 50:
                share, accuracy = _shares(epochs), [epoch.dev_accuracy for epoch in epochs]
                rise = max(range(1, len(accuracy)), key=lambda k: accuracy[k] - accuracy[k - 1])
                pairs.append((share.index(max(share)) + 1, rise))
        near = sum(abs(peak - rise) <= 1 for peak, rise in pairs)
        everywhere &= not pairs or in_share(near, len(pairs), MOST)
        any_learns |= bool(pairs)
        texts.append(f"{name} {' '.join(f'{peak}/{rise}' for peak, rise in pairs) or 'no run learns'}")
    return any_learns and everywhere, f"epoch of the peak / of the largest rise: {'; '.join(texts)}"


def _first_epoch(trials: Trials) -> tuple[bool, str]:
    of = {name: _decided(10, trials[name]) for name in ("words", "separate", "glorot", "optimiser")}
    text = "; ".join(f"{name}: {decision.measured}" for name, decision in of.items())
    return all(decision.verdict != HOLDS for decision in of.values()), text


def _without_eps(trials: Trials) -> tuple[bool, str]:
    of = {name: _decided(10, trials[name]) for name in ("sgd", "once")}
    text = "; ".join(f"{name}: {decision.verdict}: {decision.measured}" for name, decision in of.items())
    return all(decision.verdict == FAILS for decision in of.values()), text


def _lengths(trials: Trials, name: str) -> tuple[dict[int, float], str]:
    found = Accuracies(trials[name], "length", "RLSTM", (7, 8, 9))
    return found.median, f"{name}: {found.text(found.median)}"


def _long_sentences(trials: Trials) -> tuple[bool, str]:
    (usual, one), (authors, other) = (_lengths(trials, name) for name in (CHOSEN, "optimiser"))
    fall = authors[7] >= 20 and all(authors[k] <= 15 and usual[k] >= 20 for k in (8, 9))
    return fall, f"M {other} %; {one} %"


def _depths(trials: Trials, name: str) -> Accuracies:
    return Accuracies(trials[name], "depth", "RNN", (2, 3, 5))


def _shallow(trials: Trials) -> tuple[bool, str]:
    names = (CHOSEN, "words", "separate", "separate-words")
    of = {name: _depths(trials, name) for name in names}
    text = "; ".join(f"{name}: {found.text(found.best)}" for name, found in of.items())
    best = {name: found.best[2] for name, found in of.items()}
    return all((best[name] >= 80) == (name == "separate-words") for name in names), f"B {text} %"


def _shallow_with_more(trials: Trials) -> tuple[bool, str]:
    found = _depths(trials, "separate-words-3")
    return found.best[2] >= 90, f"B {found.text(found.best)} %"


def _fall(trials: Trials) -> tuple[bool, str]:
    best = _depths(trials, "separate-words").best
    fall = difference(best[2], best[5])
    return fall >= 50, f"falls by {fall:.1f} points"


def _shallowest(trials: Trials) -> tuple[bool, str]:
    M = {name: Accuracies(trials[name], "depth", "RLSTM", (1,)).median[1] for name in (CHOSEN, "words")}
    rnn = Accuracies(trials[CHOSEN], "depth", "RNN", (1,)).best[1]
    text = f"M {M['words']:.1f} % beside {M[CHOSEN]:.1f} %; B(RNN) {rnn:.1f} %"
    return difference(M["words"], M[CHOSEN]) >= 0.5, text


_HEART = "The RNN's ratio recovers because it learns the training sentences by heart"
PREDICTIONS: Mapping[str, Sequence[Prediction]] = {
    _HEART: (
        Prediction(
            (11, 14, 18, 19, 20),
            "fresh: in 4 of 5 runs the RNN's median ratio at depth 10 in the last epoch is at most a third "
            "of that of the same run with the same sentences in all epochs",
            _fresh_sentences,
        ),
        Prediction(
            (11, 14, 18, 19, 20),
            "shuffled: in 4 of 5 runs it is at least half of it, though nothing can be learned but by heart",
            _shuffled_labels,
        ),
        Prediction((14,), "fresh: claim 14 holds", _claim(14, "fresh")),
        Prediction((18,), "fresh: claim 18 holds", _claim(18, "fresh")),
        Prediction((19,), "fresh: claim 19 holds", _claim(19, "fresh")),
    ),
    "What stops rising is the ratio of sentences known by heart": (
        Prediction(
            (11,),
            "chosen: on dev sentences Spearman(epoch, median ratio at depth 10) ≥ 0.9 in 4 of 5 runs of the "
            "RNN",
            _dev_rises_steadily,
        ),
    ),
    "The first epoch is the state before the first update, not a setting": (
        Prediction(
            (10,),
            "words, separate, glorot, optimiser: claim 10 holds in none of them",
            _first_epoch,
        ),
    ),
    "It is ε that keeps the ratios of the first epoch small (asked after the answer above)": (
        Prediction((10,), "eps: claim 10 holds", _claim(10, "eps")),
        Prediction((10,), "sgd and once: it does not, nor partly", _without_eps),
    ),
    "Gradients explode when the RLSTM learns, and stay large because it goes on by heart": (
        Prediction(
            (13,),
            "in each trial with true labels, in 4 of 5 runs of the RLSTM that learn, the share of ratios > 2 "
            "peaks within an epoch of the largest rise of the dev accuracy",
            _peak_when_it_learns,
        ),
        Prediction(
            (13,),
            "fresh: in 4 of 5 runs its mean over the last three epochs is at most half the peak",
            _stabilises,
        ),
    ),
    "The authors' optimiser ends learning above 70 tokens": (
        Prediction(
            (5,),
            "optimiser: M(RLSTM) ≥ 20 % on 61–70 tokens and ≤ 15 % on 71–80 and 81–90, where chosen has "
            "≥ 20 %",
            _long_sentences,
        ),
    ),
    "The RNN needs leaf matrices of their own and L2 on words, both": (
        Prediction((6,), "B(RNN) ≥ 80 % on depths 2–3 with both, less with one or none", _shallow),
        Prediction((6,), "separate-words-3: B(RNN) ≥ 90 % on depths 2–3", _shallow_with_more),
        Prediction((7,), "separate-words: B(RNN) falls by ≥ 50 points from depths 2–3 to 5–6", _fall),
    ),
    "Without L2 on words the RLSTM loses a little at the shallowest keywords": (
        Prediction(
            (17,),
            "words: M(RLSTM) on depths 1–2 is at least 0.5 points above that of chosen",
            _shallowest,
        ),
    ),
}
