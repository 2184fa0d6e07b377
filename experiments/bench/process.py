"""Measuring in fresh Python processes, with one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from experiments import threads


class BenchError(Exception):
    """A measurement failed; the process that made it has said why on stderr."""


def one_thread(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with every thread pool limited to one thread."""
    return {**os.environ, **dict.fromkeys(threads.VARIABLES, "1"), **(extra or {})}


def in_fresh_process(*arguments: str, env: Mapping[str, str] | None = None) -> Any:
    """Run ``python arguments…`` and return what it prints, a JSON value; its stderr is ours.

    Raises
    ------
    BenchError
        If it fails.
    """
    done = subprocess.run(
        [sys.executable, *arguments], env=one_thread(env), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        command = " ".join(arguments)[:60]
        raise BenchError(f"the measurement {command!r} ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def run_worker(
    section: str, *, quick: bool, system: str | None = None, env: Mapping[str, str] | None = None
) -> Any:
    """Return what a section of `experiments.bench.worker` measures, of one system if only that is named."""
    flags = (["--quick"] if quick else []) + ([] if system is None else ["--system", system])
    return in_fresh_process("-m", "experiments.bench.worker", section, *flags, env=env)
