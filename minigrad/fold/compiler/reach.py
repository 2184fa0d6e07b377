"""All objects that some functions can reach through the names that they read.

A global, or an attribute of a module, is looked up exactly. Any other attribute may belong to whatever object
is within reach (bytecode does not tell which), so attributes of that name are watched in all of them.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import numpy as np

from minigrad.fold.cell import Cell
from minigrad.fold.compiler.names import Place, ReadError, in_library, loads, nested, of_library
from minigrad.fold.compiler.watch import SIMPLE, Read, contents
from minigrad.fold.compiler.wrappers import WRAPPERS, codes, wrapped
from minigrad.nn import Module, Parameter
from minigrad.primitive import Operation
from minigrad.tensor import Tensor

OF_THE_FOLD = ("compose", "parts", "right_parts")  # what the trace itself reads
DYNAMIC = {"getattr", "hasattr", "vars", "dir", "attrgetter", "__dict__", "__getattribute__"}
BLIND = {"globals", "locals", "eval", "exec", "open", "input"}  # what these find can't be watched
FIXED = ("minigrad", "re", "types", "typing")  # modules whose objects, other than tensors, are never changed
CURE = "make it a Parameter, a number, a string or a tuple, or declare it constant: mg.constant(…)"


class Reach:
    """All that can be reached from a cell through the names that functions read.

    Parameters
    ----------
    cell : Cell
    ran : sequence of (code, dict)
        The functions, and the globals of each.

    Attributes
    ----------
    reads : dict of Read by key
    absent, sizes : lists
        See `Watch`.
    generators : dict id -> (state, what it is, where it is read)
        The random generators.
    problems : list of ReadError
        What is read though its changes can't be noticed.
    """

    def __init__(self, cell: Cell, ran: Sequence[tuple[CodeType, dict[str, Any]]]) -> None:
        self.reads: dict[Any, Read] = {}
        self.absent: list[tuple[Mapping[str, Any], frozenset[str]]] = []
        self.sizes: list[Any] = []
        self.generators: dict[int, tuple[str, str, Place]] = {}
        self.problems: list[ReadError] = []
        self._cell, self._ran = cell, {code for code, _ in ran}
        self._found: set[CodeType] = set()
        self._seen: dict[Any, Any] = {}
        # Attributes of objects that bytecode does not tell, and where they are read.
        self._names: dict[str, Place | None] = dict.fromkeys(OF_THE_FOLD)
        self._any_name = False  # whether names of attributes are computed
        self._queue: list[tuple[Any, str, Place | None]] = [(cell, type(cell).__name__, None)]
        for code, namespace in ran:
            self._scan(code, namespace)
        self._any_name |= not DYNAMIC.isdisjoint(self._names)
        self._visit_all()
        self._find_others(ran)
        self._visit_all()

    # -- names ----------------------------------------------------------------------------------------

    def _scan(self, code: CodeType, namespace: dict[str, Any]) -> None:
        """Look up the names that a function reads."""
        absent = set()
        for root, path, place in loads(code):
            rest: Sequence[str] = path if root == "object" else path[1:]
            if root == "global" and path[0] in namespace:
                self._read("item", namespace, path[0], namespace[path[0]])
                rest = self._follow(namespace[path[0]], path[0], rest, place)
            elif root == "global" and hasattr(builtins, path[0]):
                absent.add(path[0])
                self._any_name |= path[0] in DYNAMIC
                if path[0] in BLIND:
                    self._refuse(f"what {path[0]}() returns", place)
            elif root == "import":
                inside = f"{namespace.get('__package__')}.{path[0]}"
                self._queue.append((sys.modules.get(path[0], sys.modules.get(inside)), path[0], place))
            for name in rest:
                if self._names.get(name) is None:
                    self._names[name] = place
        self.absent.append((namespace, frozenset(absent)))

    def _follow(self, value: Any, what: str, rest: Sequence[str], place: Place) -> Sequence[str]:
        """Look up attributes of modules; queue what they lead to, and return the rest of the names."""
        while rest and isinstance(value, ModuleType):
            inside, name = vars(value), rest[0]
            if name in inside and not of_library(value):
                self._read("item", inside, name, inside[name])
            value, what, rest = getattr(value, name, None), f"{what}.{name}", rest[1:]
        self._queue.append((value, what, place))
        return rest

    def _find_others(self, ran: Iterable[tuple[CodeType, dict[str, Any]]]) -> None:
        """Look up functions that ran, but were reached by no name, among the globals beside them."""
        inner = {code for outer in self._ran for code in nested(outer)}
        for code, namespace in ran:
            if code in self._found or code in inner:
                continue
            owners = [name for name, value in namespace.items() if code in codes(value)]
            for name in owners:
                self._read("item", namespace, name, namespace[name])
                self._queue.append((namespace[name], name, None))
            if not owners:
                place = Place(code.co_filename, code.co_firstlineno)
                self._refuse(f"{code.co_name}, a function that no name leads to,", place)

    def _read(self, kind: str, holder: Any, name: str, value: Any) -> None:
        read = Read(kind, holder, name, value)
        self.reads[read.key] = read

    def _refuse(self, what: str, place: Place | None) -> None:
        if place is not None:
            reason = f"compose reads {what}{place}, and compiled code would not notice a change of it"
            self.problems.append(ReadError(reason, CURE, place))

    # -- objects --------------------------------------------------------------------------------------

    def _visit_all(self) -> None:
        while self._queue:
            value, what, place = self._queue.pop()
            key = id(value), place is None
            if not isinstance(value, SIMPLE | Parameter) and key not in self._seen:
                self._seen[key] = value
                self._visit(value, what, place)

    def _visit(self, value: Any, what: str, place: Place | None) -> None:
        """Follow an object. What no line is known to read is watched as far as that goes, and not refused."""
        if isinstance(value, list | dict | set):
            if place is None:
                self._contents(value, what, None)
            self._refuse(f"the {type(value).__name__} {what}", place)
        elif isinstance(value, MappingProxyType):
            self._contents(value, what, place)
        elif isinstance(value, tuple | frozenset):
            self._queue += [(inner, f"{what}, which holds it", place) for inner in value]
            self._class(type(value))
        elif isinstance(value, ModuleType):
            if not of_library(value):
                self._entries(vars(value), what, self._names)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, FunctionType):
            self._function(value, what, place)
        elif isinstance(value, WRAPPERS):
            self._queue += [(inner, what, place) for inner in wrapped(value)]
            if isinstance(value, functools.partial):
                self._contents(value.keywords, what, place)
        elif isinstance(value, BuiltinFunctionType):  # a method of something, or of its module
            self._queue.append((value.__self__, f"{what}, a method of it", place))
        elif isinstance(value, np.random.Generator):
            if place is not None:
                self.generators[id(value)] = repr(value.bit_generator.state), what, place
        elif isinstance(value, Module) or not of_library(type(value)):
            self._instance(value)
        else:
            self._foreign(value, what, place)

    def _contents(self, value: Any, what: str, place: Place | None) -> None:
        self._read("contents", value, "", contents(value))
        self._queue += [(inner, f"{what}, which holds it", place) for inner in contents(value)]

    def _foreign(self, value: Any, what: str, place: Place | None) -> None:
        """Follow an instance of a library's class."""
        kind = type(value)
        if isinstance(value, Operation):
            self._queue += [(inner, what, None) for inner in wrapped(value)]
            if not in_library(value.forward.__code__.co_filename):
                self._read("attribute", value, "makers", value.makers)
        elif hasattr(value, "__wrapped__"):  # functools.lru_cache
            self._queue.append((value.__wrapped__, what, place))
        elif isinstance(value, np.ndarray) and _is_read_only(value):
            return
        elif isinstance(value, Tensor):
            self._refuse(f"the tensor {what}, which is no Parameter,", place)
        elif not (callable(value) or hasattr(kind, "__get__") or kind.__module__.split(".")[0] in FIXED):
            self._refuse(f"{what}, of the type {kind.__name__},", place)

    def _function(self, function: FunctionType, what: str, place: Place | None) -> None:
        code = function.__code__
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        filled = {name: cell for name, cell in cells.items() if _is_filled(cell)}
        if in_library(code.co_filename):  # what a user has given it
            given = [cell.cell_contents for cell in filled.values()]
            self._queue += [(v, what, None) for v in given if isinstance(v, FunctionType | Operation)]
        elif code in self._ran:
            self._found.add(code)
            where = Place(code.co_filename, code.co_firstlineno)
            for name in ("__code__", "__defaults__", "__kwdefaults__"):
                self._read("attribute", function, name, getattr(function, name))
            for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
                self._queue.append((value, f"a default of {what}", where))
            if function.__kwdefaults__:
                self._contents(function.__kwdefaults__, f"a default of {what}", where)
            lines = {load.path[0]: load.place for load in loads(code) if load.root == "closure"}
            for name, cell in filled.items():
                if name != "__class__":  # for super()
                    self._read("attribute", cell, "cell_contents", cell.cell_contents)
                    self._queue.append((cell.cell_contents, name, lines.get(name, where)))
            self._entries(vars(function), what, self._names)

    def _instance(self, value: Any) -> None:
        kind, inside = type(value), getattr(value, "__dict__", {})
        whole = self._any_name or of_library(kind)
        more = {name for name, held in inside.items() if whole or isinstance(held, Parameter | Module)}
        self._entries(inside, kind.__name__, self._names, more)
        self.absent.append((inside, frozenset(self._names.keys() - inside.keys())))
        if whole:
            self.sizes.append(inside)
        if value is not self._cell:
            self._read("attribute", value, "__class__", kind)
        self._class(kind)
        for base in kind.__mro__:
            for name, slot in vars(base).items():
                named = isinstance(slot, MemberDescriptorType) and (whole or name in self._names)
                if named and hasattr(value, name):
                    found = getattr(value, name)
                    self._read("attribute", value, name, found)
                    self._queue.append((found, f"{kind.__name__}.{name}", self._names.get(name)))

    def _class(self, kind: type) -> None:
        """Watch what a class and its bases define: attributes that are named, and functions that ran."""
        for base in kind.__mro__:
            if of_library(base) or base in self._seen:
                continue
            self._seen[base] = inside = vars(base)
            ran = {name for name, value in inside.items() if codes(value) & self._ran}
            if ran or not self._names.keys().isdisjoint(inside):
                self._entries(inside, base.__name__, self._names, ran)
                self._read("attribute", base, "__mro__", base.__mro__)
                self.sizes.append(inside)

    def _entries(
        self, inside: Mapping[str, Any], what: str, names: Container[str], more: Container[str] = ()
    ) -> None:
        for name, value in list(inside.items()):
            if name in names or name in more:
                self._read("item", inside, name, value)
                self._queue.append((value, f"{what}.{name}", self._names.get(name)))


def _is_filled(cell: Any) -> bool:
    """Tell whether the variable of a closure has a value."""
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _is_read_only(array: np.ndarray) -> bool:
    """Tell whether an array, and those whose memory it shows, can't be written to."""
    base: Any = array
    while isinstance(base, np.ndarray) and not base.flags.writeable:
        base = base.base
    return base is None
