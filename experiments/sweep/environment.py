"""What a run's last bits may depend on: processor, versions, threads."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from experiments.sweep.machine import commit, processor
from experiments.threads import VARIABLES

# Rows are bit-identical where these are the same.
DECISIVE = ("processor", "commit", "python", "minigrad", "numpy", "numba")


def describe_environment() -> dict[str, Any]:
    """Return processor, versions, commit and threads of this process, and the time."""
    limits = {name: os.environ.get(name) for name in VARIABLES}
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "commit": commit(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("minigrad", "numpy", "numba")},
        "threads": "one" if set(limits.values()) == {"1"} else limits,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
