"""Processes that share compiled cells: what one compiles, the others read."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import JIT_ENABLED, machine
from tests import fresh
from tests.minigrad.fold_contract.cells import ContractCell, E, Memory, Simple
from tests.minigrad.fold_contract.forests import PAIR, grow

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
X = np.random.default_rng(0).normal(size=(2, E))
TREES = grow(PAIR)
CELLS: tuple[type[ContractCell], ...] = (Simple, Memory)
PLACES = ("NUMBA_CACHE_DIR", "MINIGRAD_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA")

# -- in a process of its own --------------------------------------------------------------------------


def results(mode: str) -> list[Any]:
    """Return states and gradients of all cells."""
    found = []
    for kind in CELLS:
        cell = kind(np.random.default_rng(0))
        states = mg.fold(cell, TREES, X, mode)
        states.h.sum().backward()
        found.append([states.h.data.tolist(), *(p.grad.tolist() for p in cell.parameters())])
    return found


def tell(work: Callable[[], Any], environment: dict[str, str], meeting: str = "") -> None:
    """Print, as JSON, what some work returns, which modules it compiled, and its warnings.

    It waits for others at a meeting.
    """
    for name in PLACES:
        os.environ.pop(name, None)
    os.environ.update(environment)
    numba.config.reload_config()  # type: ignore[attr-defined]
    compiled: list[str] = []
    compile_ir = machine.compile_ir

    def counted(name: str, text: str) -> machine.Code:
        compiled.append(name)
        return compile_ir(name, text)

    machine.compile_ir = counted
    if meeting:
        meet(Path(meeting))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = work()
    told = [str(warning.message) for warning in caught]
    sys.stdout.write(json.dumps({"found": found, "compiled": compiled, "warnings": told}))


def meet(folder: Path, n: int = 3) -> None:
    """Wait until n processes are here."""
    folder.mkdir(exist_ok=True)
    (folder / str(os.getpid())).touch()
    for _ in range(3000):
        if len(list(folder.iterdir())) >= n:
            return
        time.sleep(0.01)
    raise TimeoutError


def folded() -> Any:
    return results("compiled")


# -- what processes say -------------------------------------------------------------------------------


def run(folder: Path, what: str, cache: Path, meeting: str = "") -> Any:
    """Do some work in a fresh process, whose files of output lie beside a folder."""
    folder.mkdir(exist_ok=True)
    call = f"t.tell(t.{what}, {{'MINIGRAD_CACHE_DIR': {str(cache)!r}}}, {meeting!r})"
    done = fresh.python(["-c", f"from tests.minigrad import test_fold_cache as t; {call}"], folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def at_once(tmp_path: Path, what: str, cache: Path) -> list[Any]:
    """Do some work in three processes that begin together."""
    with ThreadPoolExecutor(3) as pool:
        meeting = str(tmp_path / "meeting")
        return list(pool.map(lambda k: run(tmp_path / f"run{k}", what, cache, meeting), range(3)))


def right(got: Any) -> bool:
    pairs = zip(got["found"], results("level"), strict=True)
    return all(np.allclose(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


def names(folder: Path) -> list[str]:
    return sorted(path.name.split("_")[0] for path in folder.iterdir())


# -- cells --------------------------------------------------------------------------------------------


@pytest.mark.slow  # four processes, one after the other
def test_the_second_process_compiles_no_cell_and_a_third_what_was_damaged(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = run(tmp_path / "run", "folded", cache)
    assert right(first)
    assert names(cache) == ["fold", "fold", "kernels"], "one file for each, and drafts are tidied away"
    assert sorted(first["compiled"]) == sorted(path.stem for path in cache.iterdir())
    assert not first["warnings"]
    written = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert run(tmp_path / "run", "folded", cache) == {**first, "compiled": []}
    assert written == {path: path.stat().st_mtime_ns for path in cache.iterdir()}

    damaged = next(cache.glob("fold_*.code"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    third = run(tmp_path / "run", "folded", cache)
    assert right(third)
    assert third["compiled"] == [damaged.stem]
    (warning,) = third["warnings"]
    assert str(damaged) in warning


@pytest.mark.slow
def test_processes_that_come_at_once_agree_and_leave_whole_files(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    told = at_once(tmp_path, "folded", cache)
    assert right(told[0])
    assert all(one["found"] == told[0]["found"] for one in told)
    assert not any(one["warnings"] for one in told)
    assert names(cache) == ["fold", "fold", "kernels"]
    assert run(tmp_path / "run", "folded", cache) == {**told[0], "compiled": []}


def test_cells_run_where_nothing_can_be_kept_after_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    got = run(tmp_path / "run", "folded", tmp_path / "file" / "cache")
    assert right(got)
    assert len(got["compiled"]) == 3
    (warning,) = got["warnings"]
    assert "set MINIGRAD_CACHE_DIR" in warning
