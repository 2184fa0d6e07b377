"""The texts of cells and of the driver's module, and their names. test_fold_cache.py has faults of files."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import minigrad as mg
from minigrad import waiting
from minigrad.fold.compiler import build, cache, code, machine_code
from minigrad.fold.compiler.abi import FIELDS, Field
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.driver import loss_and_gradients
from minigrad.fold.compiler.run import compiled
from minigrad.kernels import machine
from minigrad.kernels.jit import JIT_ENABLED
from models.cells import RLSTM, RNN
from tests.clock import FakeClock
from tests.import_graph import imported_names, sources
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Simple

emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(2, E))


def simple() -> Simple:
    return Simple(np.random.default_rng(0))


def test_texts_and_names_do_not_depend_on_the_seed_of_hashes() -> None:
    script = (
        "import sys, numpy as np, minigrad as mg; from models.cells import RLSTM\n"
        "from tests.minigrad.fold_contract.cells import CELLS\n"
        "from minigrad.fold.compiler import code, machine_text, passes, trace\n"
        "for kind in (*CELLS, lambda rng: RLSTM(5, rng)):\n"
        "    cell = kind(np.random.default_rng(0))\n"
        "    source = mg.fold_source(cell)\n"
        "    print(source, code.module_name(source))\n"
        "    print(machine_text.machine_source(passes.optimise(trace.trace(cell)), 'f'))\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    assert "def backward(" in texts[0]
    assert 'define void @"f_backward"(' in texts[0]


# -- names and files ----------------------------------------------------------------------------------


def test_the_name_changes_with_whatever_decides_on_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def name(kind: Any = RLSTM, D: int = 5, dtype: Any = np.float32) -> str:
        return code.module_name(mg.fold_source(kind(D, np.random.default_rng(0), dtype=dtype)))

    names = [name(), name(RNN), name(D=6), name(dtype=np.float64)]
    with monkeypatch.context() as m:
        m.setattr(machine, "processor", lambda: ("another",))
        names.append(name())
    assert len(set(names)) == len(names)
    assert name() == names[0]


def test_the_name_of_a_module_for_numba_changes_with_versions_and_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [machine_code.name_of("a"), machine_code.name_of("b")]
    for library in (machine_code.numba, machine_code.llvmlite):
        with monkeypatch.context() as m:
            m.setattr(library, "__version__", "0.0")
            names.append(machine_code.name_of("a"))
    codegen = type("Codegen", (), {"magic_tuple": lambda self: ("x86_64", "generic", "")})
    with monkeypatch.context() as m:
        m.setattr(type(machine_code.cpu_target.target_context), "codegen", lambda self: codegen())
        names.append(machine_code.name_of("a"))
    assert len(set(names)) == len(names)
    assert machine_code.name_of("a") == names[0]


# What a cell's NumPy text shows, or what machine code does not depend on
SHOWN = (
    "fold.compiler.layout",
    "fold.compiler.program",
    "kernels.formulas",
    "symbol",
    "stack",
    "waiting",
    "errors",
)


@pytest.mark.parametrize("files", [code.KERNELS, code.LOWERING], ids=["kernels", "cells"])
def test_the_name_depends_on_every_file_that_decides_on_the_code(files: tuple[types.ModuleType, ...]) -> None:
    """A stale machine code would work with other buffers, strides or numbers than are given to it."""
    known = {module.__name__ for module in files}
    ours = sources(ROOT, ["minigrad"])
    for module in sorted(known):
        used = {name for name in imported_names(ours[module]) if name.startswith("minigrad.")}
        used = {name if name in ours else name.rpartition(".")[0] for name in used}
        missing = used - known - {f"minigrad.{name}" for name in SHOWN}
        assert not missing, f"{module} imports {missing}"


EDITED = """
import pathlib, shutil, sys
package = pathlib.Path(sys.argv[1])
for copy in "abcde":
    shutil.copytree(package, f"{copy}/minigrad", ignore=shutil.ignore_patterns("__pycache__"))
edited = {"b": "fold/schedule.py", "c": "kernels/product.py", "d": "kernels/softmax.py"}
edited["e"] = "fold/compiler/memory.py"
for copy, file in edited.items():
    path = pathlib.Path(f"{copy}/minigrad/{file}")
    path.write_text(path.read_text().replace(" = ", "  = ") + "# edited")
for copy in "abcde":
    for name in [name for name in sys.modules if name.split(".")[0] == "minigrad"]:
        del sys.modules[name]
    sys.path[0] = copy
    import minigrad, numpy as np
    from minigrad.fold.compiler import build, code, machine_code
    from minigrad.kernels import objects
    class Sum(minigrad.Cell):
        parts = (minigrad.Part("h", 2),)
        def compose(self, left, right):
            return left.h + right.h
    print(code.module_name(minigrad.fold_source(Sum(), "f")))
    print(objects.key("kernels", ["float32"], code.KERNELS))
    print(machine_code.name_of(build.driver_source(np.dtype("f"))))
"""


def test_names_change_with_the_files_that_decide_and_no_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", EDITED, str(ROOT / "minigrad")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.split()
    changed = {}
    for k, file in enumerate(("schedule", "product", "softmax", "memory"), 1):
        changed[file] = [now != before for now, before in zip(names[3 * k : 3 * k + 3], names, strict=False)]
    assert changed == {  # of the cell, the shared kernels, the driver
        "schedule": [False, False, False],
        "product": [True, True, False],
        "softmax": [False, False, True],
        "memory": [True, False, False],
    }


def test_a_module_for_numba_imports_nothing_of_minigrad() -> None:
    nodes = list(ast.walk(ast.parse(build.driver_source(np.dtype("f")))))
    froms = [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    imports = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    assert {name.split(".")[0] for name in froms + imports} <= {
        *("__future__", "collections", "typing", "llvmlite", "numba", "numpy")
    }


def test_the_first_writer_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    path = cache.publish("fold_x", "x = 1\n")
    assert path is not None
    before = path.stat()
    cache._create(path, "x = 2\n")
    assert path.read_text() == "x = 1\n"
    assert cache.publish("fold_x", "x = 1\n") == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    with pytest.warns(mg.CompileWarning, match="was damaged, or not written by minigrad"):
        assert cache.publish("fold_x", "x = 2\n") == path
    assert path.read_text() == "x = 2\n"
    assert [p.name for p in tmp_path.iterdir()] == ["fold_x"]


# -- the text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_source_stands_on_its_own(kind: type[ContractCell], dtype: Any) -> None:
    source = mg.fold_source(kind(np.random.default_rng(0), dtype))
    imports = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(n) for n in imports] == ["import numpy as np"]
    assert f"{kind.__name__}, {np.dtype(dtype)}" in source.splitlines()[0]
    assert f"T = np.{np.dtype(dtype)}" in source
    assert ("float64" if dtype == np.float32 else "float32") not in source


def test_the_dtype_may_be_chosen() -> None:
    class Bare(Simple):
        def __init__(self) -> None:
            pass

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return left.h * right.h

    assert "Bare, float32" in mg.fold_source(Bare())
    assert "Bare, float64" in mg.fold_source(Bare(), np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_driver_stands_on_its_own(dtype: Any) -> None:
    source = build.driver_source(np.dtype(dtype))
    tree = ast.parse(source)
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert not any("minigrad" in ast.unparse(n) for n in imports)
    assert source.splitlines()[0].endswith(f"the driver of all cells, {np.dtype(dtype)}.")
    first = next(
        n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name not in ("compiled", "helper")
    )
    assert (first.name, ast.unparse(first.decorator_list[0])) == ("loss_and_gradients", "compiled")


@emitted
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_cached_function_calls_only_functions_of_its_own_file(
    dtype: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, helpers = {"loss_and_gradients"}, {"schedule_nodes", "linear_cross_entropy", "sum_rows"}
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    code = machine_code.Code(build.driver_source(np.dtype(dtype)))
    module = code._module
    dispatchers = {n: v for n, v in vars(module).items() if hasattr(v, "py_func")}
    assert called <= dispatchers.keys()
    for dispatcher in dispatchers.values():
        assert dispatcher.py_func.__module__ == module.__name__
        assert inspect.getfile(dispatcher.py_func) == str(code._path)
        for name in dispatcher.py_func.__code__.co_names:
            value = vars(module).get(name)
            if value is numba.carray:  # Numba's version is part of the name
                continue
            if isinstance(value, types.FunctionType) or hasattr(value, "_defn"):
                assert value.__module__ == module.__name__
            elif isinstance(value, types.ModuleType):
                assert value is np
    cached = {name for name, d in dispatchers.items() if d.stats.cache_path is not None}
    assert called == cached, "helpers have no cache"
    assert helpers & dispatchers.keys()


@emitted
def test_equal_texts_share_their_functions() -> None:
    assert compiled(simple(), np.float64).addresses == CompiledCell(simple(), "d").addresses
    source = build.driver_source(np.dtype("f"))
    assert machine_code.load(source) is machine_code.load(build.driver_source(np.dtype("f")))


@emitted
def test_an_error_of_the_compiler_itself_is_not_taken_for_a_damaged_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    header = build._header("Wrong, float32", "nothing")
    code = machine_code.Code(header + "@compiled\ndef wrong(x):\n    return x.no_such_thing\n")
    with pytest.raises(machine_code.NumbaError):
        code.wrong(X)
    assert code._path is not None
    assert code._path.exists()
    with pytest.raises(AttributeError):
        code.nothing  # noqa: B018


@emitted
def test_a_cell_that_takes_long_to_compile_is_told_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(waiting, "CLOCK", clock)
    monkeypatch.setattr(code.objects, "load", lambda name, write: clock.pass_(1.4))
    monkeypatch.setattr(code.machine, "entry", lambda name, function: lambda at: None)
    with pytest.raises(AttributeError):  # these functions have no address
        CompiledCell(simple(), "d")
    assert caplog.messages == []
    monkeypatch.setattr(code.objects, "load", lambda name, write: clock.pass_(2))
    with pytest.raises(AttributeError):
        CompiledCell(simple(), "d")
    assert caplog.messages == ["minigrad: compiling Simple, float64"]


def test_the_driver_and_the_writers_number_a_frame_alike() -> None:
    """The names that the driver unpacks stand in the order of the fields, in its module's text too."""
    names = loss_and_gradients.__globals__
    assert {field.name: names[field.name] for field in Field} == dict(Field.__members__)
    assert [*Field] == [*range(FIELDS)]
    text = build.driver_source(np.dtype("f"))
    numbers = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
        and isinstance(node.value, ast.Constant)
    }
    assert {name: numbers[name] for name in Field.__members__} == {f.name: f.value for f in Field}
    assert numbers["FIELDS"] == FIELDS


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let compiling take 20 s, reading nothing, and the lock what is said here; return what says it."""
    clock, lock = FakeClock(), [0.0]
    compile_in_silence = machine_code.Code._compile_in_silence

    @contextmanager
    def alone(folder: Path) -> Iterator[None]:
        clock.pass_(lock[0])
        yield

    def compiling(code: machine_code.Code, kinds: Any) -> None:
        compile_in_silence(code, kinds)
        if any(code._module_function(name).stats.cache_misses for name in kinds):
            clock.pass_(20)

    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(waiting, "CLOCK", clock)
    monkeypatch.setattr(cache, "alone", alone)
    monkeypatch.setattr(machine_code.Code, "_compile_in_silence", compiling)
    return lambda seconds: lock.__setitem__(0, seconds)


@emitted
def test_compiling_is_told_once_and_reading_never_and_waiting_for_who_compiles(
    tmp_path: Path, slow: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    functions = "".join(f"@compiled\ndef {name}(x):\n    return x\n\n\n" for name in ("one", "other"))
    source = build._header("Tiny, float32", "nothing") + functions
    code = machine_code.Code(source)
    assert code.one(1) == code.other(1) == 1
    assert caplog.messages == [
        f"minigrad: compiling Tiny, float32, first time on this machine: 5 to 10 s, then kept in {tmp_path}"
    ]
    assert machine_code.Code(source).one(1) == 1
    assert len(caplog.messages) == 1
    slow(10.0)
    assert machine_code.Code(source).one(1) == 1
    assert caplog.messages[1:] == ["minigrad: waiting for another process, which is compiling Tiny, float32"]
