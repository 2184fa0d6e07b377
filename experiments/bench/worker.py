"""One section of the benchmark, in a process of its own: ``python -m experiments.bench.worker SECTION``.

Prints its result as JSON. Thread counts are read when the libraries are loaded, so the process is started
with them in its environment (`experiments.bench.process`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
from experiments.bench import cells, chains, growth, memory, passes, phases, rows, sentiment, turns
from experiments.bench.agreement import DisagreementError
from experiments.bench.libraries import NotOneThreadError, libraries
from experiments.bench.systems import Minigrad, installed
from experiments.bench.workload import CONFIGS, D, minibatches, new_model, vocabulary
from models import Forest


def measure_rows(quick: bool) -> dict[str, Any]:
    """Time every system; say on which libraries, after making sure that they keep to one thread."""
    _torch_in_one_thread()
    plan = _plan(quick)
    found = libraries()
    with tqdm(total=plan.rounds * len(CONFIGS), desc="training steps", unit="round", disable=None) as bar:
        return {**rows.measure(plan, advance=bar.update), "libraries": found}


def measure_breakdown(quick: bool) -> list[dict[str, Any]]:
    """Time the phases of compiled steps."""
    plan = _plan(quick)
    with tqdm(total=len(CONFIGS), desc="phases", unit="config", disable=None) as bar:
        return phases.measure(plan.minibatches, plan.rounds * plan.passes, advance=bar.update)


def measure_passes(quick: bool) -> list[dict[str, Any]]:
    """Time compiled steps with a pass of the compiler left out."""
    plan, configs = _plan(quick), passes.COMPARED[:1] if quick else passes.COMPARED
    with tqdm(total=len(configs), desc="passes", unit="config", disable=None) as bar:
        return passes.measure(plan.minibatches, plan.rounds * plan.passes, configs, bar.update)


def measure_cells(quick: bool) -> list[dict[str, Any]]:
    """Time every cell for trees."""
    plan = _plan(quick)
    total = len(cells.CELLS) + plan.rounds
    with tqdm(total=total, desc="cells", unit="turn", disable=None) as bar:
        return cells.measure(plan, advance=bar.update)


def measure_chains(quick: bool) -> list[dict[str, Any]]:
    """Time the LSTM over chains."""
    _torch_in_one_thread()
    plan = _plan(quick)
    with tqdm(total=plan.rounds, desc="chains", unit="round", disable=None) as bar:
        return chains.measure(plan, advance=bar.update)


def measure_sentiment(quick: bool) -> list[dict[str, Any]]:
    """Time training with a class at every node."""
    with tqdm(total=len(sentiment.COMPARED), desc="sentiment", unit="model", disable=None) as bar:
        return sentiment.measure(3 if quick else 15, advance=bar.update)


def measure_growth(quick: bool) -> list[dict[str, Any]]:
    """Time ever larger graphs."""
    parts, rounds = (growth.QUICK, 1) if quick else (growth.FULL, 2)
    total = sum(len(what) * len(sizes) * rounds for what, sizes in parts)
    with tqdm(total=total, desc="growth", unit="graph", disable=None) as bar:
        return [entry for what, sizes in parts for entry in growth.measure(what, sizes, rounds, bar.update)]


def measure_first_step(quick: bool) -> dict[str, float]:
    """Time this process's first training step in mode level, which compiles or loads every kernel."""
    system, forest = _first("level")
    return {"first": _seconds(system.step, forest), "second": _seconds(system.step, forest)}


def measure_first_use(quick: bool) -> dict[str, float]:
    """Time this process's first compiled fold, the rest of a training step, and a step after that."""
    system, forest = _first("compiled")
    vectors = mg.tensor(np.ones((len(forest.leaves), D), np.float32), requires_grad=True)
    cell = new_model("RLSTM", forest.vocabulary).cell

    def fold() -> None:
        h = mg.fold(cell, forest, vectors, "compiled").h
        h.backward(np.ones(h.shape, h.dtype))

    times = {"cell_s": _seconds(fold)}
    return {**times, "rest_s": _seconds(system.step, forest), "next_step_s": _seconds(system.step, forest)}


def _plan(quick: bool) -> turns.Plan:
    return turns.QUICK if quick else turns.FULL


def _torch_in_one_thread() -> None:
    if installed("torch"):
        import torch

        torch.set_num_threads(1)  # its MKL is linked in, out of threadpoolctl's sight


def _first(mode: str) -> tuple[Minigrad, Forest]:
    words, config = vocabulary(), CONFIGS[0]
    (forest,) = minibatches(config, 1, words)
    return Minigrad(new_model(config.cell, words), mode), forest


def _seconds(function: Callable[..., object], *arguments: Any) -> float:
    start = time.perf_counter()
    function(*arguments)
    return round(time.perf_counter() - start, 4)


SECTIONS: dict[str, Callable[[bool], Any]] = {
    "rows": measure_rows,
    "breakdown": measure_breakdown,
    "passes": measure_passes,
    "cells": measure_cells,
    "chains": measure_chains,
    "sentiment": measure_sentiment,
    "growth": measure_growth,
    "first-step": measure_first_step,
    "first-use": measure_first_use,
}


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", choices=[*SECTIONS, "memory"])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--system", help="whose memory is measured")
    args = parser.parse_args()
    warnings.simplefilter("error", mg.CompileWarning)  # or level would be timed under the name compiled
    try:
        measured = memory.measure(args.system) if args.system else SECTIONS[args.section](args.quick)
        print(json.dumps(measured))
    except (DisagreementError, NotOneThreadError, mg.CompileWarning) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
