"""Worker processes on this machine, as an executor that outlives the death of a worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from experiments.threads import VARIABLES


class Slots(Executor):
    """Pools of one process each.

    A dead worker breaks its pool, and every task in it; alone in its pool, a task takes no other one with it,
    and it is clear whose process died. The broken pool is replaced by the next `submit`.

    Parameters
    ----------
    n : int
        How many processes. At most so many tasks may be under way at a time.
    """

    def __init__(self, n: int) -> None:
        # Read by libraries when they are loaded, which in a new process is after this.
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        context = multiprocessing.get_context("spawn")
        self._leash, self._held = context.Pipe(duplex=False)
        self._context = context
        self._pools = [self._pool() for _ in range(n)]
        self._futures: list[Future[Any] | None] = [None] * n

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, mp_context=self._context, initializer=_end_with_parent, initargs=(self._leash,)
        )

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give a task to an idle process; RuntimeError if there is none."""
        free = [slot for slot, busy in enumerate(self._futures) if busy is None or busy.done()]
        if not free:
            raise RuntimeError("every process has a task")
        slot = free[0]
        with shielded_from_ctrl_c():
            try:
                future = self._pools[slot].submit(function, *args, **kwargs)
            except BrokenProcessPool:
                self._pools[slot].shutdown()
                self._pools[slot] = self._pool()
                future = self._pools[slot].submit(function, *args, **kwargs)
        self._futures[slot] = future
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the processes end."""
        for pool in self._pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """End the processes at once, whatever they are doing."""
        self._held.close()
        self.shutdown(cancel_futures=True)


@contextmanager
def shielded_from_ctrl_c() -> Iterator[None]:
    """Let processes and threads that start here never see Ctrl-C: the sweep ends its workers itself.

    They inherit the signal's being blocked; in this thread it is only put off.
    """
    resource_tracker.ensure_running()  # started along with the first process, it would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent(leash: Connection) -> None:
    """Start the thread that ends this process when the other end of the pipe is closed.

    The parent alone has that end, and closes it or dies; the executor's own pipes keep an orphan waiting.
    """

    def wait() -> None:
        leash.poll(None)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
