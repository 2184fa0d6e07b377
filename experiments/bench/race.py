"""Training steps of several systems, timed in turns: microseconds per node, share of the peak."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.bench.agreement import check
from experiments.bench.peak import fma_peak, training_flop
from experiments.bench.systems import Builder
from experiments.bench.workload import Config, computed, minibatches, new_model
from experiments.training.step import no_collection

Document = dict[str, list[dict[str, Any]]]

WARM_UP = 0.02
SPREAD = ("min", "quartile_1", "median", "quartile_3")


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    A *pass* trains on every minibatch once and gives one sample. A round makes `passes` passes of each fast
    entrant, taking turns, and one of each slow one. Before a pass come steps that are not timed, for
    `WARM_UP` seconds, one at least: during the others' turns a system's arrays have left the cache, and a
    processor that has not used its widest vectors for a while is slower at them for some milliseconds.
    Training goes on for minutes.
    """

    minibatches: int
    rounds: int
    passes: int


PLANS = {True: Plan(minibatches=3, rounds=3, passes=3), False: Plan(minibatches=8, rounds=9, passes=5)}


@dataclass(frozen=True)
class Entrant:
    """Who takes part: a system, what it trains, and whether one pass of it in a round is enough."""

    name: str
    config: Config
    build: Builder
    slow: bool = False

    def key(self) -> dict[str, object]:
        """Return the entries that identify this entrant in a JSON row."""
        return {"system": self.name, **self.config.key()}


@dataclass(frozen=True)
class Lane:
    """An entrant at the start: its training step, and the minibatches of a pass in the form that it takes."""

    step: Callable[[Any], object]
    batches: Sequence[Any]
    slow: bool = False


def race(key: str, plan: Plan, entrants: Sequence[Entrant], checked: bool = True) -> Document:
    """Check that all compute the same as mode level, and time their training steps.

    Returns
    -------
    dict of lists with an entry for each
        Under `key`: the median "us_per_node"; "peak_share", of the multiply-adds that one thread can do, by
        the median of what was measured after every round, so that both see the same clock;
        "trees_per_second"; "ratio", the time over the first entrant's. Under "spread": quartiles over the
        passes. Under "agreement": the largest differences from mode level.

    Raises
    ------
    BenchError
        If an entrant does not compute the same.
    """
    found: Document = {key: [], "spread": [], "agreement": []}
    lanes, work = [], []
    for entrant in entrants:
        config, forests = entrant.config, minibatches(entrant.config, plan.minibatches)
        if checked:
            seen = check(entrant.name, entrant.build, config, forests[0])
            found["agreement"].append({**entrant.key(), **seen})
        system = entrant.build(new_model(config))
        lanes.append(Lane(system.step, [system.prepare(forest) for forest in forests], entrant.slow))
        nodes = sum(computed(forest) for forest in forests)
        work.append((nodes, sum(training_flop(config, forest) for forest in forests)))
    peaks: list[float] = []
    samples = take_turns(plan, lanes, lambda: peaks.append(fma_peak()))
    for entrant, (nodes, flop), seconds in zip(entrants, work, samples, strict=True):
        quartiles = (np.percentile(seconds, [0, 25, 50, 75]) / nodes * 1e6).round(3).tolist()
        spread = dict(zip(SPREAD, quartiles, strict=True))
        found["spread"].append({**entrant.key(), "samples": len(seconds), **spread})
        time = spread["median"]
        entry = {
            "us_per_node": time,
            "peak_share": round(flop / nodes / time / (float(np.median(peaks)) * 1e3), 4),
            "trees_per_second": round(plan.minibatches * entrant.config.batch / nodes / time * 1e6),
            "ratio": round(time / found["spread"][0]["median"], 3),
        }
        found[key].append({**entrant.key(), **entry})
    return found


def merged(parts: Iterable[Document]) -> Document:
    """Return one document with the entries of all."""
    found: Document = {}
    for part in parts:
        for key, entries in part.items():
            found.setdefault(key, []).extend(entries)
    return found


def take_turns(plan: Plan, lanes: Sequence[Lane], end_round: Callable[[], object]) -> list[list[float]]:
    """Return the seconds of every pass of every lane; `end_round` is called after every round."""
    samples: list[list[float]] = [[] for _ in lanes]

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

    fast = [k for k, lane in enumerate(lanes) if not lane.slow]
    for k in fast:
        one_pass(lanes[k])  # warms the caches, and compiles what has not been run before
    for _ in range(plan.rounds):
        for k in fast * plan.passes + [k for k, lane in enumerate(lanes) if lane.slow]:
            samples[k].append(one_pass(lanes[k]))
        end_round()
    return samples
