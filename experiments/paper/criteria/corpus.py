"""Claim 16: how deep leaves lie in real sentences."""

from __future__ import annotations

from experiments.paper.criteria.claim import Evidence, claim
from experiments.paper.stored import NoRows


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
