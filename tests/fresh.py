"""Python in a process of its own, as a user starts it, but with the imports done: each costs a second."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

# What a process has imported before it begins. A process is forked from one that has done nothing else.
LOADED = (
    "minigrad.fold.compiler.run",
    "models",
    "viz",
    "scipy.special",
    "matplotlib.figure",
    "tests.fresh",
    "tests.first_kernel",
)

CONTEXT = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
if sys.platform != "win32":
    CONTEXT.set_forkserver_preload(list(LOADED))


@dataclass(frozen=True)
class Done:
    """How a process ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def python(arguments: list[str], folder: Path, strict: bool = False) -> Done:
    """Do what ``python -c CODE …`` or ``python -m MODULE …`` does in a folder.

    A strict process takes warnings for errors, as ``python -W error`` does. It prints into files in the
    folder's parent.
    """
    paths = [folder.parent / f"{folder.name}.{name}" for name in ("stdout", "stderr")]
    process = CONTEXT.Process(target=_run, args=(arguments, str(folder), strict, *map(str, paths)))
    process.start()
    process.join(300)
    returncode = process.exitcode
    if returncode is None:
        process.kill()
        raise TimeoutError(arguments)
    out, errors = (path.read_text(encoding="utf-8") for path in paths)
    return Done(returncode, out, errors)


def _run(arguments: list[str], folder: str, strict: bool, out: str, errors: str) -> None:
    kind, what, *rest = arguments
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = [kind, *rest]
    code = 1
    with (
        open(out, "w", encoding="utf-8") as stdout,
        open(errors, "w", encoding="utf-8") as stderr,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(),
    ):
        if strict:
            warnings.simplefilter("error")
        try:
            if kind == "-m":
                runpy.run_module(what, run_name="__main__", alter_sys=True)
            else:
                exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                stderr.write(f"{end.code}\n")
        except BaseException:
            traceback.print_exc()
    sys.exit(code)
