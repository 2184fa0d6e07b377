"""Every elementwise operation of compiled cells: its machine code and its text beside NumPy."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from llvmlite import ir
from scipy import special

import minigrad as mg
import models
from minigrad.fold.compiler.code import CompiledCell
from minigrad.fold.compiler.run import compiled
from minigrad.kernels import JIT_ENABLED, elements, machine, vectors
from minigrad.kernels.elements import EMITTED, TEXT
from minigrad.kernels.formulas import FORMULAS
from minigrad.kernels.machine import address
from minigrad.kernels.vectors import POINTER, Emitter, scalar_type
from minigrad.nn import Parameter
from minigrad.symbol import COMPARISONS, RULES, UnsupportedError
from tests.minigrad.fold_contract.reference import TOLERANCE, Arrays, close, dense

Array = np.ndarray
emitted = pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: there is no machine code")
each = pytest.mark.parametrize("dtype", [np.float32, np.float64])
MASKS = ("and", "or", "not")
SPECIAL = (
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    3.0,
    1e-30,
    -1e-30,
    20.0,
    -20.0,
    88.0,
    1e10,
)
# Of the largest results; tanh of float32 is a rational function.
RELATIVE = {np.float32: 1e-6, np.float64: 1e-14}


def arity(op: str) -> int:
    if op in TEXT:
        return 1 + max(map(int, re.findall(r"\{(\d)", TEXT[op])))
    return 1 + max(map(int, re.findall(r"\{(\d)", RULES[op])))


def are_masks(op: str, k: int) -> bool:
    """Tell whether an operation's k-th operand is a mask."""
    return op in MASKS or (op == "where" and k == 0)


def emit_function(module: ir.Module, op: str, dtype: Any) -> None:
    """Write a function of a frame: how many vectors, the address of the result, those of the operands."""
    function = machine.new_function(module, f"{module.name}_{op}", ir.FunctionType(ir.VoidType(), [POINTER]))
    e = Emitter(ir.IRBuilder(function.append_basic_block("entry")), scalar_type(dtype))
    frame = function.args[0]
    out, *operands = (e.read(e.at(frame, e.integer(8 * k)), POINTER) for k in range(1, 2 + arity(op)))
    with e.loop(e.word(frame, 0), unroll=False) as number:
        at = e.times(number, e.integer(e.lanes))
        values = [e.load(e.element(operand, at)) for operand in operands]
        values = [
            e.builder.fcmp_unordered("!=", x, e.zero) if are_masks(op, k) else x for k, x in enumerate(values)
        ]
        result = elements.emit(e, op, *values)
        if op in COMPARISONS:
            result = e.builder.select(result, e.number(1), e.zero)
        e.store(result, e.element(out, at))
    e.builder.ret_void()


OPERATIONS = [*EMITTED, *FORMULAS]


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float32", "float64"])
def functions(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """The dtype, and all operations as functions."""
    dtype = request.param
    module = machine.new_module(f"test_elements_{np.dtype(dtype)}")
    for op in OPERATIONS:
        emit_function(module, op, dtype)
    machine.compile_ir(module.name, str(module))
    return dtype, {op: machine.entry(module.name, f"{module.name}_{op}") for op in OPERATIONS}


def call(function: Any, operands: list[Array]) -> Array:
    n = operands[0].size
    lanes = vectors.VECTOR_BYTES // operands[0].itemsize
    whole = -(-n // lanes)
    padded = [np.ones(whole * lanes, operands[0].dtype) for _ in range(1 + len(operands))]
    for to, operand in zip(padded[1:], operands, strict=True):
        to[:n] = operand
    function(address(np.array([whole, *map(address, padded)], np.intp)))
    return padded[0][:n]


def by_text(op: str, operands: list[Array], dtype: Any) -> Array:
    names = [f"x{k}" for k in range(len(operands))]
    given = {
        name: x != 0 if are_masks(op, k) else x
        for k, (name, x) in enumerate(zip(names, operands, strict=True))
    }
    with np.errstate(all="ignore"):
        return np.asarray(eval(elements.text(op, *names), {"np": np, "special": special, "T": dtype}, given))


def test_an_operation_is_written_in_every_way_or_in_none() -> None:
    assert set(TEXT) == set(EMITTED) == set(RULES) - set(FORMULAS)


@emitted
@pytest.mark.parametrize("op", EMITTED)
def test_every_operation_is_numpys_with_nan_infinities_and_zeros(op: str, functions: Any) -> None:
    dtype, by_name = functions
    grid = np.array(list(itertools.product(SPECIAL, repeat=arity(op))), dtype)
    operands = [np.ascontiguousarray(column) for column in grid.T]
    got, expected = call(by_name[op], operands), by_text(op, operands, dtype)
    assert expected.dtype == (np.bool_ if op in COMPARISONS else dtype)
    np.testing.assert_allclose(got, expected, RELATIVE[dtype], atol=0)


@emitted
@pytest.mark.parametrize("op", EMITTED)
def test_every_operation_is_numpys_on_a_fine_grid(op: str, functions: Any) -> None:
    dtype, by_name = functions
    rng = np.random.default_rng(0)
    operands = [rng.uniform(-10, 10, 1003).astype(dtype) for _ in range(arity(op))]
    np.testing.assert_allclose(
        call(by_name[op], operands), by_text(op, operands, dtype), RELATIVE[dtype], atol=0
    )


@emitted
@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_is_the_same_in_machine_code_and_in_text(name: str, functions: Any) -> None:
    dtype, by_name = functions
    x = np.linspace(-4, 4, 67, dtype=dtype)
    operands = [np.ascontiguousarray(a.ravel()) for a in np.meshgrid(*[x] * arity(name))]
    expected = by_text(name, operands, dtype)
    assert expected.dtype == dtype
    np.testing.assert_allclose(
        call(by_name[name], operands), expected, 0, atol=4 * RELATIVE[dtype] * np.nanmax(np.abs(expected))
    )


@emitted
def test_tanh_is_exact_where_it_is_one_and_keeps_nan(functions: Any) -> None:
    dtype, by_name = functions
    x = np.array([-np.inf, -1e30, -20, 20, 1e30, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(call(by_name["tanh"], [x]), [-1, -1, -1, 1, 1, 1, np.nan])


NUMBERS = (0.0, -0.0, 1, -3, 0.1, 1e-45, -1e-310, 3.4e38, np.inf, -np.inf, np.nan)


@emitted
@each
def test_numbers_have_the_bits_of_numpys(dtype: Any) -> None:
    name = f"test_elements_numbers_{np.dtype(dtype)}"
    module = machine.new_module(name)
    function = machine.new_function(module, name, ir.FunctionType(ir.VoidType(), [POINTER]))
    e = Emitter(ir.IRBuilder(function.append_basic_block("entry")), scalar_type(dtype))
    for k, x in enumerate(NUMBERS):
        e.store(e.number(x), e.element(function.args[0], k * e.lanes))
    e.builder.ret_void()
    machine.compile_ir(name, str(module))
    found = np.empty((len(NUMBERS), e.lanes), dtype)
    machine.entry(name, name)(address(found))
    expected = np.repeat(np.array(NUMBERS, dtype)[:, None], e.lanes, 1)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[:-1]), np.signbit(expected[:-1]))


@each
def test_numbers_are_printed_so_that_they_are_read_again(dtype: Any) -> None:
    for x in NUMBERS:
        read = eval(elements.number(x), {"T": dtype})
        np.testing.assert_array_equal(dtype(read), dtype(x))
        assert np.isnan(x) or np.signbit(read) == np.signbit(x)


def test_an_unknown_operation_is_named() -> None:
    for write in (lambda: elements.text("sinh", "x"), lambda: elements.emit(None, "sinh", None)):  # type: ignore[arg-type]
        with pytest.raises(UnsupportedError, match=r"^sinh$"):
            write()


# -- rows of every width ------------------------------------------------------------------------------


class Wide(mg.Cell):
    """Parameters, masks, both kinds of `is_leaf`, a product and a memory, all of one width."""

    def __init__(self, width: int, dtype: Any) -> None:
        rng = np.random.default_rng(0)
        self.parts = (mg.Part("h", width), mg.Part("c", width, leaf="zero"))
        self.a, self.W = (Parameter(rng.normal(size=s).astype(dtype)) for s in (width, (width, width)))
        self.rng: Any = None

    def compose(self, left: mg.Child, right: mg.Child) -> Any:
        x = mg.where(left.is_leaf, self.a * left.h, mg.maximum(left.h, right.h))
        f = mg.sigmoid(x + mg.dropout(right.h, 0.5, self.rng))
        c = f * left.c + mg.where(right.is_leaf, 2.0, right.c)
        return {"h": mg.tanh(c * f + f @ self.W.T / self.W.shape[0]), "c": c}


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
@pytest.mark.parametrize("width", [1, 3, "lanes - 1", "lanes", "lanes + 1", 50])
def test_rows_of_every_width(width: Any, dtype: Any) -> None:
    if isinstance(width, str):
        width = eval(width, {"lanes": vectors.VECTOR_BYTES // np.dtype(dtype).itemsize})
    cell = Wide(width, dtype)
    rng = np.random.default_rng(1)
    forest = models.random_forest(rng, [1, 2, 3, 20, 50], vocabulary=models.Vocabulary(["a"]))
    X = rng.normal(size=(len(forest.leaves), width)).astype(dtype)
    w = rng.normal(size=(len(forest.left), width)).astype(dtype)

    def run(mode: str) -> Arrays:
        cell.zero_grad()
        cell.rng = np.random.default_rng(2)
        leaves = mg.tensor(X, requires_grad=True)
        states = mg.fold(cell, forest, leaves, mode)
        mg.sum(w * states.h * states.c).backward()
        tensors = {"leaves": leaves, "a": cell.a, "W": cell.W, "∂h": states.h, "∂c": states.c}
        values = {"h": states.h.data, "c": states.c.data}
        return values | {name: dense(tensor) for name, tensor in tensors.items()}

    expected = run("node")
    assert isinstance(compiled(cell, np.dtype(dtype)), CompiledCell)
    close(run("compiled"), expected, TOLERANCE[dtype])
