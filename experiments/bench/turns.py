"""Systems timed in turns, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from experiments.training.step import no_collection

WARM_UP = 0.02


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    A *pass* trains on every minibatch once and gives one sample. A round makes `passes` passes of each fast
    system, taking turns, and one of each slow system. Before a pass come steps that are not timed, for
    `WARM_UP` seconds, one at least: during the others' turns a system's arrays have left the cache, and a
    processor that has not used its widest vectors for a while is slower at them for some milliseconds.
    Training goes on for minutes.
    """

    minibatches: int
    rounds: int
    passes: int


FULL = Plan(minibatches=8, rounds=9, passes=5)
QUICK = Plan(minibatches=3, rounds=3, passes=3)


@dataclass(frozen=True)
class Lane:
    """One of those that take turns.

    Attributes
    ----------
    step : function of a minibatch
        A whole training step.
    batches : sequence
        The minibatches of a pass, in the form that `step` takes.
    """

    step: Callable[[Any], object]
    batches: Sequence[Any]


def take_turns(
    plan: Plan,
    lanes: Mapping[str, Lane],
    advance: Callable[[], object] = lambda: None,
    slow: Set[str] = frozenset(),
) -> dict[str, list[float]]:
    """Return the seconds of every pass, by the lanes' names; `advance` is called after every round."""
    samples: dict[str, list[float]] = {name: [] for name in lanes}

    def one_pass(lane: Lane) -> float:
        with no_collection():  # as the training loop does; it helps the peers too
            start = time.perf_counter()
            for batch in itertools.cycle(lane.batches):
                lane.step(batch)
                if time.perf_counter() - start >= WARM_UP:
                    break
            start = time.perf_counter()
            for batch in lane.batches:
                lane.step(batch)
            return time.perf_counter() - start

    fast = [name for name in lanes if name not in slow]
    turns = fast * plan.passes + [name for name in lanes if name in slow]
    for name in fast:
        one_pass(lanes[name])  # warms the caches, and compiles what has not been run before
    for _ in range(plan.rounds):
        for name in turns:
            samples[name].append(one_pass(lanes[name]))
        advance()
    return samples
