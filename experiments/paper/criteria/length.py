"""Claims 1 to 5: accuracy against the length of the sentence (Experiment 1, Figure 3)."""

from __future__ import annotations

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.criteria.numbers import Accuracies, difference, length_name
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
