"""Files of machine code: compiled once, then read, whatever happens to them. test_fold_cache.py has cells."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import JIT_ENABLED, jit, machine, objects, product, vectors
from minigrad.kernels.machine import address

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other module of this process has."""
    return objects.key("test", [request.node.name], [])


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of modules as they are compiled; files are in a folder of the test's own."""
    names: list[str] = []
    compile_ir = machine.compile_ir

    def counted(name: str, text: str) -> machine.Code:
        names.append(name)
        return compile_ir(name, text)

    monkeypatch.setattr(machine, "compile_ir", counted)
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path / "cache"))
    objects._told.cache_clear()
    yield names
    objects._told.cache_clear()


def load(name: str, value: int = 42) -> int:
    """Load a module in what has not loaded it yet; call its function, which returns a value."""
    machine._loaded.pop(name, None)
    text = f"define void @{name}(ptr %frame) {{\nstore i64 {value}, ptr %frame\nret void\n}}"
    objects.load(name, lambda: text)
    frame = np.zeros(1, np.int64)
    machine.entry(name, name)(address(frame))
    return int(frame[0])


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_compiled_once_and_then_read(name: str, compiled: list[str], tmp_path: Path) -> None:
    assert load(name) == 42
    written = objects.path(name).stat()
    assert load(name) == 42
    assert compiled == [name]
    assert files(tmp_path / "cache") == [f"{name}.code"], "drafts are tidied away"
    assert objects.path(name).stat().st_mtime_ns == written.st_mtime_ns
    assert objects.path(name).stat().st_ino == written.st_ino


def test_what_is_in_the_process_is_neither_read_nor_written(name: str, compiled: list[str]) -> None:
    load(name)
    objects.path(name).write_bytes(b"")

    def fail() -> str:
        raise AssertionError

    objects.load(name, fail)
    assert objects.path(name).read_bytes() == b""


def test_modules_are_kept_apart(name: str, compiled: list[str]) -> None:
    for _ in range(2):
        assert load(f"{name}_one", 1) == 1
        assert load(f"{name}_two", 2) == 2
    assert len(compiled) == 2


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def header_only(path: Path) -> None:
    path.write_bytes(objects.MAGIC)


def flip(position: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[position] ^= 1
        path.write_bytes(content)

    return damage


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "truncated": truncate,
    "empty": lambda path: path.write_bytes(b""),
    "its first line only": header_only,
    "foreign": lambda path: path.write_bytes(b"not what you think" * 100),
    "of another format": flip(0),
    "the checksum flipped": flip(len(objects.MAGIC)),
    "the code flipped": flip(-1),
    "a length flipped": flip(len(objects.MAGIC) + 32),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_replaced_with_one_warning(
    damage: Callable[[Path], Any], name: str, compiled: list[str]
) -> None:
    load(name)
    whole = objects.path(name).read_bytes()
    damage(objects.path(name))
    with pytest.warns(mg.CompileWarning, match=r"\.code was damaged, .* compiled again") as caught:
        assert load(name) == 42
    assert len(caught) == 1
    assert str(objects.path(name)) in str(caught[0].message)
    assert len(compiled) == 2
    assert len(objects.path(name).read_bytes()) == len(whole)
    assert load(name) == 42  # warnings are errors here
    assert len(compiled) == 2


def test_a_file_that_is_gone_is_written_again(name: str, compiled: list[str]) -> None:
    load(name)
    objects.path(name).unlink()
    assert load(name) == 42
    assert compiled == [name, name]
    assert objects.path(name).exists()


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


def read_only(source: Path, target: Path) -> None:
    raise PermissionError(13, "Permission denied", str(source))


def a_file_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path / "file" / "cache"))


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch, Path], Any], str]] = {
    "Not a directory": (a_file_in_the_way, "file/cache"),
    "No space left on device": (lambda m, _: m.setattr(Path, "open", full_disk), "cache"),
    "Permission denied": (lambda m, _: m.setattr(os, "replace", read_only), "cache"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_where_nothing_can_be_kept_one_warning_says_so(
    fault: str, name: str, compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse, folder = FAULTS[fault]
    refuse(monkeypatch, tmp_path)
    with pytest.warns(mg.CompileWarning) as caught:
        found = load(name, 1), load(name, 1), load(f"{name}_other", 2)
    assert found == (1, 1, 2)
    assert [str(warning.message) for warning in caught] == [
        f"machine code can't be kept in {tmp_path / folder} ({fault}), so every process compiles anew; "
        "set MINIGRAD_CACHE_DIR to a folder that can be written"
    ]
    assert len(compiled) == 3
    monkeypatch.undo()
    assert not (tmp_path / "cache").exists() or files(tmp_path / "cache") == [], "drafts are tidied away"


def test_without_a_home_nothing_is_kept(
    name: str, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("MINIGRAD_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.warns(
        mg.CompileWarning, match="kept anywhere, since there is no home folder .*every process"
    ):
        assert load(name) == 42


def test_a_folder_that_can_only_be_read_is_read(
    name: str, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(name)
    monkeypatch.setattr(os, "replace", read_only)
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    assert load(name) == 42  # warnings are errors here
    assert compiled == [name]


# -- names and places ---------------------------------------------------------------------------------


def test_the_name_changes_with_whatever_decides_on_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(kind: str = "a", texts: Any = ("x", "y"), files: Any = (product,)) -> str:
        return objects.key(kind, texts, files)

    names = [
        key(),
        key("b"),
        key(texts=["xy"]),
        key(texts=["x", "y", ""]),
        key(files=[vectors]),
        key(files=[]),
    ]
    for library in (machine.numba, machine.llvmlite):
        with monkeypatch.context() as m:
            m.setattr(library, "__version__", "0.0")
            names.append(key())
    codegen = type("Codegen", (), {"magic_tuple": lambda self: ("x86_64", "generic", "")})
    with monkeypatch.context() as m:
        m.setattr(machine, "_codegen", codegen)
        names.append(key())
    with monkeypatch.context() as m:
        m.setitem(vars(machine.numba.config), "OPT", 1)
        names.append(key())
    assert len(set(names)) == len(names)
    assert key() == names[0]
    assert names[0].startswith("a_")


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
def test_where_machine_code_is_kept(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MINIGRAD_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(objects.sys, "platform", platform)
    monkeypatch.setattr(objects.Path, "home", lambda: Path("/home/me"))
    assert objects.root() == Path(expected)
    assert objects.path("fold_x") == Path(expected) / "fold_x.code"


def scaled_sum(x: np.ndarray, n: int) -> Any:
    """Become machine code in the tests below."""
    return x.sum() * n


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_numba_compiles_is_kept_likewise(
    dtype: Any, name: str, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def function() -> Any:
        """Return the function as a new process has it, which compiles nothing more."""

        def make() -> machine.Code:
            made.append(name)
            return machine.compile_function(new, "vn", np.dtype(dtype))

        new = jit.compiled(scaled_sum, cache=False)
        objects.keep(name, make, lambda code: machine.load_function(new, code))
        new.disable_compile()  # type: ignore[attr-defined]
        return new

    x = np.array([1.0, 2.5, 0.0], dtype)
    for _ in range(2):
        result = function()(x, 2)
        assert (result, len(made)) == (7, 1)
        assert len(function().overloads) == 1
    truncate(objects.path(name))
    with pytest.warns(mg.CompileWarning, match="was damaged"):
        assert function()(x, 3) == 10.5
    assert (function()(x, 3), len(made)) == (10.5, 2)
    with pytest.raises(TypeError):
        function()(x[::2], 1)  # another kind of array


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork, and no lock, here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_of_processes_that_come_at_once_one_compiles_and_the_others_read(
    name: str, compiled: list[str], tmp_path: Path
) -> None:
    made = tmp_path / "made"
    children = []

    def make() -> machine.Code:
        with made.open("a") as file:
            file.write("x")
        time.sleep(0.3)  # the others come meanwhile
        return b"code", b"more"

    for _ in range(3):
        if not (child := os.fork()):
            with contextlib.suppress(BaseException):
                read: list[machine.Code] = []
                objects.keep(name, make, read.append)
                os._exit(0 if read in ([], [(b"code", b"more")]) else 1)
            os._exit(2)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert made.read_text() == "x"
    assert files(tmp_path / "cache") == [f"{name}.code"]
