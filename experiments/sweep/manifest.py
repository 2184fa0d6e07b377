"""The manifest beside the rows: what was run, on which machine, and how long it took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from experiments.dashboard.places import canonical
from experiments.sweep.environment import describe_environment
from experiments.sweep.folder import Folder
from experiments.sweep.output import write_text
from experiments.sweep.rows import Run, finished

FORMAT = "minigrad.sweep/1"
MANY = 20  # values of a setting that are listed; if there are more, they are counted


def write_manifest(
    folder: Folder,
    runs: Sequence[Run],
    base: Mapping[str, Any] | None,
    sittings: list[dict[str, Any]],
    list_runs: bool = True,
) -> None:
    """Write the manifest of all finished runs of a folder.

    Parameters
    ----------
    folder : Folder
    runs : sequence of Run
    base : dict or None
        Settings to compare those of the runs with.
    sittings : list of dict
        The commands that made the runs: those of `read_sittings`, and the present one.
    list_runs : bool
        Whether there is an entry for each run, or their number only.

    Raises
    ------
    OSError
        If it can't be written.
    """
    values = _values(runs)
    environments: list[dict[str, Any]] = []
    described = {run.name: _describe(run, environments) for run in runs}
    document = {
        "format": FORMAT,
        "settings": {key: seen[0] for key, seen in values.items() if len(seen) == 1},
        "varied": {
            key: seen if len(seen) <= MANY else f"{len(seen)} values"
            for key, seen in values.items()
            if len(seen) > 1
        },
        "differences": {
            key: {"base": value, "here": [v for v in values[key] if v != value][:MANY]}
            for key, value in (base or {}).items()
            if any(v != value for v in values.get(key, []))
        },
        "sittings": sittings,
        "runs": described if list_runs else len(runs),
        "environments": environments,
    }
    write_text(folder.manifest, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_sittings(folder: Folder) -> list[dict[str, Any]]:
    """Return the commands that a manifest lists; none if there is no readable manifest."""
    try:
        return list(json.loads(folder.manifest.read_bytes())["sittings"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


@contextmanager
def accounted(
    folder: Folder,
    base: Mapping[str, Any] | None,
    *,
    runs: int,
    workers: str,
    processes: int,
    list_runs: bool = True,
) -> Iterator[dict[str, Any]]:
    """Write the manifest when the block begins and when it ends, however it ends; yield its own entry.

    The entry of a command that was killed has null for its seconds.

    Parameters
    ----------
    folder : Folder
    base : dict or None
        As in `write_manifest`.
    runs, workers, processes
        How many runs are to be done, by which workers, how many at a time. The block adds what failed.
    list_runs : bool
        As in `write_manifest`.
    """
    before, about, started = read_sittings(folder), describe_environment(), time.monotonic()
    entry = {
        "began": about.pop("began"),
        "seconds": None,
        "runs": runs,
        "workers": workers,
        "processes": processes,
        **about,
    }

    def write() -> None:
        write_manifest(folder, finished(folder.path), base, [*before, entry], list_runs)

    def close() -> None:
        entry["seconds"] = round(time.monotonic() - started, 1)
        write()

    write()
    try:
        yield entry
    except BaseException:
        with suppress(OSError):  # the block's own error says more
            close()
        raise
    close()


def _values(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Return the values of every setting, in the order of the runs, each once."""
    seen: dict[str, dict[str, Any]] = {}
    for run in runs:
        for key, value in run.settings.items():
            seen.setdefault(key, {}).setdefault(canonical({key: value}), value)
    return {key: list(values.values()) for key, values in seen.items()}


def _describe(run: Run, environments: list[dict[str, Any]]) -> dict[str, Any]:
    used = []
    for environment in run.environments:
        about = {key: value for key, value in environment.items() if key != "began"}
        if about not in environments:
            environments.append(about)
        used.append(environments.index(about))
    timing = run.result["timing"]
    return {
        "seconds": timing["seconds"],
        "cpu_seconds": timing["cpu_seconds"],
        "epochs": run.epochs,
        "began": [environment["began"] for environment in run.environments],
        "environments": used,
        "data_hash": run.result.get("data_hash"),
    }
