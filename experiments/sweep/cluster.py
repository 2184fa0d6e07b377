"""Workers of a dask cluster, as an executor; needs the extra ``cluster``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from experiments.sweep.errors import SweepError
from experiments.sweep.processes import shielded_from_ctrl_c
from experiments.threads import VARIABLES
from minigrad.waiting import waiting

if TYPE_CHECKING:
    from distributed import Client

TIMEOUT = 10  # seconds for a scheduler to answer


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise SweepError('clusters need the extra "cluster": python -m pip install -e ".[cluster]"') from None
    return distributed


@contextmanager
def remote_cluster(address: str) -> Iterator[Client]:
    """Connect to a scheduler.

    Raises
    ------
    SweepError
        If none answers there, or one of its workers has several threads, which would wait for each other.
    """
    distributed = _distributed()
    try:
        with waiting(f"connecting to {address}"):
            client = distributed.Client(address, timeout=TIMEOUT)
    except (OSError, ValueError) as error:
        raise SweepError(f"no dask scheduler answers at {address!r}: {error}") from None
    with client:
        if any(threads > 1 for threads in client.nthreads().values()):
            raise SweepError("a run needs a worker to itself: start the workers with --nthreads 1")
        yield client


@contextmanager
def local_cluster(n: int, deaths: int) -> Iterator[Client]:
    """Start a cluster of `n` worker processes here; a task is given up after so many deaths of workers."""
    distributed = _distributed()
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": deaths - 1}):
        with shielded_from_ctrl_c(), waiting(f"starting a dask cluster of {n} processes"):
            cluster = distributed.LocalCluster(
                n_workers=n,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                memory_limit=0,
                env=dict.fromkeys(VARIABLES, "1"),
                silence_logs=50,  # nothing: deaths are reported by the sweep
            )
        with cluster, distributed.Client(cluster) as client:
            yield client
