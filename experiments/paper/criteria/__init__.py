"""The paper's 21 claims, each with the criterion by which stored rows decide it.

The criteria are the project's: the paper draws curves and speaks in words. Start with `claim.py`, then
`length.py`.
"""

from experiments.paper.criteria import (
    ablation,
    corpus,
    depth,
    gradient_both,
    gradient_rlstm,
    gradient_rnn,
    length,
)
from experiments.paper.criteria.claim import NO_ROWS, Claim, Decision, Evidence

_FILES = (length, depth, gradient_rnn, gradient_rlstm, gradient_both, corpus, ablation)

CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        (value for file in _FILES for value in vars(file).values() if isinstance(value, Claim)),
        key=lambda claim: claim.id,
    )
)

__all__ = ["CLAIMS", "NO_ROWS", "Claim", "Decision", "Evidence"]
