"""One section of the benchmark, in a process of its own: ``python -m experiments.bench.worker SECTION``.

Prints its result as JSON. Thread counts are read when the libraries are loaded, so the process is started
with them in its environment (`experiments.bench.process`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from tqdm import tqdm

from experiments.bench import growth, rows
from experiments.bench.agreement import DisagreementError
from experiments.bench.libraries import NotOneThreadError, libraries
from experiments.bench.systems import builders, torch_installed
from experiments.bench.workload import CONFIGS, minibatches, new_model, vocabulary


def measure_rows(quick: bool) -> dict[str, Any]:
    """Time every system; say on which libraries, after making sure that they keep to one thread."""
    if torch_installed():
        import torch

        torch.set_num_threads(1)  # its MKL is linked in, out of threadpoolctl's sight
    plan = rows.QUICK if quick else rows.FULL
    found = libraries()
    with tqdm(total=plan.rounds * len(CONFIGS), desc="training steps", unit="round", disable=None) as bar:
        return {**rows.measure(plan, advance=bar.update), "libraries": found}


def measure_growth(quick: bool) -> list[dict[str, Any]]:
    """Time ever larger graphs."""
    sizes, rounds = (growth.QUICK_SIZES, 1) if quick else (growth.SIZES, 2)
    total = len(growth.WHAT) * len(sizes) * rounds
    with tqdm(total=total, desc="growth", unit="graph", disable=None) as bar:
        return growth.measure(sizes, rounds, bar.update)


def measure_first_step(quick: bool) -> dict[str, float]:
    """Time this process's first training step, which compiles or loads every kernel, and its second."""
    words, config = vocabulary(), CONFIGS[0]
    (forest,) = minibatches(config, 1, words)
    system = builders()["minigrad-level"](new_model(config.cell, words))
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        system.step(forest)
        seconds.append(round(time.perf_counter() - start, 4))
    return dict(zip(("first", "second"), seconds, strict=True))


SECTIONS = {"rows": measure_rows, "growth": measure_growth, "first-step": measure_first_step}


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    try:
        print(json.dumps(SECTIONS[args.section](args.quick)))
    except (DisagreementError, NotOneThreadError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
