"""The same classifier in PyTorch: trees batched by hand, trees node by node, and chains with its own LSTM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (its usual name)

from experiments.bench.workload import LEARNING_RATE
from experiments.training.step import no_collection
from minigrad.cotangent import SparseRows, as_dense
from minigrad.optim import AdaGrad
from models import Forest, TreeClassifier

Batch = tuple[Tensor, Tensor, Any]
State = tuple[Tensor, ...]
Compose = Callable[..., State]

torch.set_num_threads(1)  # of its MKL, too, which is linked in


class TorchSystem:
    """Everything but the fold: word vectors, softmax, loss, AdaGrad.

    Parameters have minigrad's names and start at a copy of its values. The word table is minigrad's own, and
    updated by its AdaGrad, which is quicker than PyTorch's for a few rows of many.
    """

    def __init__(self, model: TreeClassifier) -> None:
        self._L, self._table = model.L, torch.from_numpy(model.L.data)
        self._table_optimizer = AdaGrad([model.L], lr=LEARNING_RATE)
        copies = {name: torch.from_numpy(value) for name, value in model.state_dict().items() if name != "L"}
        self._parameters = {name: value.requires_grad_() for name, value in copies.items()}
        self.D = model.L.shape[1]
        self.w = {name.removeprefix("cell."): value for name, value in copies.items()}
        self.optimize(list(copies.values()))

    def optimize(self, parameters: list[Tensor]) -> None:
        """Take PyTorch's AdaGrad in its fastest form."""
        self._optimizer = torch.optim.Adagrad(parameters, lr=LEARNING_RATE, eps=1e-10, fused=True)

    def prepare(self, forest: Forest) -> Batch:
        """Return the leaves' words, the labels, and what else `fold` takes."""
        raise NotImplementedError

    def fold(self, layout: Any, vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots (trees, D), from those of the leaves."""
        raise NotImplementedError

    def backward(self, batch: Batch) -> float:
        """Compute the loss and its gradients."""
        words, labels, layout = batch
        vectors = self._table.index_select(0, words).requires_grad_()
        scores = torch.addmm(self.w["bs"], self.fold(layout, vectors), self.w["Ws"].T)
        loss = F.cross_entropy(scores, labels)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        assert vectors.grad is not None
        self._L.grad = SparseRows(words.numpy(), vectors.grad.numpy(), len(self._table))
        return loss.item()

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        found = {name: p.grad.numpy().copy() for name, p in self._parameters.items() if p.grad is not None}
        return {"L": np.array(as_dense(self._L.grad)), **found}

    def step(self, batch: Batch) -> float:
        """Train on one minibatch."""
        with no_collection():
            loss = self.backward(batch)
            self._optimizer.step()
            self._table_optimizer.step()
        return loss


class TorchTrees(TorchSystem):
    """The cells for trees: a state is a tuple, (h,) or (h, c), and `compose` takes those of both children.

    For each part that is an array with rows [left right]; all that a minibatch needs of the weights is put
    together once.
    """

    def __init__(self, model: TreeClassifier) -> None:
        super().__init__(model)
        self.memory = type(model.cell).__name__ == "RLSTM"

    def leaf(self, x: Tensor) -> State:
        """Return the state of leaves with these vectors."""
        return (x, torch.zeros(len(x), self.D)) if self.memory else (x,)

    def compose(self) -> Compose:
        """Return the cell's function for one minibatch."""
        return self._rlstm() if self.memory else self._rnn()

    def _rnn(self) -> Compose:
        W, b = torch.cat([self.w["W1"], self.w["W2"]], 1).T, self.w["b"]
        return lambda xy: (torch.tanh(torch.addmm(b, xy, W)),)

    def _rlstm(self) -> Compose:
        """All products that do not need the new memory are one with the children's h and one with their c."""
        w, D = self.w, self.D
        zero = torch.zeros(D, D)

        def both(one: Tensor, other: Tensor) -> list[Tensor]:
            return [torch.cat([one, other], 1), torch.cat([other, one], 1)]

        of_c = [torch.cat([w["Wc1"], zero], 1), torch.cat([zero, w["Wc2"]], 1)]
        of_o = torch.cat([w["Wo1"], w["Wo2"]], 1)
        from_h = torch.cat([*both(w["Wi1"], w["Wi2"]), *both(w["Wf1"], w["Wf2"]), *of_c, of_o]).T  # (2D, 7D)
        from_c = torch.cat([*both(w["Wci1"], w["Wci2"]), *both(w["Wcf1"], w["Wcf2"])]).T  # (2D, 4D)
        b = torch.cat([w["bi"], w["bi"], w["bf"], w["bf"], torch.zeros(2 * D), w["bo"]])

        def compose(xy: Tensor, cxcy: Tensor) -> State:
            gates, candidates, o = torch.split(torch.addmm(b, xy, from_h), [4 * D, 2 * D, D], 1)
            i, f = torch.sigmoid(torch.addmm(gates, cxcy, from_c)).chunk(2, 1)
            new = torch.tanh((i * candidates).view(-1, 2, D).sum(1) + w["bc"])
            c = (f * cxcy).view(-1, 2, D).sum(1) + new
            return torch.sigmoid(torch.addmm(o, c, w["Wco"].T)) * torch.tanh(c), c

        return compose


class TorchLevel(TorchTrees):
    """One cell call per depth, from the deepest up.

    The children of all inner nodes of one depth are exactly the nodes of the next, so that with siblings
    side by side a view makes rows [x y] of them, and nothing is gathered from further below. The layout is
    computed once per minibatch, outside the time, as a `Forest` computes heights. It has the number of leaves
    of each depth, and where each node stands among (leaves, inner nodes).
    """

    def prepare(self, forest: Forest) -> Batch:
        """Lay the trees out by depth."""
        rows, words, depths = forest.root, [], []
        while len(rows):
            leaf = forest.left[rows] < 0
            count = int(leaf.sum())
            order = np.where(leaf, np.cumsum(leaf) - 1, count + np.cumsum(~leaf) - 1)
            words.append(forest.word[rows[leaf]])
            depths.append((count, torch.from_numpy(order)))
            inner = rows[~leaf]
            rows = np.stack([forest.left[inner], forest.right[inner]], axis=1).ravel()
        labels = torch.from_numpy(forest.label[forest.root])
        return torch.from_numpy(np.concatenate(words)), labels, depths

    def fold(self, layout: list[tuple[int, Tensor]], vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots."""
        compose = self.compose()
        words = torch.split(vectors, [leaves for leaves, _ in layout])
        state = self.leaf(words[-1])
        for (leaves, order), x in zip(layout[-2::-1], words[-2::-1], strict=True):
            state = compose(*(part.view(-1, 2 * self.D) for part in state))
            if leaves:
                both = zip(self.leaf(x), state, strict=True)
                state = tuple(torch.cat(parts).index_select(0, order) for parts in both)
        return state[0]


class TorchCell(TorchTrees):
    """One cell call per tree node, children first."""

    def prepare(self, forest: Forest) -> Batch:
        """Turn the arrays into Python numbers."""
        words, labels = forest.word[forest.leaves], forest.label[forest.root]
        children = zip(forest.left.tolist(), forest.right.tolist(), strict=True)
        return torch.from_numpy(words), torch.from_numpy(labels), (list(children), forest.root.tolist())

    def fold(self, layout: tuple[list[tuple[int, int]], list[int]], vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots."""
        compose, words, states = self.compose(), iter(torch.split(vectors, 1)), list[State]()
        for left, right in layout[0]:
            if left < 0:
                states.append(self.leaf(next(words)))
            else:
                both = zip(states[left], states[right], strict=True)
                states.append(compose(*(torch.cat(parts, 1) for parts in both)))
        return torch.cat([states[root][0] for root in layout[1]])


class TorchLSTM(TorchSystem):
    """``torch.nn.LSTM`` over chains of one length, and the softmax on its last state.

    Of its two biases one is left at 0 and not trained: together they would learn twice as fast.
    """

    def __init__(self, model: TreeClassifier) -> None:
        super().__init__(model)
        self._lstm = torch.nn.LSTM(self.D, self.D)
        names = {"U": "weight_ih_l0", "W": "weight_hh_l0", "b": "bias_ih_l0"}
        self._packed = {letter: getattr(self._lstm, name) for letter, name in names.items()}
        with torch.no_grad():
            for letter, packed in self._packed.items():
                packed.copy_(torch.cat([self.w[letter + gate] for gate in "ifco"]))  # in PyTorch's order
            self._lstm.bias_hh_l0.zero_().requires_grad_(False)
        self.optimize([*self._packed.values(), self.w["Ws"], self.w["bs"]])

    def prepare(self, forest: Forest) -> Batch:
        """Set the words position by position."""
        words = forest.word[forest.right[forest.inner]].reshape(len(forest), -1).T.ravel()
        return torch.from_numpy(words), torch.from_numpy(forest.label[forest.root]), len(forest)

    def fold(self, layout: int, vectors: Tensor) -> Tensor:
        """Return the last states of all chains."""
        _, (h, _) = self._lstm(vectors.view(-1, layout, self.D))
        return h[0]

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        for letter, packed in self._packed.items():
            for gate, gradient in zip("ifco", packed.grad.chunk(4), strict=True):
                self.w[letter + gate].grad = gradient
        return super().gradients()
