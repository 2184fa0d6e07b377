"""Sweeps as processes of their own, which tests can interrupt and kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRETENDED = ("tests.experiments.sweep.training", "sweep")


def start(out, *options, command: Sequence[str] = PRETENDED, **environment) -> subprocess.Popen[str]:
    """Start a sweep in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *command, "--out", str(out), *options],
        cwd=ROOT,
        env={**os.environ, **{key: str(value) for key, value in environment.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """Take SIGINT as a process does that was started at a terminal; those of a shell's jobs ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def sweep(out, *options, **more) -> tuple[int, str]:
    """Run a sweep to its end; return the exit code and what it wrote to stderr, without its progress."""
    with start(out, *options, **more) as process:
        _, err = process.communicate(timeout=300)
    return process.returncode, without_progress(err)


def without_progress(err: str) -> str:
    """Return what a sweep wrote to stderr, without the lines that tell what takes long, and how far it is."""
    return re.sub(
        r"(?m)^(\d+ of \d+ runs.*node/s\]|minigrad: (starting|connecting|reading|compiling) .*)\n", "", err
    )


def export(out, module: str = PRETENDED[0]) -> bytes:
    """Return the export of a sweep."""
    path = Path(f"{out}.csv")
    code, err = sweep(out, "--csv", str(path), command=(module, "export"))
    assert code == 0, err
    return path.read_bytes()


def workers(sweep: subprocess.Popen[str]) -> list[int]:
    """Return the ids of the sweep's worker processes, those that have begun a run or are about to."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        state, _, group = fields[:3]
        if int(group) == sweep.pid and state != "Z" and b"spawn_main" in command:
            found.append(int(entry.name))
    return found


def kill(process: subprocess.Popen[str], seconds: float = 20) -> None:
    """SIGKILL the sweep; its orphaned workers have so many seconds to end."""
    process.kill()
    process.wait()
    try:
        until(lambda: not workers(process), seconds)
    finally:
        for worker in workers(process):
            os.kill(worker, signal.SIGKILL)
        process.communicate()


def until(condition, seconds: float) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} s"
        time.sleep(0.02)


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C, which reaches all processes of the group; return exit code and stderr."""
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, without_progress(err)
