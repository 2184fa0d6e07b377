"""The proof, before anything is timed, that a system computes what minigrad's level mode computes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from experiments.bench.process import BenchError
from experiments.bench.systems import Builder, Minigrad
from experiments.bench.workload import Config, new_model
from models import Forest, TreeClassifier

# Of the largest element: sums of float32 in another order. AdaGrad's first step has the sign of g also where
# g is rounding noise.
TOLERANCES = {"loss": 1e-5, "gradient": 1e-4, "loss after one update": 1e-3}


def saturated_model(config: Config) -> TreeClassifier:
    """Return a model whose word vectors and biases are large, so that no gate and no bias idles.

    With the paper's word vectors of at most 1e-4 every gate is near its middle, and a peer with two
    matrices exchanged would hardly be noticed.
    """
    model = new_model(config)
    rng = np.random.default_rng(1)
    for parameter in model.parameters():
        if parameter.ndim == 1 or parameter is model.L:
            parameter.data[...] = rng.uniform(-1, 1, parameter.shape)
    return model


def check(name: str, build: Builder, config: Config, forest: Forest) -> dict[str, float]:
    """Compare the loss, the gradient of every parameter, and the loss after one update, with level mode's.

    Returns
    -------
    dict
        The largest relative difference of each kind.

    Raises
    ------
    BenchError
        If one is above its tolerance; the text names it.
    """
    expected = _outcome(partial(Minigrad, "level"), config, forest)
    found = _outcome(build, config, forest)
    if missing := expected.keys() ^ found.keys():
        raise BenchError(
            f"{name} is not timed: it has no {' and no '.join(sorted(missing))} of {config.cell}"
        )
    seen = dict.fromkeys(TOLERANCES, 0.0)
    for what, value in expected.items():
        kind = what if what in TOLERANCES else "gradient"
        # After an update the loss of a single tree may be next to nothing, and all rounding.
        scale = np.abs(value if kind == "gradient" else expected["loss"]).max()
        difference = float(np.abs(np.subtract(value, found[what])).max() / scale)
        if not difference <= TOLERANCES[kind]:
            raise BenchError(
                f"{name} is not timed: the {what} of {config.cell} differs from minigrad's by "
                f"{difference:.1e} of its largest element, and {TOLERANCES[kind]:.0e} is allowed"
            )
        seen[kind] = max(seen[kind], difference)
    return seen


def _outcome(build: Builder, config: Config, forest: Forest) -> dict[str, Any]:
    system = build(saturated_model(config))
    batch = system.prepare(forest)
    found = {"loss": system.backward(batch)}
    gradients = {f"gradient of {name}": g for name, g in system.gradients().items()}
    system.step(batch)
    return {**found, **gradients, "loss after one update": system.backward(batch)}
