"""Compile the text of a module to machine code, once: it is cached."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import linecache
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite
import numba
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from minigrad.fold.compiler import cache
from minigrad.waiting import waiting


def name_of(source: str) -> str:
    """Return the name of a module: a hash of everything that its machine code depends on.

    Equations, widths, dtype and every kernel that is called are in the text; files that are not pasted into
    it may change.
    """
    processor = cpu_target.target_context.codegen().magic_tuple()  # its name and features, as Numba sees them
    config = vars(numba.config)
    versions = numba.__version__, llvmlite.__version__
    settings = (*versions, processor, config["BOUNDSCHECK"], config["OPT"])
    digest = hashlib.sha256(source.encode() + repr(settings).encode())
    return f"fold_{digest.hexdigest()[:24]}"


class Code:
    """The functions of an emitted module, as attributes.

    Each is compiled, or read from the cache, at its first call; if it is compiled, `waiting` says so. A cache
    that can't be read is removed, and the function compiled again; where nothing can be written, it is
    compiled in memory.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._path: Path | None = None
        self._told = False  # whether a line has said that this is being compiled
        self._open()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in vars(self._module):
            raise AttributeError(name)
        return functools.partial(self._call_first, name)

    def _open(self) -> None:
        name = name_of(self._source)
        self._path = cache.publish(name, self._source)
        try:
            if self._path is not None:
                self._module = _from_file(name, self._path)
                return
        except OSError:  # another process has just removed it
            pass
        self._keep_in_memory()

    def _keep_in_memory(self) -> None:
        cache.warn_uncached()
        self._path = None
        self._module = _from_memory(name_of(self._source), self._source)

    def _call_first(self, name: str, *arguments: Any) -> Any:
        self._compile({name: tuple(map(numba.typeof, arguments))})
        function = self._module_function(name)
        setattr(self, name, function)  # from now on found without __getattr__
        return function(*arguments)

    def _compile(self, kinds: Mapping[str, Any]) -> None:
        if self._told:
            with self._alone():
                self._compile_in_silence(kinds)
            return
        title = vars(self._module)["TITLE"]
        with waiting(f"waiting for another process, which is compiling {title}") as stage, self._alone():
            stage(self._what_takes_long(title, all(map(self._cached, kinds))))
            self._compile_in_silence(kinds)
        self._told = bool(stage.told)

    def _alone(self) -> AbstractContextManager[None]:
        # Numba writes its index before the code that it lists: only the lock tells when both are there.
        return nullcontext() if self._path is None else cache.alone(self._path.parent)

    def _compile_in_silence(self, kinds: Mapping[str, Any]) -> None:
        for name, kind in kinds.items():
            try:
                self._module_function(name).compile(kind)
            except Exception as error:
                self._recover(name, kind, error)

    def _what_takes_long(self, title: str, cached: bool) -> str:
        if self._path is None:
            return f"compiling {title}: 5 to 10 s in every process, since no cache can be written"
        folder = self._path.parent.parent
        if cached:
            return f"reading {title} from {folder}"
        return f"compiling {title}, first time on this machine: 5 to 10 s, then kept in {folder}"

    def _cached(self, name: str) -> bool:
        """Return whether the cache has an index of a function's machine code."""
        return self._path is not None and any(self._folder(name).glob(f"*.{name}-*.nbi"))

    def _folder(self, name: str) -> Path:
        """Return where Numba keeps the machine code of a function of a module that has a file."""
        assert self._path is not None
        return Path(self._module_function(name).stats.cache_path or self._path.parent)

    def _module_function(self, name: str) -> Any:
        return vars(self._module)[name]

    def _recover(self, name: str, kind: Any, error: Exception) -> None:
        """Recover from an error of the cache, and compile; any other is raised again."""
        if self._path is None or isinstance(error, NumbaError):
            raise error
        if not isinstance(error, OSError):  # which says that nothing can be written: a full disk
            if not self._cached(name):
                raise error
            folder = self._folder(name)
            for damaged in {self._path.parent, folder}:
                cache.wipe(damaged)
            cache.warn(f"the machine code in {folder} was damaged ({type(error).__name__})")
            self._open()
            try:
                self._module_function(name).compile(kind)
            except OSError:
                pass
            else:
                return
        self._keep_in_memory()
        self._module_function(name).compile(kind)


def _from_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where Numba finds the globals of what it reads from its cache
    spec.loader.exec_module(module)
    return module


def _from_memory(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), vars(module))
    return module


@functools.cache
def load(source: str) -> Code:
    """Return the functions of a module; the same object for equal texts."""
    return Code(source)
