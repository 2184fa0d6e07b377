"""What is built of several folds: both directions, maxima over time, layers and what passes them by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.fold.schedule import MODES
from models.cells import Bidirectional, Encoder, Multilayer, encode
from models.chains import chain_forest
from models.forest import Forest
from models.tree import Tree
from models.vocabulary import Vocabulary
from tests.models import cell_equations as equations

D, E = 3, 2
LENGTHS = [4, 0, 1]
CHAINS = chain_forest(np.arange(5), LENGTHS, Vocabulary(list("abcdes")))
X = np.random.default_rng(1).normal(size=(6, E))
X[5] = np.nan  # the start
LEAVES = X[CHAINS.word[CHAINS.leaves]]


def network(kind: Any, **options: Any) -> Any:
    rng = np.random.default_rng(0)
    made = kind(D, rng, dtype=np.float64, E=E, **options)
    for parameter in made.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.7
    return made


def sequences(words: np.ndarray) -> list[np.ndarray]:
    return np.split(words, np.cumsum(LENGTHS)[:-1])


def outputs(cell: Any, words: np.ndarray, backwards: bool = False) -> np.ndarray:
    """Every position's h of an LSTM, by a loop."""
    P = {name: p.data for name, p in cell.named_parameters()}
    found: list[Any] = []
    for sequence in sequences(words):
        state = {"h": np.zeros(D), "c": np.zeros(D)}
        steps = []
        for x in sequence[::-1] if backwards else sequence:
            state = equations.lstm(P, state, {"x": x})
            steps.append(state["h"])
        found += steps[::-1] if backwards else steps
    return np.array(found)


def both(layer: Any, words: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [outputs(layer.forward, words), outputs(layer.backward, words, backwards=True)], axis=1
    )


@pytest.mark.parametrize(
    "mode", [m if m != "compiled" else pytest.param(m, marks=pytest.mark.slow) for m in MODES]
)
def test_both_directions_stand_side_by_side_and_their_maximum_at_the_root(mode: str) -> None:
    made = network(Bidirectional)
    states = encode(made, CHAINS, LEAVES, mode)
    expected = both(made, X[:5])
    np.testing.assert_allclose(states["h"].data[CHAINS.inner], expected, rtol=1e-12)
    first, empty, last = CHAINS.root
    np.testing.assert_allclose(states["m"].data[first], expected[:4].max(axis=0), rtol=1e-12)
    np.testing.assert_allclose(states["m"].data[last], expected[4], rtol=1e-12)
    assert (states["m"].data[first] < 0).any()  # a maximum with the start's zeros would hide that
    assert not states["m"].data[empty].any()
    assert not states["h"].data[CHAINS.leaves].any()
    assert list(states) == [part.name for part in made.parts] == ["m", "h"]


def test_the_maximum_sends_its_gradient_to_the_position_that_has_it() -> None:
    made = network(Bidirectional)
    states = encode(made, CHAINS, LEAVES)
    weights = np.arange(1.0, 2 * D + 1)
    mg.sum(weights * states["m"][CHAINS.root[0]]).backward()
    expected = np.zeros((CHAINS.n_nodes, 2 * D))
    best = states["h"].data[CHAINS.inner[:4]].argmax(axis=0)
    expected[CHAINS.inner[best], np.arange(2 * D)] = weights
    np.testing.assert_array_equal(states["h"].grad, expected)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("skip", ["none", "residual", "dense"])
def test_layers_read_what_their_skip_connections_say(skip: str, bidirectional: bool) -> None:
    made = network(Multilayer, layers=3, skip=skip, bidirectional=bidirectional)
    run = both if bidirectional else outputs
    h1 = run(made.layer1, X[:5])
    if skip == "residual":
        x3 = run(made.layer2, h1) + h1
        expected = run(made.layer3, x3) + x3
    elif skip == "dense":
        x2 = np.concatenate([X[:5], h1], axis=1)
        expected = run(made.layer3, np.concatenate([x2, run(made.layer2, x2)], axis=1))
    else:
        expected = run(made.layer3, run(made.layer2, h1))
    states = encode(made, CHAINS, LEAVES)
    np.testing.assert_allclose(states["h"].data[CHAINS.inner], expected, rtol=1e-12)
    assert states["h"].shape == (CHAINS.n_nodes, made.parts[0].width)


@pytest.mark.parametrize("skip", ["none", "residual", "dense"])
def test_each_layer_tells_its_own_state_and_its_output(skip: str) -> None:
    made = network(Multilayer, layers=3, skip=skip)
    layers = list(made.each_layer(CHAINS, LEAVES))
    assert [set(states) for states, _ in layers] == [{"h", "c"}] * 3
    (first, first_out), (second, second_out), (_, last) = layers
    assert (first.h.data == first_out.data).all()
    passed = first_out.data if skip == "residual" else 0.0
    assert second_out.data == pytest.approx(second.h.data + passed)
    assert (last.data == encode(made, CHAINS, LEAVES).h.data).all()


def test_layers_can_end_in_the_maximum_over_time() -> None:
    states = encode(network(Multilayer, encoding="max"), CHAINS, LEAVES)
    h = states["h"].data[CHAINS.inner[:4]]
    np.testing.assert_array_equal(states["m"].data[CHAINS.root[0]], h.max(axis=0))


@pytest.mark.parametrize("kind", [Bidirectional, Multilayer])
def test_nothing_is_kept_without_gradients(kind: Any) -> None:
    made = network(kind)
    with mg.no_grad():
        states = encode(made, CHAINS, LEAVES)
    assert not states["h"].requires_grad
    np.testing.assert_array_equal(states["h"].data, encode(made, CHAINS, LEAVES)["h"].data)


def test_settings_make_the_same_network() -> None:
    made = network(Multilayer, cell="GRU", layers=2, skip="dense", reset="after", bidirectional=True)
    again = Multilayer(rng=np.random.default_rng(5), dtype=np.float64, **made.settings)
    again.load_state_dict(made.state_dict())
    first, second = (encode(one, CHAINS, LEAVES)["h"].data for one in (made, again))
    np.testing.assert_array_equal(first, second)


def test_trees_are_refused_by_name() -> None:
    forest = Forest([Tree.parse("(0 (0 a) (0 (0 b) (0 c)))")])
    with pytest.raises(
        ValueError, match="LSTM reads an input at each right child, but node 4 of tree 1, 'b c'"
    ):
        encode(network(Bidirectional), forest, np.zeros((3, E)))


def test_an_encoder_has_to_say_how_it_folds() -> None:
    with pytest.raises(NotImplementedError):
        Encoder().fold(CHAINS, LEAVES)
