"""The claims under several settings, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.paper import claims
from experiments.paper.criteria import CLAIMS
from experiments.paper.named import Rows
from experiments.sweep.wording import table


def beside(rows: Sequence[Rows]) -> str:
    """Return a table in Markdown: a line for each claim, and a column of verdicts for each settings.

    A claim without the rows that decide it has the verdict "no rows".

    Raises
    ------
    SweepError
        If stored rows are damaged, or of another command.
    """
    columns = []
    for one in rows:
        evidence = claims.read(one.folder, one.ablation)
        columns.append([(claim, claim.decide(evidence)) for claim in CLAIMS])
    lines = [
        [str(claim.id), f"“{claim.sentence}” ({claim.where})", *(of[k][1].verdict for of in columns)]
        for k, claim in enumerate(CLAIMS)
    ]
    head = ["#", "the paper says", *(one.title for one in rows)]
    rule = "|---" * len(head) + "|"
    counts = [f"{one.title}: {claims.tally(of)}" for one, of in zip(rows, columns, strict=True)]
    return "\n".join(
        [table(f"| {' | '.join(head)} |\n{rule}", lines), "", *(f"- {count}" for count in counts)]
    )
