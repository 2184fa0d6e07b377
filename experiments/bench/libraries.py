"""Which libraries do the arithmetic in this process, and with how many threads."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np


class NotOneThreadError(Exception):
    """A thread pool is larger than the comparison allows."""


def libraries() -> dict[str, Any]:
    """Return versions, NumPy's BLAS, and the size of each thread pool ("threads", None if unknown).

    Raises
    ------
    NotOneThreadError
        If threadpoolctl is installed and finds a pool of more than one thread.
    """
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index, call-overload, unused-ignore]
    found: dict[str, Any] = {"python": platform.python_version()}
    found |= {name: _version(name) for name in ("numpy", "numba", "torch")}
    found["dynet"] = _version("dyNET38")
    return {**found, "blas": f"{blas['name']} {blas['version']}", "threads": _thread_pools()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _thread_pools() -> dict[str, int] | None:
    try:
        from threadpoolctl import threadpool_info  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        return None
    pools = {
        f"{pool['prefix']} {pool['version'] or ''}".strip(): pool["num_threads"] for pool in threadpool_info()
    }
    if any(threads != 1 for threads in pools.values()):
        raise NotOneThreadError(f"the benchmark compares single threads, but the pools are {pools}")
    return pools
