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
    """Threads, each with a process of its own that does its tasks.

    A task whose process dies is tried again in a new one, and takes no other task with it. Where the block of
    a ``with`` raises, the processes end at once.

    Parameters
    ----------
    n : int
        How many.
    """

    def __init__(self, n: int) -> None:
        # Read by libraries when they are loaded, which in a new process is after this.
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        super().__init__(n)
        self._own = threading.local()
        self._context = multiprocessing.get_context("spawn")
        self._leash, self._held = self._context.Pipe(duplex=False)

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give a task to a process; BrokenExecutor if it dies again and again."""
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
    """Let processes and threads that start here never see Ctrl-C: the sweep ends its workers itself.

    They inherit the signal's being blocked; in this thread it is only put off.
    """
    resource_tracker.ensure_running()  # started along with the first process, it would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, leash: Connection) -> None:
    """Do what comes through the pipe, until nobody holds its other end."""

    def wait() -> None:
        leash.poll(None)
        os._exit(1)

    # The parent alone has the leash's other end, and closes it or dies.
    threading.Thread(target=wait, daemon=True).start()
    with suppress(EOFError):
        while True:
            function, args, kwargs = pipe.recv()
            pipe.send(function(*args, **kwargs))
