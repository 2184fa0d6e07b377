"""Claims 1 to 9 and 17: accuracy against sentence length (Figure 3) and keyword depth (Figure 4)."""

from __future__ import annotations

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.numbers import (
    CHANCE_BOUND,
    NAMES,
    Accuracies,
    difference,
    in_share,
    length_name,
)
from experiments.paper.settings import DATASETS


@claim(
    1,
    "3.1",
    "We can see that the RNN model performs reasonably well on very short sentences (less than 11 tokens).",
    holds="B(RNN) ≥ 70 % on 1–10 tokens",
    partly="≥ 50 %",
)
def rnn_on_short_sentences(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 1."""
    rnn = Accuracies(evidence.runs, "length", "RNN", [1])
    best = rnn.best[1]
    return best >= 70, best >= 50, f"B {best:.1f} % (runs {_runs(rnn.runs[1])})"


@claim(
    2,
    "3.1",
    "However, when the sentence length exceeds 10, the RNN's performance drops so quickly that the "
    "difference between it and the random guess' performance (10%) is negligible.",
    holds="B(RNN) ≤ 15 % on each dataset from 11–20 tokens on",
    partly="only 11–20 above, up to 35 %",
)
def rnn_guesses_from_11_tokens_on(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 2."""
    rnn = Accuracies(evidence.runs, "length", "RNN", DATASETS[1:])
    best = rnn.best
    rest = all(best[i] <= 15 for i in DATASETS[2:])
    return rest and best[2] <= 15, rest and best[2] <= 35, f"B {rnn.text(best)} %"


@claim(
    3,
    "3.1",
    "On the other hand, the RLSTM model achieves more than 90% accuracy on sentences shorter than 31 tokens.",
    holds="M(RLSTM) > 90 % on each of 1–10, 11–20, 21–30 tokens (the median is our reading)",
    partly="on two of the three",
)
def rlstm_below_31_tokens(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 3."""
    rlstm = Accuracies(evidence.runs, "length", "RLSTM", DATASETS[:3])
    above = sum(m > 90 for m in rlstm.median.values())
    return above == 3, above == 2, f"M {rlstm.text(rlstm.median)} %"


@claim(
    4,
    "3.1",
    "Its performance drops when the sentence length increases, but is still substantially better than the "
    "random guess when the sentence length does not exceed 70.",
    holds="M(RLSTM) ≥ 20 % on each of the four datasets from 31–40 to 61–70 tokens",
    partly="on three of the four",
)
def rlstm_up_to_70_tokens(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 4."""
    rlstm = Accuracies(evidence.runs, "length", "RLSTM", DATASETS[3:7])
    above = sum(m >= 20 for m in rlstm.median.values())
    return above == 4, above == 3, f"M {rlstm.text(rlstm.median)} %"


@claim(
    5,
    "3.1",
    "When the sentence length exceeds 70, both the RLSTM and RNN perform similarly.",
    holds="M(RLSTM) and M(RNN) within 3 points on each of 71–80, 81–90, 91–100 tokens",
    partly="on two of the three",
)
def both_alike_above_70_tokens(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 5."""
    rlstm, rnn = (Accuracies(evidence.runs, "length", m, DATASETS[7:]).median for m in ("RLSTM", "RNN"))
    near = sum(abs(difference(rlstm[i], rnn[i])) <= 3 for i in rlstm)
    pairs = ", ".join(f"{length_name(i)}: {rlstm[i]:.1f} and {rnn[i]:.1f}" for i in rlstm)
    return near == 3, near == 2, f"M(RLSTM) and M(RNN) {pairs} %"


def _runs(values: list[float]) -> str:
    return " ".join(f"{value:.1f}" for value in values)


@claim(
    6,
    "3.2",
    "As we can see, the RNN model achieves very high accuracies when the keyword depth does not exceed 3.",
    holds="B(RNN) ≥ 95 % on depths 1–2 and 2–3",
    partly="on one of them",
)
def rnn_on_shallow_keywords(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 6."""
    rnn = Accuracies(evidence.runs, "depth", "RNN", DATASETS[:2])
    high = sum(b >= 95 for b in rnn.best.values())
    return high == 2, high == 1, f"B {rnn.text(rnn.best)} %"


@claim(
    7,
    "3.2",
    "Its performance then drops rapidly and gets close to the performance of the random guess.",
    holds="B(RNN) falls by ≥ 50 points from depths 2–3 to 5–6, and is ≤ 15 % from 6–7 on",
    partly="one of the two",
)
def rnn_drops_to_guessing(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 7."""
    rnn = Accuracies(evidence.runs, "depth", "RNN", DATASETS[1:])
    best = rnn.best
    fall = difference(best[2], best[5])
    met = (fall >= 50) + all(best[i] <= 15 for i in DATASETS[5:])
    return met == 2, met == 1, f"falls by {fall:.1f} points; B {rnn.text(best)} %"


@claim(
    8,
    "3.2",
    "By contrast, the RLSTM model performs at above 90% accuracy until the depth of the keyword reaches 8.",
    holds="M(RLSTM) > 90 % on each of the seven datasets from depths 1–2 to 7–8",
    partly="on at least five of the seven",
)
def rlstm_until_depth_8(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 8."""
    rlstm = Accuracies(evidence.runs, "depth", "RLSTM", DATASETS[:7])
    above = sum(m > 90 for m in rlstm.median.values())
    return above == 7, above >= 5, f"M {rlstm.text(rlstm.median)} %"


@claim(
    9,
    "3.2",
    "It has difficulty dealing with larger depths, but the performance is always better than the random "
    "guess.",
    holds=f"all runs of the RLSTM > {CHANCE_BOUND} %, the 99 % bound of guessing, on all ten datasets",
    partly=f"M(RLSTM) > {CHANCE_BOUND} % on all",
)
def rlstm_never_guesses(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 9."""
    rlstm = Accuracies(evidence.runs, "depth", "RLSTM", DATASETS)
    every_run = all(min(values) > CHANCE_BOUND for values in rlstm.runs.values())
    medians = all(m > CHANCE_BOUND for m in rlstm.median.values())
    lowest = min(min(values) for values in rlstm.runs.values())
    return every_run, medians, f"lowest run {lowest:.1f} %; M {rlstm.text(rlstm.median)} %"


@claim(
    17,
    "abstract",
    "we demonstrate that RNNs nevertheless suffer from the vanishing gradient and long distance dependency "
    "problem, and that RLSTMs greatly improve over RNN's on these problems",
    holds="M(RLSTM) > B(RNN) on every dataset of Experiments 1 and 2 where either exceeds 15 %, if there is "
    "one",
    partly="on at least 90 % of them",
)
def rlstm_improves_over_rnn(evidence: Evidence) -> tuple[bool, bool, str]:
    """Decide claim 17."""
    counted, lost = 0, []
    for experiment, name in NAMES.items():
        rlstm = Accuracies(evidence.runs, experiment, "RLSTM", DATASETS).median
        rnn = Accuracies(evidence.runs, experiment, "RNN", DATASETS).best
        for i in DATASETS:
            if max(rlstm[i], rnn[i]) > 15:
                counted += 1
                if not rlstm[i] > rnn[i]:
                    lost.append(f"{experiment} {name(i)}: {rlstm[i]:.1f} and {rnn[i]:.1f} %")
    won = counted - len(lost)
    text = f"on {won} of {counted} datasets" + (f"; not on {', '.join(lost)}" if lost else "")
    return counted > 0 and won == counted, in_share(won, counted, (9, 10)), text
