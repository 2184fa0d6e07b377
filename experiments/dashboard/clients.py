"""The pages that listen: each gets what is new, and one that does not read holds up nobody."""

from __future__ import annotations

import json
import queue
import threading

from experiments.dashboard.records import Record
from experiments.dashboard.saved import everything, with_data
from experiments.dashboard.tail import Tail

MOST_WAITING = 2_000  # messages for a page; one that has more to read is told to load all again
AGAIN = b'{"kind":"again"}'


class Clients:
    """Hands what a tail finds to all that listen, and reads only while somebody does.

    Parameters
    ----------
    tail : Tail
    """

    def __init__(self, tail: Tail) -> None:
        self._tail, self._lock = tail, threading.Lock()
        self._queues: list[queue.Queue[bytes]] = []
        self._wanted = threading.Event()

    def overview(self) -> bytes:
        """Return all that is known but the looks, as a JSON list."""
        with self._lock:
            self._spread()
            return encode(self._tail.overview())

    def looks(self, run: str) -> bytes:
        """Return the looks at a run, as a JSON list."""
        with self._lock:
            return encode(self._tail.looks(run))

    def saved(self, page: str) -> bytes:
        """Return a page with all that is known in it."""
        with self._lock:
            self._spread()
            return with_data(page, self._tail.folder, everything(self._tail)).encode()

    def enter(self) -> queue.Queue[bytes]:
        """Return a queue of messages, one record each, from here on."""
        messages: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        with self._lock:
            self._queues.append(messages)
        self._wanted.set()
        return messages

    def leave(self, messages: queue.Queue[bytes]) -> None:
        """Forget a queue."""
        with self._lock:
            self._queues.remove(messages)
            if not self._queues:
                self._wanted.clear()

    def poll_forever(self, every: float, stop: threading.Event) -> None:
        """Look for what is new every so many seconds, while somebody listens, until `stop` is set."""
        while not stop.is_set():
            if self._wanted.wait(1.0):
                with self._lock:
                    self._spread()
                stop.wait(every)

    def _spread(self) -> None:
        for message in map(encode, self._tail.poll()):
            for messages in self._queues:
                try:
                    messages.put_nowait(message)
                except queue.Full:
                    while not messages.empty():
                        messages.get_nowait()
                    messages.put_nowait(AGAIN)


def encode(value: Record | list[Record]) -> bytes:
    """Return JSON text without line breaks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
