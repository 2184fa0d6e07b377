"""The same classifier in PyTorch, twice: batched by hand, and as most people write it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (its usual name)

from experiments.bench.workload import LEARNING_RATE, D
from experiments.training.step import no_collection
from models import Forest, TreeClassifier

EPS = 1e-10


def adagrad(parameters: list[Tensor]) -> torch.optim.Optimizer:
    """Return PyTorch's AdaGrad in its fastest form."""
    return torch.optim.Adagrad(parameters, lr=LEARNING_RATE, eps=EPS, fused=True)


class TorchSystem:
    """Everything but the fold: word vectors, softmax, loss, AdaGrad.

    Parameters have minigrad's names and start at a copy of minigrad's values. The word table is updated by
    hand, only at the rows of the minibatch, which is quicker than a sparse gradient and PyTorch's Adagrad.
    """

    def __init__(self, model: TreeClassifier) -> None:
        self.cell_name = type(model.cell).__name__
        self.w = {
            name.removeprefix("cell."): torch.from_numpy(value).requires_grad_()
            for name, value in model.state_dict().items()
        }
        self._names = [name for name, _ in model.named_parameters()]
        self._table = self.w["L"].detach()
        self._table_sums = torch.zeros_like(self._table)
        self._words = torch.empty(0, dtype=torch.int64)
        self._vectors = torch.empty(0, D)
        dense = [value for name, value in self.w.items() if name != "L"]
        self._optimizer = adagrad(dense)

    def prepare(self, forest: Forest) -> Any:
        """Return the minibatch as `fold` takes it."""
        raise NotImplementedError

    def fold(self, batch: Any, vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots (trees, D), from those of the leaves."""
        raise NotImplementedError

    def backward(self, batch: Any) -> float:
        """Compute the loss and leave its gradients."""
        self._words = batch.words
        self._vectors = self._table.index_select(0, batch.words).requires_grad_()
        roots = self.fold(batch, self._vectors)
        loss = F.cross_entropy(torch.addmm(self.w["bs"], roots, self.w["Ws"].T), batch.labels)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        return loss.item()

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradient of each parameter."""
        found = {}
        for name in self._names:
            grad = self.w[name.removeprefix("cell.")].grad
            if name == "L":
                assert self._vectors.grad is not None
                grad = torch.zeros_like(self._table).index_add_(0, self._words, self._vectors.grad)
            assert grad is not None
            found[name] = grad.numpy().copy()
        return found

    def step(self, batch: Any) -> float:
        """Train on one minibatch."""
        with no_collection():
            loss = self.backward(batch)
            self._optimizer.step()
            self._update_table()
        return loss

    def _update_table(self) -> None:
        rows, slots = torch.unique(self._words, return_inverse=True)
        assert self._vectors.grad is not None
        g = torch.zeros(len(rows), D).index_add_(0, slots, self._vectors.grad)
        sums = self._table_sums.index_select(0, rows).addcmul_(g, g)
        self._table_sums.index_copy_(0, rows, sums)
        self._table.index_add_(0, rows, g.div_(sums.sqrt_().add_(EPS)), alpha=-LEARNING_RATE)


class Depth(NamedTuple):
    """The nodes of one depth, all trees together, siblings side by side."""

    leaves: int  # how many there are
    order: Tensor  # where each node stands among (leaves, inner nodes)


class DepthBatch(NamedTuple):
    """A minibatch as `TorchLevel` takes it, deepest nodes last."""

    words: Tensor
    labels: Tensor
    depths: list[Depth]


class TorchLevel(TorchSystem):
    """One cell call per depth, from the deepest up.

    The children of all inner nodes of one depth are exactly the nodes of the next, so that with siblings
    side by side a view makes rows [x y] of them, and nothing is gathered from further below. All products
    that do not need the new memory are one product with the children's h and one with their c. The layout
    is computed once per minibatch, outside the time, as a `Forest` computes heights.
    """

    def prepare(self, forest: Forest) -> DepthBatch:
        """Lay the trees out by depth."""
        rows, words, depths = forest.root, [], []
        while len(rows):
            leaf = forest.left[rows] < 0
            count = int(leaf.sum())
            order = np.where(leaf, np.cumsum(leaf) - 1, count + np.cumsum(~leaf) - 1)
            words.append(forest.word[rows[leaf]])
            depths.append(Depth(count, torch.from_numpy(order)))
            inner = rows[~leaf]
            rows = np.stack([forest.left[inner], forest.right[inner]], axis=1).ravel()
        labels = torch.from_numpy(forest.label[forest.root])
        return DepthBatch(torch.from_numpy(np.concatenate(words)), labels, depths)

    def fold(self, batch: DepthBatch, vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots."""
        leaves = torch.split(vectors, [depth.leaves for depth in batch.depths])
        return {"RNN": self._rnn, "RLSTM": self._rlstm}[self.cell_name](batch.depths, leaves)

    def _rnn(self, depths: list[Depth], leaves: tuple[Tensor, ...]) -> Tensor:
        w = self.w
        W = torch.cat([w["W1"], w["W2"]], 1).T
        h = leaves[-1]
        for depth, words in zip(depths[-2::-1], leaves[-2::-1], strict=True):
            h = torch.tanh(torch.addmm(w["b"], h.view(-1, 2 * D), W))
            if depth.leaves:
                h = torch.cat([words, h]).index_select(0, depth.order)
        return h

    def _rlstm(self, depths: list[Depth], leaves: tuple[Tensor, ...]) -> Tensor:
        w = self.w
        i1, f1 = torch.cat([w["Wi1"], w["Wi2"]], 1), torch.cat([w["Wf1"], w["Wf2"]], 1)
        i2, f2 = torch.cat([w["Wi2"], w["Wi1"]], 1), torch.cat([w["Wf2"], w["Wf1"]], 1)
        zero = torch.zeros(D, D)
        c1, c2 = torch.cat([w["Wc1"], zero], 1), torch.cat([zero, w["Wc2"]], 1)
        o12 = torch.cat([w["Wo1"], w["Wo2"]], 1)
        from_h = torch.cat([i1, i2, f1, f2, c1, c2, o12]).T  # (2D, 7D)
        ci, cf = (w["Wci1"], w["Wci2"]), (w["Wcf1"], w["Wcf2"])
        from_c = torch.cat([torch.cat(pair, 1) for pair in (ci, ci[::-1], cf, cf[::-1])]).T  # (2D, 4D)
        b = torch.cat([w["bi"], w["bi"], w["bf"], w["bf"], torch.zeros(2 * D), w["bo"]])
        h, c = leaves[-1], torch.zeros(len(leaves[-1]), D)
        for depth, words in zip(depths[-2::-1], leaves[-2::-1], strict=True):
            xy, cxcy = h.view(-1, 2 * D), c.view(-1, 2 * D)
            gates, candidates, o = torch.split(torch.addmm(b, xy, from_h), [4 * D, 2 * D, D], 1)
            i, f = torch.sigmoid(torch.addmm(gates, cxcy, from_c)).chunk(2, 1)
            new = torch.tanh((i * candidates).view(-1, 2, D).sum(1) + w["bc"])
            c = (f * cxcy).view(-1, 2, D).sum(1) + new
            h = torch.sigmoid(torch.addmm(o, c, w["Wco"].T)) * torch.tanh(c)
            if depth.leaves:
                h = torch.cat([words, h]).index_select(0, depth.order)
                c = torch.cat([torch.zeros(depth.leaves, D), c]).index_select(0, depth.order)
        return h


class CellBatch(NamedTuple):
    """A minibatch as `TorchCell` takes it: rows in post-order, as Python numbers."""

    words: Tensor
    labels: Tensor
    children: list[tuple[int, int]]
    roots: list[int]


class TorchCell(TorchSystem):
    """One cell call per tree node, children first; a product per gate with the concatenated children."""

    def prepare(self, forest: Forest) -> CellBatch:
        """Turn the arrays into Python numbers."""
        return CellBatch(
            torch.from_numpy(forest.word[forest.leaves]),
            torch.from_numpy(forest.label[forest.root]),
            list(zip(forest.left.tolist(), forest.right.tolist(), strict=True)),
            forest.root.tolist(),
        )

    def fold(self, batch: CellBatch, vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots."""
        compose = {"RNN": self._rnn, "RLSTM": self._rlstm}[self.cell_name]()
        words = iter(torch.split(vectors, 1))
        zero = torch.zeros(1, D)
        states: list[tuple[Tensor, Tensor]] = []
        for left, right in batch.children:
            states.append((next(words), zero) if left < 0 else compose(*states[left], *states[right]))
        return torch.cat([states[root][0] for root in batch.roots])

    def _rnn(self) -> Any:
        w = self.w
        W = torch.cat([w["W1"], w["W2"]], 1)

        def compose(x: Tensor, cx: Tensor, y: Tensor, cy: Tensor) -> tuple[Tensor, Tensor]:
            return torch.tanh(F.linear(torch.cat([x, y], 1), W, w["b"])), cx

        return compose

    def _rlstm(self) -> Any:
        w = self.w
        Wi = torch.cat([w["Wi1"], w["Wi2"], w["Wci1"], w["Wci2"]], 1)
        Wf = torch.cat([w["Wf1"], w["Wf2"], w["Wcf1"], w["Wcf2"]], 1)
        Wo = torch.cat([w["Wo1"], w["Wo2"], w["Wco"]], 1)

        def compose(x: Tensor, cx: Tensor, y: Tensor, cy: Tensor) -> tuple[Tensor, Tensor]:
            here, swapped = torch.cat([x, y, cx, cy], 1), torch.cat([y, x, cy, cx], 1)
            i1 = torch.sigmoid(F.linear(here, Wi, w["bi"]))
            i2 = torch.sigmoid(F.linear(swapped, Wi, w["bi"]))
            f1 = torch.sigmoid(F.linear(here, Wf, w["bf"]))
            f2 = torch.sigmoid(F.linear(swapped, Wf, w["bf"]))
            new = torch.tanh(F.linear(x, w["Wc1"]) * i1 + F.linear(y, w["Wc2"]) * i2 + w["bc"])
            c = f1 * cx + f2 * cy + new
            o = torch.sigmoid(F.linear(torch.cat([x, y, c], 1), Wo, w["bo"]))
            return o * torch.tanh(c), c

        return compose
