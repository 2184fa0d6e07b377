"""Which jobs are done, which are left, and which are refused: the folder has them with other settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.dashboard.places import run_id
from experiments.sweep.errors import SweepError
from experiments.sweep.folder import Folder
from experiments.sweep.job import Job, natural_order
from experiments.sweep.own_code import was_changed
from experiments.sweep.rows import Row, Run, decode, environments, finished
from experiments.sweep.table import pack

SHOWN = 5  # runs with other settings; the rest is counted


@dataclass(frozen=True)
class Plan:
    """What a sweep has to do.

    Attributes
    ----------
    ready : list of Run
        Runs of this sweep that are finished.
    todo : list of Job
        The others, those with the most work first.
    finished : list of Run
        All finished runs of the folder, but those that are replaced.
    begun : set of str
        Names of the jobs to do that an earlier sweep has begun.
    replaced : list of str
        Ids of stored runs that have a job's name and other settings, or, if asked for, are stale.
    stale : list of str
        Names of jobs whose stored runs are kept, though their cell, of the user's own, was changed since.
    """

    ready: list[Run]
    todo: list[Job]
    finished: list[Run]
    begun: set[str]
    replaced: list[str]
    stale: list[str]


def make_plan(folder: Folder, jobs: Sequence[Job], overwrite: bool = False) -> Plan:
    """Compare jobs with what is stored.

    Raises
    ------
    SweepError
        If stored runs have a job's name and other settings and are not to be overwritten, or are damaged.
    ValueError
        If two jobs have the same name or id.
    """
    by_name = {job.name: job for job in jobs}
    if len(by_name) < len(jobs) or len({job.id for job in jobs}) < len(jobs):
        raise ValueError("two jobs have the same name")
    runs = {run.name: run for run in finished(folder.path)}
    begun = _begun(folder)
    stored = [(run.name, run.settings, run.environments) for run in runs.values()] + begun
    changed = [(name, old) for name, old, _ in stored if name in by_name and by_name[name].json != old]
    if changed and not overwrite:
        raise SweepError(_explain(folder, [(name, old, by_name[name].json) for name, old in changed]))
    stale = [
        (name, old)
        for name, old, ran_in in stored
        if name in by_name and by_name[name].json == old and was_changed(old, ran_in)
    ]
    if overwrite:
        changed, stale = changed + stale, []
    replaced = {name for name, _ in changed}
    kept = [run for name, run in runs.items() if name not in replaced]
    ready = [run for run in kept if run.name in by_name]
    done = {run.name for run in ready}
    todo = [job for job in jobs if job.name not in done]
    todo.sort(key=lambda job: (-job.work, natural_order(job.name)))
    return Plan(
        ready,
        todo,
        kept,
        {name for name, old, _ in begun if name in by_name and by_name[name].json == old} - done - replaced,
        [run_id(name, old) for name, old in changed],
        [name for name, _ in stale],
    )


def prepare(folder: Folder, plan: Plan, save_models: bool) -> None:
    """Make the folders; remove what is replaced, and the temporary files of killed sweeps."""
    models = save_models or any(job.keep_model for job in plan.todo)
    for path in (folder.runs, folder.checkpoints, *[folder.models] * models):
        path.mkdir(parents=True, exist_ok=True)
    for id in plan.replaced:
        files = (folder.finished, folder.part, folder.checkpoint, folder.model, folder.live)
        for path in (file(id) for file in files):
            path.unlink(missing_ok=True)
    if plan.replaced and folder.table.exists():
        pack(folder, drop=plan.replaced)
    parts = {path.stem for path in folder.runs.glob("*.part")}
    old = [path for parent in (folder.path, folder.models) for path in parent.glob(".*.part")]
    old += [path for path in folder.checkpoints.iterdir() if path.stem not in parts]
    for path in old:
        path.unlink(missing_ok=True)


def _begun(folder: Folder) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Return name, settings and environments of the runs under way; none of a file without a first line."""
    found = []
    for path in sorted(folder.runs.glob("*.part")):
        header, *rows = _rows(path) or [{"kind": "none"}]
        if header["kind"] == "run":
            found.append((header["name"], header["settings"], environments(rows)))
    return found


def _rows(path: Path) -> list[Row]:
    """Return the rows of a file before the first that is damaged."""
    rows: list[Row] = []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            rows += [row for row, _ in decode(line)[0]]
        except ValueError:
            break
    return rows


def _explain(folder: Folder, changed: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> str:
    lines = [f"{name}: {_difference(old, new)}" for name, old, new in changed[:SHOWN]]
    if len(changed) > SHOWN:
        lines.append(f"and {len(changed) - SHOWN} more")
    return (
        f"{folder.path} holds runs with other settings; name another folder with --out, "
        "or replace them with --overwrite\n  " + "\n  ".join(lines)
    )


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    keys = [key for key in {**old, **new} if (key in old, old.get(key)) != (key in new, new.get(key))]
    return ", ".join(f"{key} {_value(old, key)} stored, {_value(new, key)} now" for key in keys)


def _value(settings: dict[str, Any], key: str) -> str:
    return json.dumps(settings[key], ensure_ascii=False) if key in settings else "nothing"
