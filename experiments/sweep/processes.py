"""Worker processes on this machine, as an executor that outlives the death of a worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from experiments.threads import VARIABLES

DEATHS = 3  # of its process, after which a task is given up


class Processes(ThreadPoolExecutor):
    """Threads, each of which passes its tasks on to a process of its own.

    A task whose process dies is tried again in a new process; no other task is affected. If the block of a
    ``with`` raises, the processes end at once.

    Parameters
    ----------
    n : int
        How many.
    """

    def __init__(self, n: int) -> None:
        # Libraries read these when they are loaded; a new process loads them after this.
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        super().__init__(n)
        self._own = threading.local()
        self._context = multiprocessing.get_context("spawn")
        self._leash, self._held = self._context.Pipe(duplex=False)

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Pass a task on to a process; its future raises BrokenExecutor if the process dies three times."""
        return super().submit(self._call, function, args, kwargs)

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None:
            self._held.close()
        self.shutdown(cancel_futures=kind is not None)

    def _call(self, *task: Any) -> Any:
        deaths = 0
        while deaths < DEATHS and not self._held.closed:
            if not hasattr(self._own, "pipe"):
                self._own.pipe = self._start()
            try:
                self._own.pipe.send(task)
                return self._own.pipe.recv()
            except (EOFError, OSError):
                del self._own.pipe
                deaths += 1
        raise BrokenExecutor(f"its process died {deaths} times; was it short of memory?")

    def _start(self) -> Connection:
        here, there = self._context.Pipe()
        with shielded_from_ctrl_c(), there:
            self._context.Process(target=_serve, args=(there, self._leash), daemon=True).start()
        return here


@contextmanager
def shielded_from_ctrl_c() -> Iterator[None]:
    """Start processes and threads that never receive Ctrl-C: the sweep ends its workers itself.

    They inherit the mask that blocks the signal; in this thread it is delivered after the block.
    """
    resource_tracker.ensure_running()  # its start, otherwise with the first process, would reset the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, leash: Connection) -> None:
    """Do the tasks that arrive through the pipe, until its other end is closed."""

    def wait() -> None:
        leash.poll(None)
        os._exit(1)

    # The other end of the leash is the parent's, who closes it or dies.
    threading.Thread(target=wait, daemon=True).start()
    with suppress(EOFError):
        while True:
            function, args, kwargs = pipe.recv()
            pipe.send(function(*args, **kwargs))
