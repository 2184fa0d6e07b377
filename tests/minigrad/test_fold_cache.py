"""Faults of the compiler's cache, and processes that share it; each in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.caching import IndexDataCacheFile

import minigrad as mg
from minigrad.fold.compiler import cache, machine_code
from minigrad.kernels.jit import JIT_ENABLED
from tests.minigrad.fold_contract.cells import ContractCell, E
from tests.minigrad.fold_contract.forests import PAIR, grow

emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")
ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(2, E))
TREES = grow(PAIR)


class Light(ContractCell):
    """Without products, so that it is compiled in a moment."""

    parts = (mg.Part("h", E),)
    shapes = {"a": (E,), "b": (E,)}  # noqa: RUF012

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        return mg.tanh(self.a * left.h + self.b * right.h)


def light() -> Light:
    return Light(np.random.default_rng(0))


SCRIPT = """
import json, os, sys, time, warnings
import numpy as np
import minigrad as mg
from tests.minigrad import test_fold_cache as t
from tests.minigrad.fold_contract.cells import Simple
{before}
cell = {cell}
leaves = mg.tensor(t.X, requires_grad=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    states = mg.fold(cell, t.TREES, leaves, mode="compiled")
    states.h.sum().backward()
from minigrad.fold.compiler import machine_code
code = machine_code.load(mg.fold_source(cell))
print(json.dumps({{
    "h": states.h.data.tolist(),
    "gradient": [p.grad.tolist() for p in cell.parameters()],
    "warnings": [str(w.message) for w in caught],
    "hits": sum(sum(f.stats.cache_hits.values()) for f in (code.forward, code.backward)),
    "path": str(code._path) if code._path else None,
    "cache": code.forward.stats.cache_path,
}}))
"""


def start(place: Path, before: str = "", cell: str = "t.light()", **environment: str) -> Any:
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "MINIGRAD_CACHE_DIR")}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(before=before, cell=cell)],
        cwd=ROOT,
        env={**clean, "MINIGRAD_CACHE_DIR": str(place), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: Any) -> Any:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(out)


def run(place: Path, before: str = "", **environment: str) -> Any:
    return result(start(place, before, **environment))


def same(a: Any, b: Any) -> bool:
    return bool(a["h"] == b["h"] and a["gradient"] == b["gradient"])


@pytest.fixture(scope="module")
def reference() -> Any:
    cell = light()
    states = mg.fold(cell, TREES, X, mode="level")
    states.h.sum().backward()
    return states.h.data, [p.grad for p in cell.parameters()]


def right(got: Any, reference: Any) -> bool:
    h, gradients = reference
    return np.allclose(got["h"], h) and all(map(np.allclose, got["gradient"], gradients))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A cache, and what the process that has filled it found; tests take copies."""
    folder = tmp_path_factory.mktemp("filled")
    return folder, run(folder)


@emitted
def test_the_second_process_reads_what_the_first_has_compiled(
    filled: tuple[Path, Any], reference: Any
) -> None:
    folder, first = filled
    written = {p: p.stat().st_mtime_ns for p in folder.rglob("*.*") if p.is_file()}
    second = run(folder)
    assert right(first, reference)
    assert same(first, second)
    assert (first["hits"], second["hits"]) == (0, 2)
    assert not first["warnings"]
    assert not second["warnings"]
    assert written == {p: p.stat().st_mtime_ns for p in folder.rglob("*.*") if p.is_file()}
    module = Path(first["path"]).parent
    assert module.parent == folder
    assert [p.name for p in folder.iterdir()] == [module.name], "drafts are tidied away"
    assert Path(first["cache"]).parent == module


@emitted
@pytest.mark.slow
@pytest.mark.parametrize("cell", ["t.light()", "Simple(np.random.default_rng(0))"])
def test_of_processes_that_come_at_once_one_compiles_and_all_agree(tmp_path: Path, cell: str) -> None:
    meet = "t.meet(3)"
    processes = [start(tmp_path, meet, cell, MEETING=str(tmp_path / "meeting")) for _ in range(3)]
    results = [result(p) for p in processes]
    assert same(results[0], results[1])
    assert same(results[0], results[2])
    assert not any(r["warnings"] for r in results)
    assert len({r["path"] for r in results}) == 1
    assert sum(r["hits"] for r in results) == 2 * 2, "two functions, which two of three processes only read"
    later = result(start(tmp_path, cell=cell))
    assert later["hits"] == 2
    assert same(later, results[0])


def meet(n: int) -> None:
    """Wait until n processes are here."""
    folder = Path(os.environ["MEETING"])
    folder.mkdir(exist_ok=True)
    (folder / str(os.getpid())).touch()
    for _ in range(3000):
        if len(list(folder.iterdir())) >= n:
            return
        time.sleep(0.01)
    raise TimeoutError


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scribble(path: Path) -> None:
    path.write_bytes(b"not what you think")


slow = pytest.mark.slow
DAMAGE = [
    pytest.param("fold_*.py", truncate, id="module, truncated", marks=slow),
    pytest.param("fold_*.py", scribble, id="module, foreign", marks=slow),
    pytest.param("fold_*.py", Path.unlink, id="module, gone", marks=slow),
    pytest.param("*.nbc", truncate, id="code, truncated"),
    pytest.param("*.nbc", empty, id="code, empty", marks=slow),
    pytest.param("*.nbc", scribble, id="code, foreign", marks=slow),
    pytest.param("*.nbi", truncate, id="index, truncated", marks=slow),
    pytest.param("*.nbi", empty, id="index, empty", marks=slow),
    pytest.param("*.nbi", scribble, id="index, foreign", marks=slow),
]


@emitted
@pytest.mark.parametrize(("pattern", "damage"), DAMAGE)
@pytest.mark.parametrize("numbas_own_folder", [False, pytest.param(True, marks=slow)])
def test_a_damaged_cache_is_replaced_with_one_warning(
    filled: tuple[Path, Any],
    pattern: str,
    damage: Any,
    numbas_own_folder: bool,
    tmp_path: Path,
    reference: Any,
) -> None:
    place = tmp_path / "copy"
    shutil.copytree(filled[0], place)
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)} if numbas_own_folder else {}
    if numbas_own_folder:
        run(place, **environment)
        damaged = [*place.rglob(pattern), *tmp_path.glob(f"fold_*/{pattern}")]
    else:
        damaged = list(place.rglob(pattern))
    assert damaged
    for path in damaged:
        damage(path)
    got = run(place, **environment)
    assert right(got, reference)
    assert len(got["warnings"]) == 1
    assert "the cell is compiled again" in got["warnings"][0]
    after = run(place, **environment)
    assert right(after, reference)
    assert after["hits"] == 2
    assert not after["warnings"]


@emitted
@slow
@pytest.mark.parametrize("parent", ["a file", "no home"])
def test_without_a_writable_place_there_is_no_cache_and_no_error(
    parent: str, tmp_path: Path, reference: Any
) -> None:
    (tmp_path / "file").touch()
    if parent == "a file":
        got = run(tmp_path / "file" / "cache")
    else:
        homeless = "import pathlib\ndef home(): raise RuntimeError('no home')\npathlib.Path.home = home"
        got = run(Path(), homeless, MINIGRAD_CACHE_DIR="", XDG_CACHE_HOME="", LOCALAPPDATA="")
    assert right(got, reference)
    assert (got["path"], got["cache"]) == (None, None)
    assert [text[:36] for text in got["warnings"]] == ["no folder can be written for compile"], "once"
    assert "set MINIGRAD_CACHE_DIR" in got["warnings"][0]


class Full(Light):
    """A cell that no other test compiles."""


@emitted
def test_a_disk_that_is_full_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: Any
) -> None:
    def save(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", save)
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    cell = Full(np.random.default_rng(0))
    cache.warn_uncached.cache_clear()
    with pytest.warns(mg.CompileWarning, match=r"no folder can be written.*set MINIGRAD_CACHE_DIR") as caught:
        states = mg.fold(cell, TREES, X, mode="compiled")
    assert len(caught) == 1
    states.h.sum().backward()  # warnings are errors here: a second one would be raised
    assert list(tmp_path.rglob(f"{machine_code.name_of(mg.fold_source(cell))}.py"))
    assert not list(tmp_path.rglob("*.nb?"))
    assert right({"h": states.h.data, "gradient": [p.grad for p in cell.parameters()]}, reference)


@emitted
@slow
def test_a_folder_that_can_only_be_read_is_read(filled: tuple[Path, Any], reference: Any) -> None:
    refuse = """
import tempfile
from minigrad.fold.compiler import cache
def refuse(*_, **__): raise PermissionError("read only")
cache.tempfile.mkdtemp = cache.os.rename = refuse
"""
    got = run(filled[0], refuse)
    assert right(got, reference)
    assert got["path"]
