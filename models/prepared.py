"""Training steps that are arranged once: what stays from step to step is compared, not found again."""

from __future__ import annotations

import math
import operator
from typing import Any
from weakref import WeakKeyDictionary

import minigrad as mg
from minigrad.context import thread
from minigrad.cotangent import SparseRows
from minigrad.fold import compiler
from minigrad.fold.direct import Whole
from minigrad.fold.run import check_chains
from minigrad.fold.shards import shard_count
from minigrad.internal.flat import FlatGradients, flat_gradients
from minigrad.internal.lent import LentGradient, lent_gradient
from minigrad.optim import Optimizer
from minigrad.optim.batch import Batch
from models.classifier import AnyForest, TreeClassifier
from models.direct import classified

_known: WeakKeyDictionary[Optimizer, PreparedStep] = WeakKeyDictionary()


def prepared_step(
    model: TreeClassifier, optimizer: Optimizer, forest: AnyForest
) -> tuple[float, mg.NodeStates] | None:
    """Clear gradients, do what `loss_and_gradients` does, and take the optimiser's step.

    Parameters, gradients, states and what the optimiser keeps are the same bits. If the loss is not finite,
    there is no step.

    Returns
    -------
    None, where nothing has been arranged or something has changed since, and where `loss_and_gradients`
    returns None or would cut the minibatch in shards. Gradients may have been cleared then.
    """
    found = _known.get(optimizer) if isinstance(optimizer, Optimizer) else None
    return found.step(model, optimizer, forest) if found is not None else None


def prepare(model: TreeClassifier, optimizer: Optimizer, forest: Any) -> None:
    """Arrange for the next steps, after one that was taken without a graph.

    Nothing is done if that was cut in shards, or for an optimiser that is none of minigrad's.
    """
    if shard_count(forest) > 1 or not isinstance(optimizer, Optimizer):
        return
    made = PreparedStep.after(model, optimizer)
    if made is None:
        _known.pop(optimizer, None)
    else:
        _known[optimizer] = made


class PreparedStep:
    """What the steps of a model by an optimiser have in common.

    Parameters
    ----------
    model : TreeClassifier
    code : CompiledCell
        Of the model's cell.
    batch : Batch
        The only one of the optimiser; its last step has found gradients in the two that follow.
    flat : FlatGradients
        Of Ws, bs and the cell's parameters.
    lent : LentGradient
        Of L.
    """

    def __init__(
        self,
        model: TreeClassifier,
        code: compiler.CompiledCell,
        batch: Batch,
        flat: FlatGradients,
        lent: LentGradient,
    ) -> None:
        self._code, self._batch, self._flat, self._lent = code, batch, flat, lent
        self._head = model.L, model.Ws, model.bs
        self._arrays = model.L.data, model.Ws.data, model.bs.data
        self._pointers = code.values.pointers
        self._layout = batch.layout(flat, lent) or ()

    @classmethod
    def after(cls, model: TreeClassifier, optimizer: Optimizer) -> PreparedStep | None:
        """Return a new one, or None where there can be none."""
        batch, code = optimizer.only_batch(), compiler.ready(model.cell, model.L.dtype)
        if batch is None or not isinstance(code, compiler.CompiledCell) or not code.values.in_place:
            return None
        flat = flat_gradients([model.Ws, model.bs, *code.trace.parameters])
        lent = lent_gradient(model.L)
        if flat is None or lent is None or batch.layout(flat, lent) is None:
            return None
        return cls(model, code, batch, flat, lent)

    def step(
        self, model: TreeClassifier, optimizer: Optimizer, forest: Any
    ) -> tuple[float, mg.NodeStates] | None:
        """Take a step; see `prepared_step`."""
        rows = classified(model, forest)
        if rows is None or shard_count(forest) > 1 or not self._holds(model, optimizer):
            return None
        check_chains(model.cell, forest)
        self._flat.clear()
        self._lent.value = None
        code, (L, W, b) = self._code, self._arrays
        whole, masks = Whole(code, L, W, b, 1 / len(forest)), code.masks(len(forest.left))
        vector = self._flat.room(L.dtype)
        part = whole.run(forest, forest.word, rows, rows is forest.root, forest.label, masks, vector)
        if not part.legal:
            return None
        complete = math.isfinite(part.loss)
        states = mg.NodeStates(compiler.Finished([part.done], complete))
        if complete:
            entries, by_entries = part.words()
            self._lent.put(SparseRows(entries, by_entries, len(L), distinct=True), part.lease)
            self._flat.add(vector)
            self._batch.step_with(vector, entries, by_entries, *optimizer.rule(optimizer.groups[0]))
        return part.loss, states

    def _holds(self, model: TreeClassifier, optimizer: Optimizer) -> bool:
        """Tell whether everything is as it was."""
        state, code = thread.state, self._code
        if state.observers or not state.recording_graph or not _is_plain(optimizer):
            return False
        (L, W, b), (table, head, bias) = self._head, self._arrays
        if model.L is not L or model.Ws is not W or model.bs is not b:
            return False
        if L.data is not table or W.data is not head or b.data is not bias:
            return False
        if compiler.ready(model.cell, table.dtype) is not code or code.values.pointers is not self._pointers:
            return False
        layout = self._batch.layout(self._flat, self._lent)
        return layout is not None and all(map(operator.is_, layout, self._layout))


def _is_plain(optimizer: Any) -> bool:
    """Tell whether nobody has given an optimiser other methods."""
    step, zero_grad = optimizer.step, optimizer.zero_grad
    common = getattr(step, "__func__", None) is Optimizer.step
    return common and getattr(zero_grad, "__func__", None) is Optimizer.zero_grad
