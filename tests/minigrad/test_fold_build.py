"""The text of emitted modules, their names, and their files. test_fold_cache.py has the faults."""

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
from minigrad.fold.compiler import build, cache, machine_code
from minigrad.kernels.jit import JIT_ENABLED
from models.cells import RLSTM
from tests.clock import FakeClock
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Simple
from tests.minigrad.test_fold_cache import light

emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: every cell runs as level")
ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(2, E))


def test_the_text_does_not_depend_on_the_seed_of_hashes() -> None:
    script = (
        "import sys, numpy as np, minigrad as mg; from models.cells import RLSTM\n"
        "from tests.minigrad.fold_contract.cells import CELLS\n"
        "from minigrad.fold.compiler import machine_code\n"
        "for kind in CELLS: print(mg.fold_source(kind(np.random.default_rng(0))))\n"
        "source = mg.fold_source(RLSTM(5, np.random.default_rng(0)))\n"
        "print(source, machine_code.name_of(source))"
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


# -- names and files ----------------------------------------------------------------------------------


def test_the_name_changes_with_whatever_decides_on_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def name(kind: Any = RLSTM, D: int = 5, dtype: Any = np.float32) -> str:
        return machine_code.name_of(mg.fold_source(kind(D, np.random.default_rng(0), dtype=dtype)))

    names = [name(), name(D=6), name(dtype=np.float64)]
    for library in (machine_code.numba, machine_code.llvmlite):
        with monkeypatch.context() as m:
            m.setattr(library, "__version__", "0.0")
            names.append(name())
    codegen = type("Codegen", (), {"magic_tuple": lambda self: ("x86_64", "generic", "")})
    with monkeypatch.context() as m:
        m.setattr(type(machine_code.cpu_target.target_context), "codegen", lambda self: codegen())
        names.append(name())
    assert len(set(names)) == len(names)
    assert name() == names[0]


EDITED = """
import pathlib, shutil, sys
package = pathlib.Path(sys.argv[1])
for copy in "abcd":
    shutil.copytree(package, f"{copy}/minigrad", ignore=shutil.ignore_patterns("__pycache__"))
for file in ("b/minigrad/fold/schedule.py", "c/minigrad/kernels/product.py", "d/minigrad/kernels/softmax.py"):
    text = pathlib.Path(file).read_text()
    pathlib.Path(file).write_text(text.replace(" = ", "  = ") + "# edited")
for copy in "abcd":
    for name in [name for name in sys.modules if name.split(".")[0] == "minigrad"]:
        del sys.modules[name]
    sys.path[0] = copy
    import minigrad, numpy as np
    from minigrad.fold.compiler import build, machine_code
    class Sum(minigrad.Cell):
        parts = (minigrad.Part("h", 2),)
        def compose(self, left, right):
            return left.h + right.h
    for text in (minigrad.fold_source(Sum(), "f"), build.driver_source(np.dtype("f"))):
        print(machine_code.name_of(text))
"""


def test_the_name_changes_with_the_files_that_are_pasted_and_no_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", EDITED, str(ROOT / "minigrad")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.split()
    (cell, driver), (same_cell, same_driver), (product, not_product), (not_softmax, softmax) = zip(
        names[::2], names[1::2], strict=True
    )
    assert (same_cell, same_driver) == (cell, driver), "fold/schedule.py is in no module"
    assert product != cell
    assert not_product == driver
    assert not_softmax == cell
    assert softmax != driver


@pytest.mark.parametrize(
    "write", [lambda: mg.fold_source(light()), lambda: build.driver_source(np.dtype("f"))]
)
def test_a_module_imports_nothing_of_minigrad(write: Any) -> None:
    nodes = list(ast.walk(ast.parse(write())))
    froms = [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    imports = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    assert {name.split(".")[0] for name in froms + imports} <= {
        *("__future__", "collections", "typing", "llvmlite", "numba", "numpy")
    }


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"MINIGRAD_CACHE_DIR": "/a", "NUMBA_CACHE_DIR": "/n"}, "/a"),
        ("linux", {"NUMBA_CACHE_DIR": "/n", "XDG_CACHE_HOME": "/x"}, "/n/minigrad"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/minigrad"),
        ("linux", {}, "/home/me/.cache/minigrad"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/home/me/Library/Caches/minigrad"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/minigrad"),
        ("win32", {}, "/home/me/AppData/Local/minigrad"),
    ],
)
def test_where_modules_are_kept(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MINIGRAD_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cache.sys, "platform", platform)
    monkeypatch.setattr(cache.Path, "home", lambda: Path("/home/me"))
    assert cache.root() == Path(expected)


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
    assert not any("minigrad" in ast.unparse(n) for n in imports)
    assert f"{kind.__name__}, {np.dtype(dtype)}" in source.splitlines()[0]
    other = "float64" if dtype == np.float32 else "float32"
    equations = source[source.index("def forward(") : source.index("# == minigrad/kernels/")]
    assert other not in equations


def test_the_dtype_may_be_chosen() -> None:
    class Bare(Simple):
        def __init__(self) -> None:
            pass

        def compose(self, left: mg.Child, right: mg.Child) -> Any:
            return left.h * right.h

    assert "Bare, float32" in mg.fold_source(Bare())
    assert "Bare, float64" in mg.fold_source(Bare(), np.float64)


def rlstm_source(dtype: Any) -> str:
    return mg.fold_source(RLSTM(5, np.random.default_rng(0), dtype=dtype))


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
@pytest.mark.parametrize(
    ("write", "called", "helpers"),
    [
        (rlstm_source, {"forward", "backward"}, {"pack", "_tiles", "_tanh_f32", "product_packed"}),
        (build.driver_source, {"loss_and_gradients"}, {"schedule_nodes", "linear_cross_entropy", "sum_rows"}),
    ],
)
def test_a_cached_function_calls_only_functions_of_its_own_file(
    write: Any,
    called: set[str],
    helpers: set[str],
    dtype: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    code = machine_code.Code(write(np.dtype(dtype)))
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
    sources = {mg.fold_source(light()) for _ in range(2)}
    assert len(sources) == 1
    assert machine_code.load(sources.pop()) is machine_code.load(mg.fold_source(light()))


@emitted
def test_an_error_of_the_compiler_itself_is_not_taken_for_a_damaged_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    source = mg.fold_source(light())
    code = machine_code.Code(source + "\n\n@compiled\ndef wrong(x):\n    return x.no_such_thing\n")
    with pytest.raises(machine_code.NumbaError):
        code.wrong(X)
    assert code._path is not None
    assert code._path.exists()
    with pytest.raises(AttributeError):
        code.nothing  # noqa: B018


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
        f"minigrad: compiling Tiny, float32, first time on this machine: 10 to 30 s, then kept in {tmp_path}"
    ]
    assert machine_code.Code(source).one(1) == 1
    assert len(caplog.messages) == 1
    slow(10.0)
    assert machine_code.Code(source).one(1) == 1
    assert caplog.messages[1:] == ["minigrad: waiting for another process, which is compiling Tiny, float32"]
