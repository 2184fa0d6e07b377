"""The server's process: ``python -m experiments.dashboard.serve FOLDER``, with the page on standard input.

It loads nothing but the standard library. `process.py` starts it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

from experiments.dashboard.server import DashboardServer
from experiments.dashboard.tail import Tail

INTERRUPTED = 130  # the exit code after Ctrl-C
LOOK_EVERY = 0.5  # seconds between two looks whether the process lives that started this one


def main() -> int:
    """Serve until Ctrl-C, SIGTERM, or the end of the process that `--until` names; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until", type=int, help="the number of this process's parent, with which it ends")
    args = parser.parse_args()
    page = sys.stdin.buffer.read().decode()
    try:
        server = DashboardServer(Tail(args.folder), page, args.port)
    except OSError as error:
        print(f"port {args.port} can't be used: {error.strerror}", flush=True)
        return 2
    code = 0

    def end(number: int, frame: object) -> None:
        nonlocal code
        code = INTERRUPTED if number == signal.SIGINT else 0
        threading.Thread(target=server.shutdown).start()  # which waits for the loop that this has interrupted

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if args.until is not None:
        threading.Thread(target=_end_with, args=(args.until, server), daemon=True).start()
    print(server.address, flush=True)
    server.run()
    return code


def _end_with(parent: int, server: DashboardServer) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
