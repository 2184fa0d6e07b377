"""The paper's 21 claims, each with the criterion by which stored rows decide it.

The criteria are the project's, since the paper draws curves and describes them in words. Start with
`claim.py`, then `accuracy.py`.
"""

from experiments.paper.criteria import ablation, accuracy, gradient
from experiments.paper.criteria.claim import NO_ROWS, Claim, Decision, Evidence

_FOUND = (value for file in (accuracy, gradient, ablation) for value in vars(file).values())

CLAIMS: tuple[Claim, ...] = tuple(
    sorted((value for value in _FOUND if isinstance(value, Claim)), key=lambda claim: claim.id)
)

__all__ = ["CLAIMS", "NO_ROWS", "Claim", "Decision", "Evidence"]
