"""Nothing is timed that does not compute what mode level computes."""

import importlib.util
import sys

import pytest

from experiments.bench import agreement, systems
from experiments.bench.process import BenchError
from experiments.bench.workload import Config, minibatches


@pytest.fixture(scope="module", autouse=True)
def no_flush_to_zero():
    """Give other tests their subnormal numbers back, which importing DyNet has this process round to zero."""
    yield
    if "dynet" in sys.modules and importlib.util.find_spec("torch"):
        importlib.import_module("torch").set_flush_denormal(False)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("minigrad-compiled", "RNN"),
        *(pytest.param("minigrad-compiled", cell, marks=pytest.mark.slow) for cell in ("RLSTM", "LSTM")),
        *((name, cell) for name, (_, _, cells) in systems.PEERS.items() for cell in cells),
    ],
)
def test_every_system_computes_what_level_mode_computes(name, cell):
    if name in systems.PEERS:
        pytest.importorskip(systems.PEERS[name][0])
    config = Config(cell, (20, 20), 3) if cell == "LSTM" else Config(cell, (1, 30), 6)
    (forest,) = minibatches(config, 1)
    seen = agreement.check(name, systems.builders(cell)[name], config, forest)
    assert set(seen) == set(agreement.TOLERANCES)


@pytest.mark.parametrize("name", [name for name, (_, _, cells) in systems.PEERS.items() if "RLSTM" in cells])
def test_peers_have_the_width_of_the_model(name):
    pytest.importorskip(systems.PEERS[name][0])
    config = Config("RLSTM", (1, 20), 4, D=7)
    (forest,) = minibatches(config, 1)
    agreement.check(name, systems.builders("RLSTM")[name], config, forest)


@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
def test_every_system_takes_trees_of_one_word(cell):
    config = Config(cell, (1, 1), 3)
    (forest,) = minibatches(config, 1)
    losses = []
    for build in systems.builders(cell).values():
        system = build(agreement.saturated_model(config))
        losses.append(system.step(system.prepare(forest)))
    assert losses[1:] == pytest.approx(losses[:1] * (len(losses) - 1), rel=1e-5)


class Exchanged(systems.Minigrad):
    """A peer with two matrices exchanged."""

    def __init__(self, model):
        model.cell.W1, model.cell.W2 = model.cell.W2, model.cell.W1
        super().__init__("level", model)


class WithoutUpdate(systems.Minigrad):
    """A peer that forgets to train."""

    def __init__(self, model):
        super().__init__("level", model)

    def step(self, batch):
        return self.backward(batch)


class ScaledGradient(WithoutUpdate):
    """A peer whose gradients are a little wrong."""

    def gradients(self):
        return {name: g * (1.01 if name == "bs" else 1) for name, g in super().gradients().items()}


class Silent(WithoutUpdate):
    """A peer that does not tell all of its gradients."""

    def gradients(self):
        return {name: g for name, g in super().gradients().items() if name != "bs"}


@pytest.mark.parametrize(
    ("peer", "text"),
    [
        (Exchanged, "the loss of RNN"),
        (WithoutUpdate, "the loss after one update of RNN"),
        (ScaledGradient, "the gradient of bs of RNN"),
        (Silent, "no gradient of bs of RNN"),
    ],
)
def test_a_wrong_peer_is_not_timed(peer, text):
    config = Config("RNN", (5, 9), 4)
    with pytest.raises(BenchError, match=f"peer is not timed.*{text}"):
        agreement.check("peer", peer, config, minibatches(config, 1)[0])


@pytest.mark.parametrize(
    ("cell", "modes"), [("RLSTM", ["compiled", "level", "node"]), ("LSTM", ["compiled", "level"])]
)
def test_without_peers_only_minigrad_runs(cell, modes, monkeypatch):
    monkeypatch.setattr(systems, "installed", lambda package: False)
    assert list(systems.builders(cell)) == [f"minigrad-{mode}" for mode in modes]
