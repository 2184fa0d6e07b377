"""On what, and when, a benchmark ran."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import Any

from experiments.sweep.machine import commit, processor

QUIET_BEFORE = 0.5
QUIET_AFTER = 1.6  # the benchmark itself keeps one core busy


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, system, git commit and date."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def load_average() -> float | None:
    """Return how many processes were running on average in the last minute; None where nobody counts."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def was_quiet(before: float | None, after: float | None) -> bool:
    """Return False if other work was running beside the benchmark, as far as the load shows."""
    return (before or 0) <= QUIET_BEFORE and (after or 0) <= QUIET_AFTER
