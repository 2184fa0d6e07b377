"""On what, and when, a benchmark ran."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import numpy as np

from experiments.bench.peak import fma_peak
from experiments.bench.systems import installed
from experiments.sweep.environment import describe_environment

PACKAGES = {"torch": "torch", "dynet": "dyNET38"}
QUIET_BEFORE = 0.5
QUIET_AFTER = 1.6  # the benchmark itself keeps one core busy


def describe() -> dict[str, Any]:
    """Return processor, versions, commit, date, and the peak of multiply-adds."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index, call-overload, unused-ignore]
    return {
        **describe_environment(),
        **{name: version(package) if installed(name) else None for name, package in PACKAGES.items()},
        "blas": f"{blas['name']} {blas['version']}",
        "fma_peak_gflops": round(fma_peak(), 1),
    }


def load_average() -> float | None:
    """Return how many processes were running on average in the last minute; None where nobody counts."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def was_quiet(before: float | None, after: float | None) -> bool:
    """Return False if other work was running beside the benchmark, as far as the load shows."""
    return (before or 0) <= QUIET_BEFORE and (after or 0) <= QUIET_AFTER
