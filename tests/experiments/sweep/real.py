"""The command line of the experiments, with a checkpoint after every epoch.

Runs at the scale "smoke" are over before the five seconds between two checkpoints have passed; here, a run
that is killed goes on from its middle.
"""

from __future__ import annotations

import dataclasses
import sys

from experiments import sweep
from experiments.__main__ import main
from experiments.paper import run
from experiments.training import recorded


def perform(settings, recorder) -> None:
    """Do a run of the experiments."""
    recorded.CHECKPOINT_EVERY = 0.0
    run.perform(settings, recorder)


if __name__ == "__main__":
    original = sweep.run
    sweep.run = lambda jobs, *args, **options: original(
        [dataclasses.replace(job, perform="tests.experiments.sweep.real:perform") for job in jobs],
        *args,
        **options,
    )
    sys.exit(main())
