"""Elman, LSTM and GRU, in both directions and in layers, against PyTorch's own, weights mapped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.schedule import MODES
from models.cells import Multilayer, encode
from models.chains import chain_forest
from models.vocabulary import Vocabulary

torch = pytest.importorskip("torch")

D, E, T, B = 4, 3, 6, 2
# PyTorch's rows of gates, as (our letter, sign): its z is 1 − u, so that u's weights are minus z's.
GATES = {
    "Elman": [("", 1)],
    "LSTM": [("i", 1), ("f", 1), ("c", 1), ("o", 1)],
    "GRU": [("r", 1), ("u", -1), ("h", 1)],
}
OPTIONS: dict[str, dict[str, Any]] = {"Elman": {}, "LSTM": {}, "GRU": {"reset": "after"}}
NETS = {"Elman": "RNN", "LSTM": "LSTM", "GRU": "GRU"}
EVERY_WAY = [
    pytest.param(kind, mode, marks=[pytest.mark.slow] * (mode == "compiled"))
    for kind in GATES
    for mode in MODES
    if mode != "node"
]


def theirs(net: Any, kind: str, name: str, gradient: bool = False) -> np.ndarray:
    """The parameter of PyTorch's net, or its gradient, that is ours of that name."""
    layer, direction, own = 0, "", name
    for part in name.split(".")[:-1]:
        layer = int(part[5:]) - 1 if part.startswith("layer") else layer
        direction = "_reverse" if part == "backward" else direction
        own = name.split(".")[-1]
    letter, gates = own[1:], [g for g, _ in GATES[kind]]
    sign = dict(GATES[kind]).get(letter, 1)

    def block(matrix: str, of: str) -> np.ndarray:
        tensor = getattr(net, f"{matrix}_l{layer}{direction}")
        values = (tensor.grad if gradient else tensor).detach().numpy()
        return sign * values[gates.index(of) * D : (gates.index(of) + 1) * D]

    if own[0] == "W":
        return block("weight_hh", letter)
    if own[0] == "U":
        return block("weight_ih", letter)
    if own == "bn":  # of the product with h alone, where the reset gate comes after it
        return block("bias_hh", "h")
    if (kind, own) == ("GRU", "bh") or gradient:
        return block("bias_ih", letter)
    return block("bias_ih", letter) + block("bias_hh", letter)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("kind", "mode"), EVERY_WAY)
def test_outputs_and_every_gradient_are_pytorch_s(
    kind: str, mode: str, layers: int, bidirectional: bool
) -> None:
    torch.manual_seed(0)
    net = getattr(torch.nn, NETS[kind])(E, D, layers, bidirectional=bidirectional, batch_first=True).double()
    ours = Multilayer(
        D, np.random.default_rng(0), kind, np.float64, E,
        layers=layers, skip="none", bidirectional=bidirectional, **OPTIONS[kind],
    )  # fmt: skip
    for name, parameter in ours.named_parameters():
        parameter.data[...] = theirs(net, kind, name)
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(B * T, E)), rng.normal(size=(B * T, D * (1 + bidirectional)))

    chains = chain_forest(np.arange(B * T), [T] * B, Vocabulary(map(str, range(B * T + 1))))
    L = mg.tensor(np.concatenate([X, np.full((1, E), np.nan)]), requires_grad=True)  # nobody reads the start
    states = encode(ours, chains, mg.gather(L, chains.word[chains.leaves]), mode)
    outputs = mg.gather(states["h"], chains.inner)
    mg.sum(w * outputs).backward()

    x = torch.tensor(X.reshape(B, T, E), requires_grad=True)
    out, _ = net(x)
    (torch.tensor(w.reshape(out.shape)) * out).sum().backward()
    np.testing.assert_allclose(outputs.data, out.detach().numpy().reshape(B * T, -1), rtol=1e-10, atol=1e-12)
    assert isinstance(L.grad, mg.SparseRows)
    pairs = {"words": (L.grad.dense()[:-1], x.grad.numpy().reshape(B * T, E))}
    assert not L.grad.dense()[-1].any()
    for name, parameter in ours.named_parameters():
        pairs[name] = (parameter.grad, theirs(net, kind, name, gradient=True))
    assert len(pairs) > 3 * layers
    for name, (got, expected) in pairs.items():
        assert np.abs(got - expected).max() <= 1e-10 * np.abs(expected).max(), name
