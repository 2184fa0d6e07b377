"""RNN and RLSTM against the paper's equations, written again for single vectors, and against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import minigrad as mg
from minigrad.fold.schedule import MODES
from models.cells import ACTIVATIONS, RLSTM, RNN
from models.forest import Forest
from models.tree import Tree

D = 4
CELLS: dict[str, Any] = {"RNN": RNN, "RLSTM": RLSTM}
P = dict[str, Any]
FOREST = Forest(
    [
        Tree.parse("(0 (0 (0 not) (0 very)) (0 (0 good) (0 (0 not) (0 good))))"),
        Tree.parse("(0 (0 bad) (0 not))"),
        Tree.parse("(0 bad)"),
    ]
)

activations = pytest.mark.parametrize("activation", ACTIVATIONS)
modes = pytest.mark.parametrize("mode", MODES)
LATER = ("sigmoid", "relu", "softsign", "softplus", "silu", "gelu")


def σ(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


NUMPY: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "sigmoid": σ,
    "relu": lambda x: np.maximum(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x * σ(x),
    "gelu": lambda x: x * scipy.special.ndtr(x),
}


def rnn(p: P, f: Callable[[Any], Any], x: Any, y: Any) -> Any:
    return f(p["W1"] @ x + p["W2"] @ y + p["b"])


def rlstm(p: P, g: Callable[[Any], Any], s: Callable[[Any], Any], left: Any, right: Any) -> tuple[Any, Any]:
    (x, cx), (y, cy) = left, right
    i1 = s(p["Wi1"] @ x + p["Wi2"] @ y + p["Wci1"] @ cx + p["Wci2"] @ cy + p["bi"])
    i2 = s(p["Wi1"] @ y + p["Wi2"] @ x + p["Wci1"] @ cy + p["Wci2"] @ cx + p["bi"])
    f1 = s(p["Wf1"] @ x + p["Wf2"] @ y + p["Wcf1"] @ cx + p["Wcf2"] @ cy + p["bf"])
    f2 = s(p["Wf1"] @ y + p["Wf2"] @ x + p["Wcf1"] @ cy + p["Wcf2"] @ cx + p["bf"])
    cp = f1 * cx + f2 * cy + g((p["Wc1"] @ x) * i1 + (p["Wc2"] @ y) * i2 + p["bc"])
    o = s(p["Wo1"] @ x + p["Wo2"] @ y + p["Wco"] @ cp + p["bo"])
    return o * g(cp), cp


def cell(kind: str, activation: str = "tanh", seed: int = 0) -> mg.Cell:
    """A cell with weights that are far from its small initial ones, biases included."""
    rng = np.random.default_rng(seed)
    made: mg.Cell = CELLS[kind](D, rng, activation, dtype=np.float64)
    for parameter in made.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.7
    return made


def vectors(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(FOREST.vocabulary), D))


def weights(seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(FOREST.n_nodes, D))


def walked(made: mg.Cell, p: P, L: Any, f: Any, s: Any, zero: Any) -> tuple[list[Any], list[Any]]:
    """(h, c) of every node, one at a time; `f` and `s` are NumPy's functions or PyTorch's."""
    h: list[Any] = []
    c: list[Any] = []
    for left, right, word in zip(FOREST.left, FOREST.right, FOREST.word, strict=True):
        if left < 0:
            state = (L[word], zero)
        elif isinstance(made, RNN):
            state = (rnn(p, f, h[left], h[right]), zero)
        else:
            state = rlstm(p, f, s, (h[left], c[left]), (h[right], c[right]))
        h.append(state[0])
        c.append(state[1])
    return h, c


# Each compiled pair takes seconds; all activations but tanh are left to the slow tests.
EVERY_WAY = [
    pytest.param(activation, mode, marks=[pytest.mark.slow] * (mode == "compiled" and activation in LATER))
    for activation in ACTIVATIONS
    for mode in MODES
]


@pytest.mark.parametrize(("activation", "mode"), EVERY_WAY)
@pytest.mark.parametrize("kind", CELLS)
def test_values_are_the_paper_s_equations(kind: str, activation: str, mode: str) -> None:
    made, L = cell(kind, activation), vectors()
    p = {name: parameter.data for name, parameter in made.named_parameters()}
    h, c = walked(made, p, L, NUMPY[activation], σ, np.zeros(D))
    states = mg.fold(made, FOREST, L[FOREST.word[FOREST.leaves]], mode)
    np.testing.assert_allclose(states.h.data, h, rtol=1e-12, atol=1e-15)
    if kind == "RLSTM":
        np.testing.assert_allclose(states.c.data, c, rtol=1e-12, atol=1e-15)


@activations
@pytest.mark.parametrize("kind", CELLS)
def test_values_and_every_gradient_are_those_of_pytorch(kind: str, activation: str) -> None:
    torch = pytest.importorskip("torch")
    f = getattr(torch, activation, None) or getattr(torch.nn.functional, activation)
    made, w = cell(kind, activation), weights()
    L = mg.tensor(vectors(), requires_grad=True)
    states = mg.fold(made, FOREST, mg.gather(L, FOREST.word[FOREST.leaves]))
    mg.sum(w * states.h).backward()

    p = {name: torch.tensor(q.data, requires_grad=True) for name, q in made.named_parameters()}
    theirs = torch.tensor(L.data, requires_grad=True)
    zero = torch.zeros(D, dtype=torch.float64)
    h = torch.stack(walked(made, p, theirs, f, torch.sigmoid, zero)[0])
    (torch.tensor(w) * h).sum().backward()

    np.testing.assert_allclose(states.h.data, h.detach().numpy(), rtol=1e-12, atol=1e-15)
    assert isinstance(L.grad, mg.SparseRows)
    for name, ours, reference in [
        ("L", L.grad.dense(), theirs),
        *((name, q.grad, p[name]) for name, q in made.named_parameters()),
    ]:
        expected = reference.grad.numpy()
        assert np.abs(ours - expected).max() <= 1e-12 * np.abs(expected).max(), name


@modes
@pytest.mark.parametrize("kind", CELLS)
def test_rows_hold_pytorch_s_gradients_of_every_node(kind: str, mode: str) -> None:
    torch = pytest.importorskip("torch")
    made, w = cell(kind), weights()
    states = mg.fold(made, FOREST, vectors()[FOREST.word[FOREST.leaves]], mode)
    mg.sum(w * states.h).backward()

    p = {name: torch.tensor(q.data) for name, q in made.named_parameters()}
    nodes = [torch.zeros(D, dtype=torch.float64, requires_grad=True) for _ in range(FOREST.n_nodes)]
    h: list[Any] = []
    c: list[Any] = []
    L, zero = torch.tensor(vectors()), torch.zeros(D, dtype=torch.float64)
    for row, (left, right, word) in enumerate(zip(FOREST.left, FOREST.right, FOREST.word, strict=True)):
        if left < 0:
            state = (L[word], zero)
        elif kind == "RNN":
            state = (rnn(p, torch.tanh, h[left], h[right]), zero)
        else:
            state = rlstm(p, torch.tanh, torch.sigmoid, (h[left], c[left]), (h[right], c[right]))
        h.append(state[0] + nodes[row])  # a nudge of node `row` alone
        c.append(state[1])
    sum((torch.tensor(w[k]) * h[k]).sum() for k in range(len(h))).backward()
    expected = np.array([node.grad.numpy() for node in nodes])
    np.testing.assert_allclose(states.h.grad, expected, rtol=1e-11, atol=1e-14)


def test_a_pair_by_hand() -> None:
    """D = 1, every weight ½, every bias 0, words 1 and −1: all that is left are two constants."""
    made = RLSTM(1, np.random.default_rng(0), dtype=np.float64)
    for name, parameter in made.named_parameters():
        parameter.data[...] = 0.5 if name.startswith("W") else 0
    pair = Forest([Tree.parse("(0 (0 a) (0 b))")])
    states = mg.fold(made, pair, np.array([[1.0], [-1.0]]))
    # i1 = i2 = σ(0) = ½, so the input is ½·½ − ½·½ = 0: the memory, the gate's tanh and p are 0.
    assert states.c.data.tolist() == [[0], [0], [0]]
    assert states.h.data.tolist() == [[1], [-1], [0]]

    states = mg.fold(made, pair, np.array([[1.0], [1.0]]))
    i = 1 / (1 + np.exp(-1.0))
    c = np.tanh(0.5 * i + 0.5 * i)
    o = 1 / (1 + np.exp(-(1 + 0.5 * c)))
    np.testing.assert_allclose(states.c.data[2], [c], rtol=1e-15)
    np.testing.assert_allclose(states.h.data[2], [o * np.tanh(c)], rtol=1e-15)


@modes
@pytest.mark.parametrize("kind", CELLS)
def test_a_sentence_of_one_word_is_its_vector(kind: str, mode: str) -> None:
    word = np.array([[1.0, 2.0, 3.0, 4.0]])
    states = mg.fold(cell(kind), Forest([Tree.parse("(0 bad)")]), word, mode)
    np.testing.assert_array_equal(states.h.data, word)
    if kind == "RLSTM":
        assert not states.c.data.any()


PAIRS = {
    "RNN": [("W1", "W2")],
    "RLSTM": [("Wc1", "Wc2"), ("Wo1", "Wo2")],  # i and f share their matrices: they swap by themselves
}


@pytest.mark.parametrize("kind", CELLS)
def test_swapping_children_and_their_matrices_changes_nothing(kind: str) -> None:
    one, other = cell(kind), cell(kind)
    for first, second in PAIRS[kind]:
        a, b = getattr(other, first).data.copy(), getattr(other, second).data.copy()
        getattr(other, first).data[...], getattr(other, second).data[...] = b, a
    X = np.random.default_rng(3).normal(size=(3, D))
    forest = Forest([Tree.parse("(0 (0 (0 a) (0 b)) (0 c))")])
    mirrored = Forest([Tree.parse("(0 (0 c) (0 (0 b) (0 a)))")])
    straight, swapped = mg.fold(one, forest, X), mg.fold(other, mirrored, X[::-1])
    for part in straight:
        np.testing.assert_allclose(straight[part].data[4], swapped[part].data[4], rtol=1e-13)
    assert not np.allclose(straight.h.data[4], mg.fold(one, mirrored, X[::-1]).h.data[4])


def test_an_empty_memory_sends_nothing_back_through_its_forget_gate() -> None:
    """f multiplies c: between two leaves c = 0, so nothing depends on Wf, whatever the words are."""
    made = cell("RLSTM")
    assert isinstance(made, RLSTM)
    states = mg.fold(made, Forest([Tree.parse("(0 (0 a) (0 b))")]), vectors()[:2])
    mg.sum(weights()[:3] * states.h).backward()
    for name in ("Wf1", "Wf2", "Wcf1", "Wcf2", "bf", "Wci1", "Wci2"):
        assert not getattr(made, name).grad.any(), name
    assert made.Wi1.grad.any()


@pytest.mark.parametrize("kind", CELLS)
def test_weights_start_within_the_authors_bounds_and_biases_at_zero(kind: str) -> None:
    made = CELLS[kind](50, np.random.default_rng(0))
    for name, parameter in made.named_parameters():
        gate = kind == "RLSTM" and not name.startswith("Wc1") and not name.startswith("Wc2")
        bound = 1 / np.sqrt((5 if gate else 3) * 50) if name.startswith("W") else 0
        assert parameter.dtype == np.float32
        assert 0.99 * bound <= np.abs(parameter.data).max() <= np.float32(bound), name
    assert made.settings == {"D": 50, {"RNN": "f", "RLSTM": "g"}[kind]: "tanh", "leaf_weights": "shared"}


@pytest.mark.parametrize("kind", CELLS)
def test_cells_refuse_an_unknown_activation_and_a_missing_generator(kind: str) -> None:
    with pytest.raises(ValueError, match="an activation is one of tanh, sigmoid, relu, softsign"):
        CELLS[kind](D, np.random.default_rng(0), "mish")
    with pytest.raises(TypeError, match=r"rng is a numpy\.random\.Generator"):
        CELLS[kind](D, 0)


@pytest.mark.parametrize(("width", "error"), [("a", TypeError), (2.5, TypeError), (0, ValueError)])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_refuse_a_width_that_is_none(kind: str, width: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"the width of part 'h' is .*, not {width!r}"):
        CELLS[kind](width, np.random.default_rng(0))
