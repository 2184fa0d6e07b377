"""Symbol: an array that stands for a computation instead of its result.

Operations and their vjps are functions on arrays. Given symbols, the very same functions return a symbolic
result, so that one definition of each op and of each derivative serves both: computing, and describing the
computation to the fold's compiler. Equal computations are one symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

ROWS = 1_000_003  # stands for the number of rows, which is not known while tracing
OTHER_ROWS = 1_000_033  # stands for it when a trace is repeated: it may not matter which number it is
NOTHING: Mapping[Any, Any] = MappingProxyType({})


class UnsupportedError(Exception):
    """A computation that symbols can't describe; the text names the NumPy function or kernel."""


class Symbol:
    """The result of `op`, applied to `args` (symbols and numbers).

    Attributes
    ----------
    op : str
    args : tuple
    shape : tuple of int
        With `ROWS` for the number of rows.
    dtype : numpy.dtype
    id : int
        In order of creation within its `table`.
    table : SymbolTable
    """

    __slots__ = ("args", "dtype", "id", "op", "shape", "table")

    def __init__(self, table: SymbolTable, op: str, args: tuple[Any, ...], shape: Any, dtype: Any) -> None:
        self.table, self.op, self.args = table, op, args
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.id = len(table.symbols)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements, counting `ROWS` as it is."""
        return int(np.prod(self.shape))

    @property
    def real(self) -> Symbol:
        """The symbol: no trace has complex numbers."""
        return self

    @property
    def T(self) -> Symbol:
        """The transpose; that of a transpose is what it was."""
        if self.op == "transpose":
            return self.args[0]
        return self.table.make("transpose", (self,), self.shape[::-1], self.dtype)

    def transpose(self, axes: Any = None) -> Symbol:
        """Return the transpose of a matrix."""
        if axes is not None and list(axes) != list(range(self.ndim))[::-1]:
            return self._other("transpose", "transpose with axes")(self, axes)
        return self.T

    def copy(self) -> Symbol:
        """Return the symbol: it can't be changed."""
        return self

    def astype(self, dtype: Any, copy: bool = True) -> Symbol:
        """Return the values with another dtype; of booleans only, as 0 and 1."""
        if self.dtype == dtype:
            return self
        if self.dtype != np.bool_:
            raise UnsupportedError(f"a change of dtype from {self.dtype} to {np.dtype(dtype)}")
        one, zero = np.dtype(dtype).type(1), np.dtype(dtype).type(0)
        return _elementwise("where", self, one, zero)

    def __matmul__(self, other: Any) -> Symbol:
        if not isinstance(other, Symbol) or self.ndim != 2 or other.ndim != 2:
            raise UnsupportedError("a product with something else than a matrix")
        if self.shape[1] != other.shape[0]:
            raise ValueError("the inner lengths differ")
        if self.dtype != other.dtype:
            raise UnsupportedError("operands of different dtypes")
        factors = tuple(map(self.table.functions.get("factor", lambda x: x), (self, other)))
        return self.table.make("matmul", factors, (self.shape[0], other.shape[1]), self.dtype)

    dot = __matmul__

    def kernel(self, name: str, args: tuple[Any, ...]) -> Symbol:
        """Describe a call of a kernel whose first argument is this symbol."""
        if name in RULES:
            return _elementwise(name, *args)
        return self._other(f"kernel {name}", f"the kernel {name}")(*args)

    def _other(self, function: Any, what: str) -> Callable[..., Any]:
        """Return what this table's symbols make of a function that is not elementwise."""
        found = self.table.functions.get(function)
        if found is None:
            raise UnsupportedError(what)
        return found

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Symbol:
        if method != "__call__" or options:
            raise UnsupportedError(f"numpy.{ufunc.__name__}")
        if ufunc.__name__ in UFUNCS:
            return _elementwise(UFUNCS[ufunc.__name__], *args)
        return self._other(ufunc, f"numpy.{ufunc.__name__}")(*args)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if any(kind is not Symbol and kind is not np.ndarray for kind in types):
            return NotImplemented  # a tensor knows what to do
        if function is np.where and len(args) == 3:
            condition, x, y = args
            if isinstance(condition, bool | np.bool_):
                return x if condition else y
            return _elementwise("where", condition, x, y)
        if function is np.shape:
            return self.shape
        return self._other(function, f"numpy.{function.__name__}")(*args, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return partial(self._other(name, f"ndarray.{name}"), self)

    def __getitem__(self, index: Any) -> Any:
        return self._other("getitem", "indexing")(self, index)

    def __bool__(self) -> bool:
        raise UnsupportedError("control flow on a mask")

    def __eq__(self, other: object) -> Any:
        if self.table.open:
            return _elementwise("eq", self, other)
        return self is other

    def __ne__(self, other: object) -> Any:
        if self.table.open:
            return _elementwise("ne", self, other)
        return self is not other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"%{self.id}"


class SymbolTable:
    """The symbols of one trace.

    Parameters
    ----------
    shared : bool
        Whether equal computations are one symbol (common-subexpression elimination, by hash-consing), and not
        only equal inputs.
    functions : mapping
        What symbols make of functions that are not elementwise: by NumPy's function, or by a name.

    Attributes
    ----------
    symbols : list of Symbol
    shared : bool
    open : bool
        While True, ``==`` is an operation as with arrays; afterwards it is identity, for lists to search by.
    """

    def __init__(self, shared: bool = False, functions: Mapping[Any, Callable[..., Any]] = NOTHING) -> None:
        self.open, self.shared, self.functions = True, shared, functions
        self.symbols: list[Symbol] = []
        self._known: dict[tuple[Any, ...], Symbol] = {}

    def make(self, op: str, args: tuple[Any, ...], shape: tuple[int, ...], dtype: Any) -> Symbol:
        """Return the symbol of a computation."""
        if not self.shared and any(isinstance(a, Symbol) for a in args):
            self.symbols.append(Symbol(self, op, args, shape, dtype))
            return self.symbols[-1]
        key = (op, *((a.id, Symbol) if isinstance(a, Symbol) else (repr(a), type(a)) for a in args))
        symbol = self._known.get(key)
        if symbol is None:
            symbol = self._known[key] = Symbol(self, op, args, shape, dtype)
            self.symbols.append(symbol)
        return symbol


# How each elementwise op is written for one element, in the functions that Numba compiles. A cell with an op
# that has no rule runs as ``level``. `kernels.activations` adds the rules of kernels.
RULES = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "copy": "{0}",
    "pow": "{0} ** {1}",
    "square": "{0} * {0}",
    "exp": "np.exp({0})",
    "expm1": "np.expm1({0})",
    "log": "np.log({0})",
    "log1p": "np.log1p({0})",
    "sqrt": "np.sqrt({0})",
    "tanh": "tanh({0})",
    "sin": "np.sin({0})",
    "cos": "np.cos({0})",
    "erf": "erf({0})",
    "abs": "abs({0})",
    "sign": "np.sign({0})",
    "maximum": "np.maximum({0}, {1})",
    "minimum": "np.minimum({0}, {1})",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "and": "({0} and {1})",
    "or": "({0} or {1})",
    "not": "(not {0})",
    "where": "{1} if {0} else {2}",
}
# NumPy's names of them.
UFUNCS = {op: op for op in RULES} | {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "negative": "neg",
    "power": "pow",
    "absolute": "abs",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "logical_and": "and",
    "logical_or": "or",
    "invert": "not",
    "logical_not": "not",
}
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not")


def _elementwise(op: str, *args: Any) -> Symbol:
    args = tuple(map(_value, args))
    symbols = [a for a in args if isinstance(a, Symbol)]
    table = symbols[0].table
    for a in args:
        if isinstance(a, np.ndarray) and a.ndim:
            raise UnsupportedError("an array that is neither a parameter nor a state")
    numbers = tuple(a.item() if isinstance(a, np.ndarray | np.generic) else a for a in args)
    shape = np.broadcast_shapes(*(s.shape for s in symbols))
    floats = [s.dtype for s in symbols if s.dtype != np.bool_]
    if any(dtype != floats[0] for dtype in floats):
        raise UnsupportedError("operands of different dtypes")
    dtype = np.dtype(np.bool_) if op in COMPARISONS or not floats else floats[0]
    if op == "where" and not floats:
        dtype = np.result_type(*(a for a in args[1:]))
    simplify = table.functions.get(f"elementwise {op}")
    simpler = simplify(*numbers) if simplify else None
    return table.make(op, numbers, shape, dtype) if simpler is None else simpler


def _value(a: Any) -> Any:
    """Return the symbol that a tensor holds, and everything else as it is."""
    data = a if isinstance(a, Symbol) else getattr(a, "data", None)
    return data if isinstance(data, Symbol) else a


def _operator(name: str, reflected: bool) -> Callable[[Symbol, Any], Symbol]:
    if reflected:
        return lambda y, x: _elementwise(name, x, y)
    return lambda x, y: _elementwise(name, x, y)


def _unary(name: str) -> Callable[[Symbol], Symbol]:
    return lambda x: _elementwise(name, x)


for _op in ("add", "sub", "mul", "div", "pow", "and", "or"):
    _name = {"div": "truediv"}.get(_op, _op)
    setattr(Symbol, f"__{_name}__", _operator(_op, reflected=False))
    setattr(Symbol, f"__r{_name}__", _operator(_op, reflected=True))
for _op in ("lt", "le", "gt", "ge"):
    setattr(Symbol, f"__{_op}__", _operator(_op, reflected=False))
for _op, _name in {"neg": "neg", "not": "invert"}.items():
    setattr(Symbol, f"__{_name}__", _unary(_op))
