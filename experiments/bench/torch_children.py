"""The Child-Sum Tree-LSTM in PyTorch, batched by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from experiments.bench.torch_peers import Batch, TorchSystem


class TorchChildren(TorchSystem):
    """One call per depth, from the deepest up; all products with words are one, before the first.

    Nodes of one depth stand in the order of their parents, so that the children of a depth are the nodes of
    the next, side by side, and nothing is gathered from further below. The layout is computed once per
    minibatch, outside the time.
    """

    def prepare(self, forest: Any) -> Batch:
        """Lay the trees out by depth: how many nodes each has, and of each node the place of its parent."""
        rows, order, depths = forest.root, [], []
        above = np.zeros(0, np.intp)
        while len(rows):
            order.append(rows)
            depths.append((len(rows), torch.from_numpy(above)))
            counts = forest.offset[rows + 1] - forest.offset[rows]
            before = np.cumsum(counts) - counts
            places = np.repeat(forest.offset[rows] - before, counts) + np.arange(counts.sum())
            above, rows = np.repeat(np.arange(len(rows)), counts), forest.child[places]
        words = torch.from_numpy(forest.word[np.concatenate(order)])
        return words, torch.from_numpy(forest.label[forest.root]), depths

    def fold(self, layout: list[tuple[int, Tensor]], vectors: Tensor) -> Tensor:
        """Return the hidden vectors of the roots."""
        w, D = self.w, self.D
        bias = torch.cat([w["bi"], w["bo"], w["bu"], w["bf"]])
        of_word = torch.cat([w["Wi"], w["Wo"], w["Wu"], w["Wf"]]).T
        of_sum = torch.cat([w["Ui"], w["Uo"], w["Uu"]]).T
        xs = torch.split(torch.addmm(bias, vectors, of_word), [nodes for nodes, _ in layout])
        parents = [above for _, above in layout[1:]] + [torch.zeros(0, dtype=torch.long)]
        h = c = torch.zeros(0, D)
        for (nodes, _), above, x in zip(reversed(layout), reversed(parents), reversed(xs), strict=True):
            if len(above):
                h_sum = torch.zeros(nodes, D).index_add(0, above, h)
                f = torch.sigmoid(torch.addmm(x[:, 3 * D :].index_select(0, above), h, w["Uf"].T))
                kept: Tensor | float = torch.zeros(nodes, D).index_add(0, above, f * c)
                gates = torch.addmm(x[:, : 3 * D], h_sum, of_sum)
            else:
                kept, gates = 0.0, x[:, : 3 * D]
            i, o, u = gates.chunk(3, 1)
            c = torch.sigmoid(i) * torch.tanh(u) + kept
            h = torch.sigmoid(o) * torch.tanh(c)
        return h
