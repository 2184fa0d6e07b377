"""The same classifier in DyNet, whose autobatching joins equal operations of a minibatch at run time.

Its best form here, measured: a 50 × 50 matrix each, which batch under one signature, in `affine_transform`;
fused gates, which have to be sliced, take four times as long. What a leaf's memory, which is 0, is multiplied
with is left out, which saves a sixth. Parameters stand in expressions as they are: with this version's
``parameter.expr()`` their gradients stay 0.
"""

from __future__ import annotations

from typing import Any

import dynet_config

dynet_config.set(mem=512, autobatch=1)  # read when dynet is imported

import dynet as dy  # noqa: E402
import numpy as np  # noqa: E402

from experiments.bench.workload import LEARNING_RATE  # noqa: E402
from models import Forest, TreeClassifier  # noqa: E402

Batch = tuple[list[list[int]], list[list[int]]]  # left, right, word of each row; row, label of each root


class Dynet:
    """One expression graph per minibatch; parameters have minigrad's names and start at its values."""

    def __init__(self, model: TreeClassifier) -> None:
        self._collection = collection = dy.ParameterCollection()  # which DyNet does not hold itself
        values = model.state_dict()
        table = {"L": collection.lookup_parameters_from_numpy(values.pop("L"))}
        others = {name: collection.parameters_from_numpy(value) for name, value in values.items()}
        self._parameters = {**table, **others}
        self._w = {name.removeprefix("cell."): p for name, p in self._parameters.items()}
        self._compose = {"RNN": _rnn, "RLSTM": _rlstm}[type(model.cell).__name__](self._w)
        self._trainer = dy.AdagradTrainer(collection, learning_rate=LEARNING_RATE)
        self._trainer.set_clip_threshold(0)  # its default clips, which minigrad does not
        self._gradients: dict[str, np.ndarray] = {}

    def prepare(self, forest: Forest) -> Batch:
        """Turn the arrays into Python numbers."""
        nodes = np.stack([forest.left, forest.right, forest.word], axis=1)
        return nodes.tolist(), np.stack([forest.root, forest.label[forest.root]], axis=1).tolist()

    def backward(self, batch: Batch) -> float:
        """Compute the loss and keep its gradients; DyNet itself would add the next ones to them."""
        loss = self._differentiate(*batch)
        self._gradients = {name: p.grad_as_array().copy() for name, p in self._parameters.items()}
        for parameter in self._parameters.values():
            parameter.scale_gradient(0)
        return loss

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        return self._gradients

    def step(self, batch: Batch) -> float:
        """Train on one minibatch; of the word table, only its rows are updated."""
        loss = self._differentiate(*batch)
        self._trainer.update()
        return loss

    def _differentiate(self, nodes: list[list[int]], roots: list[list[int]]) -> float:
        dy.renew_cg()
        w, compose, lookup = self._w, self._compose, dy.lookup
        L = w["L"]
        states: list[tuple[Any, Any]] = []
        for left, right, word in nodes:
            states.append((lookup(L, word), None) if left < 0 else compose(*states[left], *states[right]))
        scores = [dy.affine_transform([w["bs"], w["Ws"], states[row][0]]) for row, _ in roots]
        losses = [dy.pickneglogsoftmax(s, label) for s, (_, label) in zip(scores, roots, strict=True)]
        loss = dy.esum(losses) / len(losses)
        value = float(loss.scalar_value())
        loss.backward()
        return value


def _rnn(w: dict[str, Any]) -> Any:
    W1, W2, b = w["W1"], w["W2"], w["b"]

    def compose(x: Any, cx: None, y: Any, cy: None) -> tuple[Any, None]:
        return dy.tanh(dy.affine_transform([b, W1, x, W2, y])), None

    return compose


def _rlstm(w: dict[str, Any]) -> Any:
    affine, σ, tanh, cmult, esum = dy.affine_transform, dy.logistic, dy.tanh, dy.cmult, dy.esum
    Wi1, Wi2, Wci1, Wci2, bi = (w[name] for name in ("Wi1", "Wi2", "Wci1", "Wci2", "bi"))
    Wf1, Wf2, Wcf1, Wcf2, bf = (w[name] for name in ("Wf1", "Wf2", "Wcf1", "Wcf2", "bf"))
    Wc1, Wc2, bc = w["Wc1"], w["Wc2"], w["bc"]
    Wo1, Wo2, Wco, bo = w["Wo1"], w["Wo2"], w["Wco"], w["bo"]

    def compose(x: Any, cx: Any, y: Any, cy: Any) -> tuple[Any, Any]:
        own_x = [] if cx is None else [Wci1, cx]
        own_y = [] if cy is None else [Wci1, cy]
        other_x = [] if cx is None else [Wci2, cx]
        other_y = [] if cy is None else [Wci2, cy]
        i1 = σ(affine([bi, Wi1, x, Wi2, y, *own_x, *other_y]))
        i2 = σ(affine([bi, Wi1, y, Wi2, x, *own_y, *other_x]))
        memory = [tanh(esum([cmult(Wc1 * x, i1), cmult(Wc2 * y, i2), bc]))]
        if cx is not None:
            other = [] if cy is None else [Wcf2, cy]
            memory.append(cmult(σ(affine([bf, Wf1, x, Wf2, y, Wcf1, cx, *other])), cx))
        if cy is not None:
            other = [] if cx is None else [Wcf2, cx]
            memory.append(cmult(σ(affine([bf, Wf1, y, Wf2, x, Wcf1, cy, *other])), cy))
        c = esum(memory)
        o = σ(affine([bo, Wo1, x, Wo2, y, Wco, c]))
        return cmult(o, tanh(c)), c

    return compose
