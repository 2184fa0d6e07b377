"""The races: whole training steps, by system, by cell, by size, by pass of the fold's compiler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import minigrad as mg
from experiments.bench.race import PLANS, Document, Entrant, Plan, merged, race
from experiments.bench.systems import SLOW, Minigrad, builders
from experiments.bench.workload import Config
from minigrad.fold.compiler.order import order
from minigrad.fold.compiler.passes import PASSES
from minigrad.fold.compiler.run import compile_with
from models import TREE_CELLS, Forest, TreeClassifier
from models.direct import loss_and_gradients

CONFIGS = (
    Config("RLSTM", (1, 100), 10),
    Config("RLSTM", (21, 30), 5),
    Config("RNN", (1, 100), 10),
    Config("RNN", (21, 30), 20),
)
SIZES = (
    Config("RLSTM", (21, 30), 1),
    Config("RLSTM", (1, 100), 256),
    Config("RLSTM", (1, 100), 25, D=150),
    Config("RLSTM", (21, 30), 1, D=300),
)
SHARED = [Config("RLSTM", (1, 100), 32, D=D) for D in (50, 150)]  # by several threads
ASKED = [Config("RLSTM", (21, 30), batch) for batch in (1, 10)]
CELLS = [Config(cell, (1, 100), 10) for cell in sorted(TREE_CELLS, key=lambda cell: cell != "RLSTM")]
CHAINS = (Config("LSTM", (100, 100), 20), Config("LSTM", (100, 100), 32, D=128))
OWN = [
    Config(cell, (1, 100), 10, D=D)
    for cell, D in (
        ("experiments.bench.own_cells:NormedTreeLSTM", 50),
        ("experiments.bench.own_cells:Attention", 50),
        ("RNTN", 25),
    )
]
TREEBANK = [Config(cell, (2, 36), 25, labelled=True) for cell in ("RNN", "RLSTM")]
DEPENDENCIES = [Config(cell, (10, 30), 25, D=150) for cell in ("ChildSumTreeLSTM", "TreeLSTM")]
LEAVES = (10, 100, 1_000, 10_000, 100_000)
GROWING = (  # and up to how many leaves
    ("compiled", "RLSTM", "balanced", 100_000),
    ("compiled", "RLSTM", "left_chain", 100_000),
    ("level", "RNN", "left_chain", 10_000),
)
VARIANTS: dict[str, dict[str, Any]] = {
    "all passes": {},
    **{
        f"without {each.__name__.replace('_', ' ')}": {"passes": [p for p in PASSES if p is not each]}
        for each in PASSES
    },
    "one chunk": {"chunk": 10_000},
}


def systems(quick: bool) -> Document:
    """Time every system."""
    return merged(race("rows", PLANS[quick], _all(config)) for config in CONFIGS)


def sizes(quick: bool) -> Document:
    """Time wider states, and minibatches of one tree and of many."""
    entrants = ([e for e in _all(config) if not e.slow] for config in SIZES)
    return merged(race("sizes", PLANS[quick], each) for each in entrants)


def threads(quick: bool) -> Document:
    """Time steps that one thread takes, and two."""
    entrants = (
        [Entrant(f"{n} threads", config, partial(Minigrad, "compiled", threads=n)) for n in (1, 2)]
        for config in SHARED
    )
    return merged(race("threads", PLANS[quick], each) for each in entrants)


def prediction(quick: bool) -> Document:
    """Time the classes of one tree, and of ten."""
    entrants = (
        [Entrant(f"minigrad-{mode}", config, partial(Predicting, mode)) for mode in ("compiled", "level")]
        for config in ASKED
    )
    found = merged(race("prediction", PLANS[quick], each, checked=False) for each in entrants)
    for entry in found["prediction"]:
        del entry["peak_share"]  # of training's arithmetic
        entry["us"] = round(entry["batch"] / entry["trees_per_second"] * 1e6, 1)
    return found


def chains(quick: bool) -> Document:
    """Time an LSTM over chains."""
    return merged(race("chains", PLANS[quick], _all(config)) for config in CHAINS)


def cells(quick: bool) -> Document:
    """Time every cell for trees, compiled, on the same trees."""
    found = race("cells", PLANS[quick], [_minigrad("compiled", config) for config in CELLS])
    for entry in found["cells"]:
        entry["of_rlstm"] = round(entry["peak_share"] / found["cells"][0]["peak_share"], 3)
    return found


def along_rows(quick: bool) -> Document:
    """Time cells that compute along their rows, compiled and by level."""
    entrants = ([_minigrad(mode, config) for mode in ("compiled", "level")] for config in OWN)
    return merged(race("along_rows", PLANS[quick], each) for each in entrants)


def dependencies(quick: bool) -> Document:
    """Time the Child-Sum Tree-LSTM over dependency trees, and the binary one over as many words."""
    binary = [_minigrad(mode, DEPENDENCIES[1]) for mode in ("level", "node")]
    entrants = [*_all(DEPENDENCIES[0]), *(replace(each, slow=each.name in SLOW) for each in binary)]
    return race("dependencies", PLANS[quick], entrants)


def sentiment(quick: bool) -> Document:
    """Time training with a class at every node, and dropout."""
    entrants = ([_minigrad(mode, config) for mode in ("compiled", "level")] for config in TREEBANK)
    return merged(race("sentiment", PLANS[quick], each) for each in entrants)


def growth(quick: bool) -> Document:
    """Time single trees of 10 to 100,000 leaves."""
    found = []
    for n in LEAVES[: 3 if quick else None]:
        plan = Plan(minibatches=max(1, 1_000 // n), rounds=1 if quick else 3, passes=1)
        growing = [row[:3] for row in GROWING if n <= row[3]]
        entrants = [
            Entrant(f"{mode}, {shape}", Config(cell, (n, n), 1, shape), partial(Minigrad, mode))
            for mode, cell, shape in growing
        ]
        found.append(race("growth", plan, entrants, checked=False))
    return merged(found)


def breakdown(quick: bool) -> Document:
    """Time compiled steps up to some point: each part contains those before it."""
    entrants = ([Entrant(part, config, partial(Part, part)) for part in PARTS] for config in CONFIGS)
    found = merged(race("breakdown", PLANS[quick], each, checked=False) for each in entrants)
    for entry in found["breakdown"]:
        del entry["peak_share"], entry["trees_per_second"]  # they are those of a whole step
    return found


def passes(quick: bool) -> Document:
    """Time compiled steps with a pass of the compiler left out."""
    configs = CONFIGS[:1] if quick else (CONFIGS[0], CONFIGS[3])
    entrants = ([Entrant(name, config, partial(Variant, name)) for name in VARIANTS] for config in configs)
    return merged(race("passes", PLANS[quick], each) for each in entrants)


def _all(config: Config) -> list[Entrant]:
    return [Entrant(name, config, build, name in SLOW) for name, build in builders(config.cell).items()]


def _minigrad(mode: str, config: Config) -> Entrant:
    return Entrant(f"minigrad-{mode}", config, partial(Minigrad, mode))


class Predicting(Minigrad):
    """A mode that predicts classes."""

    def step(self, batch: Forest) -> float:
        """Predict the classes of a minibatch."""
        self.model.predict(batch, self.mode)
        return 0.0


class Variant(Minigrad):
    """Mode compiled, with a pass of the compiler left out."""

    def __init__(self, name: str, model: TreeClassifier) -> None:
        super().__init__("compiled", model)
        compile_with(model.cell, np.float32, **VARIANTS[name])


class Part(Minigrad):
    """Mode compiled, of whose step the first parts are made."""

    def __init__(self, name: str, model: TreeClassifier) -> None:
        super().__init__("compiled", model)
        self._part = PARTS[name]

    def step(self, batch: Forest) -> float:
        """Make a part of a step."""
        self._part(self, batch)
        return 0.0


def _forward(system: Part, forest: Forest) -> None:
    model = system.model
    mg.fold(model.cell, forest, mg.gather(model.L, forest.word[forest.leaves]), "compiled")


def _gradients(system: Part, forest: Forest) -> None:
    loss_and_gradients(system.model, forest)
    system.model.zero_grad()


PARTS: dict[str, Callable[[Part, Forest], object]] = {
    "whole step": Minigrad.step,
    "schedule, forward, loss, backward": _gradients,
    "schedule, forward": _forward,
    "schedule": lambda system, forest: order(forest.left, forest.right),
}
