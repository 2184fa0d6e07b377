"""The server as a process of its own: beside a training, or in place of the command that asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).parents[2]  # where the process finds this package
SECONDS_TO_END = 5.0


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a folder while the block runs; print the address on stderr, and yield it.

    The process ends with the block, or with this process. If it ends before, nothing else happens.

    Raises
    ------
    OSError
        If the port is taken.
    """
    with _page() as page:
        command = [*_command(folder, port), "--until", str(os.getpid())]
        process = subprocess.Popen(command, stdin=page, stdout=subprocess.PIPE, text=True, env=_environment())
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    try:
        if not address.startswith("http"):
            raise OSError(EADDRINUSE, address or "the dashboard's process has ended")
        print(f"dashboard: {address}", file=sys.stderr, flush=True)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:  # it was stopped, by a debugger perhaps
            process.kill()
            process.wait()
        process.stdout.close()


def become_server(folder: Path, port: int) -> NoReturn:
    """Replace this process by the server, which is a third of its size."""
    with _page() as page:
        os.dup2(page.fileno(), 0)
    os.environ.update(_environment())
    command = _command(folder, port)
    os.execv(command[0], command)


def _command(folder: Path, port: int) -> list[str]:
    serve = [sys.executable, "-m", "experiments.dashboard.serve"]
    return [*serve, str(folder.absolute()), "--port", str(port)]


def _environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def _page() -> Iterator[IO[bytes]]:
    """Yield the page as a file that has no name, from its beginning."""
    from viz.dashboard import dashboard_page  # workers of a sweep load this file, and do without pictures

    with tempfile.TemporaryFile() as file:
        file.write(dashboard_page().encode())
        file.seek(0)
        yield file
