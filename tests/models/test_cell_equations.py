"""Every cell but the paper's two: values and all derivatives are those of its equations written in NumPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.schedule import MODES
from models import cells
from models.cells import encode
from models.chains import as_chains
from models.forest import Forest
from models.tree import Tree
from tests.minigrad.fold_contract.reference import close, dense, derivatives
from tests.models import cell_equations as equations

D, E = 3, 2
TREES = Forest([Tree.parse("(0 (0 (0 a) (0 b)) (0 (0 c) (0 (0 a) (0 d))))"), Tree.parse("(0 c)")])
CASES: dict[str, tuple[Any, Any]] = {
    "TreeLSTM": (cells.TreeLSTM, equations.tree_lstm),
    "TreeLSTM of vectors": (partial(cells.TreeLSTM, leaves="vector"), equations.tree_lstm),
    "SLSTM": (cells.SLSTM, equations.slstm),
    "TreeGRU": (cells.TreeGRU, equations.tree_gru),
    "ResidualRNN": (cells.ResidualRNN, equations.residual),
    "HighwayRNN": (cells.HighwayRNN, equations.highway),
    "DenseRNN": (cells.DenseRNN, equations.dense),
    "RNTN": (cells.RNTN, equations.rntn),
    "Elman tanh": (partial(cells.Elman, E=E), equations.elman(np.tanh)),
    "Elman sigmoid": (partial(cells.Elman, f="sigmoid", E=E), equations.elman(equations.σ)),
    "Elman relu": (partial(cells.Elman, f="relu", E=E), equations.elman(equations.relu)),
    "LSTM": (partial(cells.LSTM, E=E), equations.lstm),
    "GRU": (partial(cells.GRU, E=E), equations.gru),
}
# Compiled, each takes some ten seconds or more: here only what `check_cell` does not hold against mode node.
VARIANTS = ("TreeLSTM of vectors", "Elman sigmoid", "Elman relu")
EVERY_WAY = [
    pytest.param(case, mode, marks=[pytest.mark.slow] * (mode == "compiled"))
    for case in CASES
    for mode in MODES
    if mode != "compiled" or case in VARIANTS
]


@pytest.mark.parametrize(("case", "mode"), EVERY_WAY)
def test_values_and_every_derivative_are_those_of_the_equations(case: str, mode: str) -> None:
    kind, compose = CASES[case]
    rng = np.random.default_rng(0)
    cell = kind(D, rng, dtype=np.float64)
    forest = TREES if cell.right_parts is None else as_chains(TREES)
    for parameter in cell.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.7
    width = (cell.right_parts or cell.parts)[0].width
    words = rng.normal(size=(len(forest.vocabulary), width))
    of_leaf = forest.word[forest.leaves]
    weights = {p.name: rng.normal(size=(forest.n_nodes, p.width)) for p in cell.parts}

    L = mg.tensor(words, requires_grad=True)
    states = encode(cell, forest, mg.gather(L, of_leaf), mode)
    sum((mg.sum(w * states[name]) for name, w in weights.items()), start=mg.tensor(0.0)).backward()

    P = {name: p.data for name, p in cell.named_parameters()}

    def loss(at: dict[str, Any]) -> Any:
        nudges = {name: at[f"∂{name}"] for name in weights}
        expected = equations.recursion(cell, compose, forest, at["words"][of_leaf], at, nudges)
        return sum((w * expected[name]).sum() for name, w in weights.items())

    values = equations.recursion(cell, compose, forest, words[of_leaf], P)
    close({name: states[name].data for name in states}, {n: v.real for n, v in values.items()}, 1e-12)
    at = {**P, "words": words, **{f"∂{name}": np.zeros(w.shape) for name, w in weights.items()}}
    found = {name: dense(p) for name, p in cell.named_parameters()} | {"words": dense(L)}
    close(found | {f"∂{name}": dense(states[name]) for name in states}, derivatives(loss, at), 1e-12)


@pytest.mark.parametrize("case", CASES)
def test_every_parameter_takes_part(case: str) -> None:
    kind, _ = CASES[case]
    cell = kind(D, np.random.default_rng(0), dtype=np.float64)
    forest = TREES if cell.right_parts is None else as_chains(TREES)
    rng = np.random.default_rng(1)
    for parameter in cell.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.7
    width = (cell.right_parts or cell.parts)[0].width
    states = encode(cell, forest, rng.normal(size=(len(forest.leaves), width)))
    mg.sum(rng.normal(size=(D,)) * states["h"]).backward()
    for name, parameter in cell.named_parameters():
        assert np.any(parameter.grad), name


def test_forget_gates_start_open_and_other_biases_at_zero() -> None:
    rng = np.random.default_rng(0)
    of = {"LSTM": ["bf"], "TreeLSTM": ["bf"], "SLSTM": ["bf1", "bf2"], "HighwayRNN": ["bt"]}
    for name, kind in cells.CELLS.items():
        for parameter, values in kind(D, rng).named_parameters():
            own = parameter.split(".")[-1]
            if own.startswith("b"):
                lstm = "." in parameter  # of layers, whose cells are LSTMs
                special = own in of.get("LSTM" if lstm else name, [])
                expected = (-1 if name == "HighwayRNN" else 1) if special else 0
                assert (values.data == expected).all(), (name, parameter)
            assert values.dtype == np.float32


def test_matrices_are_drawn_within_the_bounds_their_cells_name() -> None:
    """U(±1/√(k · width)), with k by the beginning of a matrix's name, the longest that fits first."""
    inputs = {
        "TreeLSTM": {"U": 2, "W": 1},
        "SLSTM": {"Wi": 4, "Wci": 4, "Wf": 4, "Wcf": 4, "Wx": 2, "Wo": 3, "Wco": 3},
        "TreeGRU": {"Wz": 3, "Wr": 2, "W": 2},
        "DenseRNN": {"W": 4, "V": 4},
        "RNTN": {"W": 2, "V": 4 * 50},
    }
    for name, kind in cells.CELLS.items():
        if name in ("RNN", "RLSTM"):  # the paper's two: tests/models/test_cells.py
            continue
        for parameter, values in kind(50, np.random.default_rng(0)).named_parameters():
            if values.data.ndim == 1:
                continue
            own = parameter.split(".")[-1]
            of = inputs.get(name, {"": 2})
            bound = 1 / np.sqrt(50 * of[max((p for p in of if own.startswith(p)), key=len)])
            assert 0.99 * bound <= np.abs(values.data).max() <= np.float32(bound), (name, parameter)


def test_softmax_gates_do_not_overflow() -> None:
    cell = cells.TreeGRU(D, np.random.default_rng(0), dtype=np.float64)
    cell.bz1.data[...] = 2000.0
    words = np.random.default_rng(1).normal(size=(2, D))
    states = mg.fold(cell, Forest([Tree.parse("(0 (0 a) (0 b))")]), words)
    states.h[2].sum().backward()
    np.testing.assert_array_equal(states.h.data[2], words[0])  # all is carried from the left child
    assert np.isfinite(states.h.grad).all()


def test_the_gradient_of_a_residual_network_reaches_every_leaf_undiminished() -> None:
    cell = cells.ResidualRNN(D, np.random.default_rng(0), dtype=np.float64)
    for parameter in cell.parameters():
        parameter.data[...] = 0
    states = mg.fold(cell, TREES, np.ones((len(TREES.leaves), D)))
    states.h[TREES.root[:1]].sum().backward()
    assert (states.h.grad[: TREES.root[0] + 1] == 1).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda rng: cells.GRU(D, rng, reset="never"), "reset is one of before, after, not 'never'"),
        (lambda rng: cells.TreeLSTM(D, rng, leaves="x"), "leaves is one of cell, vector, not 'x'"),
        (lambda rng: cells.Elman(D, rng, "mish"), "an activation is one of tanh, .*, not 'mish'"),
        (
            lambda rng: cells.Bidirectional(D, rng, "RNN"),
            "a recurrent cell is one of Elman, LSTM, GRU",
        ),
        (lambda rng: cells.Bidirectional(D, rng, encoding="mean"), "encoding is one of max, none"),
        (lambda rng: cells.Multilayer(D, rng, skip="all"), "skip is one of residual, dense, none"),
        (lambda rng: cells.Multilayer(D, rng, layers=0), "at least one layer, not 0"),
    ],
)
def test_an_unknown_choice_is_named_with_those_there_are(make: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make(np.random.default_rng(0))
