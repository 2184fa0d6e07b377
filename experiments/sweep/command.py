"""A sweep as a command: its options, and what it does with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from experiments.dashboard.process import serving
from experiments.sweep.drive import Crew, drive, hire
from experiments.sweep.folder import Folder
from experiments.sweep.job import Job, natural_order
from experiments.sweep.lock import sweep_lock
from experiments.sweep.manifest import accounted
from experiments.sweep.output import writable_folder
from experiments.sweep.plan import SHOWN, Plan, make_plan, prepare
from experiments.sweep.progress import Progress, expected
from experiments.sweep.table import packing
from experiments.sweep.worker import Task


def add_arguments(parser: argparse.ArgumentParser, out: str) -> None:
    """Declare the options of a sweep.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    out : str
        The default output folder, in words; ``args.out`` is None then, for the caller to fill in.
    """
    from viz.arguments import count  # workers, which load this file, need no command line

    parser.add_argument(
        "--out", type=Path, metavar="DIR", default=None, help=f"where the rows go (default: {out})"
    )
    parser.add_argument("--dry-run", action="store_true", help="list the runs, and how long they may take")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace stored runs of the same names and other settings, or of a cell of your own whose code "
        "was changed since",
    )
    parser.add_argument("--save-models", action="store_true", help="keep the best model of every run")
    parser.add_argument(
        "--live", action="store_true", help="look at the trainings while they run, and show it in the browser"
    )
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument(
        "--jobs", type=count("processes"), default=1, metavar="N", help="processes side by side"
    )
    workers.add_argument(
        "--scheduler", metavar="ADDRESS", help='work on the dask cluster there (extra "cluster")'
    )
    workers.add_argument(
        "--local-cluster",
        type=count("processes"),
        metavar="N",
        help="work on a dask cluster of N processes here",
    )


def run(
    jobs: Sequence[Job],
    args: argparse.Namespace,
    *,
    base: Mapping[str, Any] | None = None,
    executor: Executor | None = None,
    packed: bool = False,
) -> int:
    """Do the jobs that are not done yet; go on with those that were interrupted.

    Parameters
    ----------
    jobs : sequence of Job
    args : argparse.Namespace
        From `add_arguments`.
    base : dict, optional
        Settings to compare with; the manifest tells the differences.
    executor : concurrent.futures.Executor, optional
        Does the work in place of the sweep's own processes. Its workers need access to the output folder.
    packed : bool
        Whether finished runs are moved into one compressed table, of which the manifest does not list each.

    Returns
    -------
    int
        0, or 1 if a run failed.

    Raises
    ------
    SweepError
        If the folder holds runs of the same names with other settings, or another sweep is writing there, or
        there is no cluster.
    OSError
        If the folder can't be written.
    KeyboardInterrupt
        After Ctrl-C, with what to do next as its text.
    """
    folder = Folder(args.out.absolute())
    if args.dry_run:
        processes = args.local_cluster or args.jobs
        plan = make_plan(folder, jobs, args.overwrite)
        _tell_stale(plan)
        print(_forecast(plan, jobs, processes))
        return 0
    if not args.overwrite:
        make_plan(folder, jobs)  # it raises before anything is written
    try:
        with hire(args, executor) as crew:
            writable_folder(folder.path)
            with sweep_lock(folder.lock) as token:
                plan = make_plan(folder, jobs, args.overwrite)
                _tell_stale(plan)
                prepare(folder, plan, args.save_models)
                with packing(folder) if packed else nullcontext():
                    failed = _do(plan, folder, token, crew, args, base, packed)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command continues where this one stopped") from None
    return _report(args.out, jobs, failed, args.save_models, plan, folder)


def _do(
    plan: Plan,
    folder: Folder,
    token: str,
    crew: Crew,
    args: argparse.Namespace,
    base: Mapping[str, Any] | None,
    packed: bool,
) -> list[str]:
    """Do what is left; return the names of the runs that failed."""
    if not plan.todo:
        return []
    tasks = [Task(job, folder, token, args.save_models or job.keep_model, args.live) for job in plan.todo]
    processes = min(crew.size(), len(tasks))
    progress = Progress(folder, plan.todo, plan.finished, len(plan.ready))
    with (
        serving(folder.path) if args.live else nullcontext(),
        accounted(
            folder, base, runs=len(tasks), workers=crew.name, processes=processes, list_runs=not packed
        ) as account,
    ):
        try:
            account["failed"] = drive(crew, tasks, progress)
        finally:
            progress.close()
    return account["failed"]


def _report(
    out: Path, jobs: Sequence[Job], failed: list[str], save_models: bool, plan: Plan, folder: Folder
) -> int:
    print(f"{len(jobs) - len(failed)} of {len(jobs)} runs are finished, in {out}")
    if save_models and (without := [run.name for run in plan.ready if not folder.model(run.id).exists()]):
        print(f"{len(without)} of them were finished before, without a saved model, and not repeated")
    if failed:
        names = ", ".join(sorted(failed, key=natural_order))
        print(f"failed: {names}; the same command tries them again", file=sys.stderr)
    return int(bool(failed))


def _tell_stale(plan: Plan) -> None:
    if plan.stale:
        names = sorted(plan.stale, key=natural_order)
        shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        print(
            f"the code of your cell was changed since {shown} began: rows of the older code are kept; "
            "--overwrite trains these runs again",
            file=sys.stderr,
        )


def _forecast(plan: Plan, jobs: Sequence[Job], processes: int) -> str:
    seconds = {id: seconds for id, (_, seconds) in expected(plan.todo, plan.finished).items()}
    done = {run.name: run for run in plan.ready}
    width = max((len(job.name) for job in jobs), default=0)
    lines = []
    for job in sorted(jobs, key=lambda job: natural_order(job.name)):
        if job.name in done:
            state = f"finished, {done[job.name].epochs} epochs in {done[job.name].seconds:.0f} s"
        else:
            state = "begun" if job.name in plan.begun else "to do"
            state += f", about {seconds[job.id]:.0f} s" if seconds else ""
        lines.append(f"{job.name:<{width}}  {job.work:>9} nodes per epoch  {state}")
    if seconds or not plan.todo:
        time = f"about {tqdm.format_interval(sum(seconds.values()) / processes)}"
    else:
        time = "not known before a run is finished"
    lines.append(f"{len(plan.todo)} of {len(jobs)} runs to do; time with {processes} at a time: {time}")
    return "\n".join(lines)
