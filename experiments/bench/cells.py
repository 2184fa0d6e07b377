"""Every cell for trees: microseconds per inner node of a compiled training step, and its share of peak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.bench.agreement import check
from experiments.bench.peak import fma_peak, training_flop
from experiments.bench.systems import Minigrad, builders
from experiments.bench.turns import Lane, Plan, take_turns
from experiments.bench.workload import Config, minibatches, new_model, vocabulary
from models import TREE_CELLS

CELLS = tuple(TREE_CELLS)
YARDSTICK = "RLSTM"
LENGTHS, BATCH = (1, 100), 10


def measure(
    plan: Plan, cells: Sequence[str] = CELLS, advance: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Return an entry per cell; "of_rlstm" is its share of the peak as a multiple of the RLSTM's.

    All cells train on the same trees, in turns, after each has been checked to compute what it computes in
    mode level. The peak is the median over all rounds.

    Parameters
    ----------
    plan : Plan
    cells : sequence of str
        Among them the RLSTM.
    advance : function
        Called when a cell has been checked, and after every round.

    Raises
    ------
    DisagreementError
        If a cell does not compute the same.
    """
    words = vocabulary()
    configs = [Config(cell, LENGTHS, BATCH) for cell in cells]
    forests = minibatches(configs[0], plan.minibatches, words)
    nodes = sum(len(forest.inner) for forest in forests)
    lanes, peaks = {}, []
    for cell in cells:
        build = builders(cell)
        check("minigrad-compiled", build["minigrad-compiled"], build["minigrad-level"], cell, forests[0])
        lanes[cell] = Lane(Minigrad(new_model(cell, words), "compiled").step, forests)
        advance()

    def end_round() -> None:
        peaks.append(fma_peak())
        advance()

    samples = take_turns(plan, lanes, end_round)
    seconds = {cell: float(np.median(passes)) for cell, passes in samples.items()}
    flop = {cell: sum(training_flop(cell, forest) for forest in forests) for cell in cells}
    share = {cell: flop[cell] / seconds[cell] / (float(np.median(peaks)) * 1e9) for cell in cells}
    return [
        {
            **config.key(),
            "us_per_node": round(seconds[config.cell] / nodes * 1e6, 3),
            "peak_share": round(share[config.cell], 4),
            "of_rlstm": round(share[config.cell] / share[YARDSTICK], 3),
        }
        for config in configs
    ]
