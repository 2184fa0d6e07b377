"""Finished runs of the study without any training: accuracies by a function."""

from __future__ import annotations

from collections.abc import Callable

from experiments.paper.why.found import Found
from experiments.paper.why.plan import Part, Plan
from experiments.sweep import Job, Run

CPU_SECONDS = 36.0


def run_of(job: Job, accuracy: float) -> Run:
    """Return the run of a job as if it had been done, with this dev accuracy in percent."""
    timing = {"seconds": CPU_SECONDS, "cpu_seconds": CPU_SECONDS}
    result = {"dev_accuracy": accuracy / 100, "timing": timing}
    return Run(
        job.name, job.json, job.work, [{"kind": "epoch", "epoch": 7, "norms": {"keywords": 1.0}}], result, []
    )


def done(plan: Plan, accuracy: Callable[[Part, Job], float], parts: int | None = None) -> Found:
    """Do the first parts of a plan, by default all, one after another."""
    runs: list[Run] = []
    for part in plan.parts[:parts]:
        runs += [run_of(job, accuracy(part, job)) for job in plan.jobs(part, Found(runs))]
    return Found(runs)
