"""Which names a function reads, from its bytecode; and which functions are a library's.

The source is not asked: of a function that was edited since it was defined, the file has another text.
"""

from __future__ import annotations

import dis
import functools
import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A line of code; as text, ' (mine.py, line 3: return x)'."""

    file: str
    line: int

    @classmethod
    def of(cls, function: Any) -> Place:
        """Return where a function begins."""
        code = getattr(function, "__code__", None)
        return cls(code.co_filename, code.co_firstlineno) if code else cls("", 0)

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.line).strip()
        return f" ({os.path.basename(self.file)}, line {self.line}{': ' if text else ''}{text})"


class Load(NamedTuple):
    """A name that is read, and the attributes that are read of its value.

    Attributes
    ----------
    root : "global", "closure", "import" or "object"
        Where the first name is looked up; "object": in an object that the bytecode alone does not tell.
    path : tuple of str
        For instance ("acts", "tanh") for ``acts.tanh``.
    place : Place
    """

    root: str
    path: tuple[str, ...]
    place: Place


ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM")
ROOTS = {
    "LOAD_GLOBAL": "global",
    "LOAD_NAME": "global",
    "LOAD_DEREF": "closure",
    "LOAD_CLASSDEREF": "closure",
    "LOAD_FROM_DICT_OR_DEREF": "closure",
}


@functools.lru_cache(maxsize=1024)
def loads(code: CodeType) -> tuple[Load, ...]:
    """Return what a function reads, apart from its own local variables; not what functions inside it read."""
    return tuple(_loads(code))


def _loads(code: CodeType) -> Iterator[Load]:
    open_load: Load | None = None  # to which an attribute would be added
    for instruction in dis.get_instructions(code):
        name, kind = instruction.argval, instruction.opname
        if kind in ("EXTENDED_ARG", "CACHE", "PUSH_NULL"):
            continue
        if kind in ATTRIBUTES and open_load is not None:
            open_load = open_load._replace(path=(*open_load.path, name))
            continue
        if open_load is not None:
            yield open_load
            open_load = None
        line = instruction.positions.lineno if instruction.positions else None
        place = Place(code.co_filename, line or code.co_firstlineno)
        if kind in ATTRIBUTES:
            yield Load("object", (name,), place)
        elif kind == "IMPORT_NAME":
            yield Load("import", (name,), place)
        elif kind in ROOTS and (ROOTS[kind] == "global" or name in code.co_freevars):
            open_load = Load(ROOTS[kind], (name,), place)


def stores(code: CodeType) -> Iterator[str]:
    """Yield the globals, variables of closures and attributes that a function assigns to."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF"):
            yield instruction.argval


def nested(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of all functions that are written inside a function."""
    stack = [code]
    while stack:
        for inner in stack.pop().co_consts:
            if isinstance(inner, CodeType):
                yield inner
                stack.append(inner)


@functools.lru_cache(maxsize=4096)
def in_library(file: str) -> bool:
    """Tell whether a file is one of minigrad's, NumPy's, Numba's or Python's own, which nobody edits."""
    if file.startswith("<frozen"):
        return True
    path = os.path.abspath(file)
    if path.startswith(_folders()):
        return True
    standard = path.startswith(tuple(sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib")))
    return standard and not {"site-packages", "dist-packages"} & set(path.split(os.sep))


@functools.cache
def _folders() -> tuple[str, ...]:
    found = (sys.modules.get(name) for name in ("minigrad", "numpy", "numba", "llvmlite", "scipy"))
    return tuple(os.path.dirname(os.path.abspath(str(m.__file__))) + os.sep for m in found if m is not None)


def is_users(code: CodeType, namespace: Mapping[str, Any]) -> bool:
    """Tell whether a function with these globals is the user's, not a library's."""
    file = code.co_filename
    if file == "<string>":  # made by a dataclass or a named tuple, or by the user's exec
        if str(namespace.get("__name__")).startswith("namedtuple_"):
            return False
        file = namespace.get("__file__", file)
    return not in_library(file)


def of_library(thing: Any) -> bool:
    """Tell whether a module, or the module of a class, is a library's."""
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(getattr(thing, "__module__", ""))
    file = getattr(module, "__file__", None)
    if file is None:
        return getattr(module, "__name__", "") in sys.stdlib_module_names
    return in_library(file)


def users_place(frame: FrameType | None) -> Place:
    """Return the innermost line that is no library's."""
    while frame is not None and in_library(frame.f_code.co_filename):
        frame = frame.f_back
    return Place("", 0) if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


class ReadError(Exception):
    """Something that ``compose`` reads can't be compiled in.

    Attributes
    ----------
    reason, cure : str
    place : Place
    """

    def __init__(self, reason: str, cure: str, place: Place) -> None:
        super().__init__(f"{reason}; {cure}")
        self.reason, self.cure, self.place = reason, cure, place
