"""Measuring in fresh Python processes, with one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from experiments.threads import VARIABLES


class BenchError(Exception):
    """A measurement failed, or would mean nothing; the text says why."""


def fresh(*arguments: str, env: Mapping[str, str] | None = None) -> Any:
    """Run ``python arguments…`` with one thread; return what it prints, a JSON value. Its stderr is ours.

    Parameters
    ----------
    *arguments : str
    env : mapping, optional
        Added to the environment, since thread counts are read when the libraries are loaded.

    Raises
    ------
    BenchError
        If it fails; it has said why on stderr.
    """
    env = {**os.environ, **dict.fromkeys(VARIABLES, "1"), **(env or {})}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        what = " ".join(arguments)[:60]
        raise BenchError(f"the measurement {what!r} ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def call(function: Callable[..., Any], *arguments: Any, env: Mapping[str, str] | None = None) -> Any:
    """Return ``function(*arguments)``, as a fresh process computes it; all of them JSON values."""
    name = f"{function.__module__}:{function.__name__}"
    return fresh("-m", "experiments.bench", name, json.dumps(arguments), env=env)
