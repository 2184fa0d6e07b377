"""What the last bits of a run's numbers may depend on: processor, versions, threads."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from experiments.threads import VARIABLES

# Rows are bit-identical where these are the same.
DECISIVE = ("processor", "commit", "python", "minigrad", "numpy", "numba")


def describe_environment() -> dict[str, Any]:
    """Return this process's processor, versions, commit and threads, and the time."""
    limits = {name: os.environ.get(name) for name in VARIABLES}
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "commit": _commit(),
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


@cache
def _processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@cache
def _commit() -> str | None:
    """Return the git commit, with "-dirty" appended if files were changed; None outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
