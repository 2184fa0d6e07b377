"""The manifest beside the rows: what was run, on what, and how long it took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from experiments.sweep.environment import describe_environment
from experiments.sweep.folder import Folder
from experiments.sweep.job import canonical
from experiments.sweep.rows import Run, finished
from minigrad.files import atomic_write

FORMAT = "minigrad.sweep/1"
MANY = 20  # different values of a setting, from which on they are only counted


def write_manifest(
    folder: Folder, runs: Sequence[Run], base: Mapping[str, Any] | None, sittings: list[dict[str, Any]]
) -> None:
    """Write the manifest of all finished runs of a folder.

    Parameters
    ----------
    folder : Folder
    runs : sequence of Run
    base : dict or None
        Settings to compare those of the runs with.
    sittings : list of dict
        The sweeps that led here, `read_sittings` and the present one.

    Raises
    ------
    OSError
        If it can't be written.
    """
    values = _values(runs)
    environments: list[dict[str, Any]] = []
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
        "runs": {run.name: _describe(run, environments) for run in runs},
        "environments": environments,
    }
    with atomic_write(folder.manifest) as file:
        file.write((json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def read_sittings(folder: Folder) -> list[dict[str, Any]]:
    """Return the sweeps that the manifest tells of; none if there is no manifest, or no readable one."""
    try:
        return list(json.loads(folder.manifest.read_bytes())["sittings"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


@contextmanager
def accounted(
    folder: Folder, base: Mapping[str, Any] | None, *, runs: int, workers: str, processes: int
) -> Iterator[dict[str, Any]]:
    """Write the manifest when the block begins and ends, however it ends; yield the account of this sitting.

    A sitting whose process was killed has null for its seconds.

    Parameters
    ----------
    folder : Folder
    base : dict or None
        As in `write_manifest`.
    runs, workers, processes
        What is to be done, and by whom. The block adds what came of it.
    """
    before, about, started = read_sittings(folder), describe_environment(), time.monotonic()
    account = {
        "began": about.pop("began"),
        "seconds": None,
        "runs": runs,
        "workers": workers,
        "processes": processes,
        **about,
    }

    def write() -> None:
        write_manifest(folder, finished(folder.path), base, [*before, account])

    def close() -> None:
        account["seconds"] = round(time.monotonic() - started, 1)
        write()

    write()
    try:
        yield account
    except BaseException:
        with suppress(OSError):  # the reason why the block failed, perhaps; the block's error says more
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
