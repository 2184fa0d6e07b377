"""The texts of cells, and the names of machine code. test_objects.py has faults of files."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import waiting
from minigrad.fold.compiler import code
from minigrad.fold.compiler.abi import FIELDS, Field
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.run import compiled
from minigrad.kernels import machine
from minigrad.kernels.jit import JIT_ENABLED
from models.cells import RLSTM, RNN
from tests.clock import FakeClock
from tests.import_graph import imported_names, sources
from tests.minigrad.fold_contract.cells import CELLS, ContractCell, E, Simple

driver = sys.modules["minigrad.fold.compiler.driver"]  # the package has its function by this name
emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(2, E))


def simple() -> Simple:
    return Simple(np.random.default_rng(0))


@pytest.mark.slow
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
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # this process has another
    text = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(script, {})
    assert text == printed.getvalue()
    assert "def backward(" in text
    assert 'define void @"f_backward"(' in text


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


# What a cell's NumPy text shows, or what machine code does not depend on
SHOWN = (
    "fold.compiler.layout",
    "fold.compiler.program",
    "fold.compiler.views",
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
    from minigrad.fold.compiler import code
    from minigrad.kernels import objects
    class Sum(minigrad.Cell):
        parts = (minigrad.Part("h", 2),)
        def compose(self, left, right):
            return left.h + right.h
    print(code.module_name(minigrad.fold_source(Sum(), "f")))
    print(objects.key("kernels", ["float32"], code.KERNELS))
    print(objects.key("driver", ["float32"], sys.modules["minigrad.fold.compiler.driver"].FILES))
"""


@pytest.mark.slow  # five copies of the package are imported
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


@emitted
def test_equal_texts_share_their_functions() -> None:
    assert compiled(simple(), np.float64).addresses == CompiledCell(simple(), "d").addresses


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
    """The names that the driver unpacks stand in the order of the fields."""
    names = driver.loss_and_gradients.__globals__
    assert {field.name: names[field.name] for field in Field} == dict(Field.__members__)
    assert [*Field] == [*range(FIELDS)]


@emitted
def test_the_driver_s_name_depends_on_every_file_that_is_compiled_into_it() -> None:
    files = {module.__name__ for module in driver.FILES}
    waiting: list[Any] = [driver.loss_and_gradients]
    found = set()
    while waiting:
        function = waiting.pop()
        found.add(function)
        assert function.__module__ in files
        for value in (function.__globals__.get(name) for name in function.__code__.co_names):
            value = getattr(value, "compiled", value)
            inner = getattr(value, "py_func", None)  # of what Numba compiles
            assert inner is not None or not isinstance(value, types.FunctionType), value
            if inner is not None and inner not in found:
                waiting.append(inner)
            elif hasattr(value, "_defn"):  # writes LLVM IR
                assert value.__module__ in files
    assert {kernel.__wrapped__ for kernel in driver.KERNELS} < found
