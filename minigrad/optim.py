"""Optimisers. Each step is done in place, and touches only the rows that a sparse gradient names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.cotangent import SparseRows
from minigrad.graph import new_id
from minigrad.nn import Parameter, StateError

Group = Mapping[str, Any]
Parameters = Iterable[Parameter] | Iterable[Group]


class Optimizer:
    """Parameters in groups, each group with its own settings.

    Parameters
    ----------
    parameters : parameters, or groups
        A group is a dict with ``"params"`` and any of the settings, for instance
        ``{"params": model.cell.parameters(), "l2": 1e-3}``.
    **defaults
        Settings of groups that do not give their own. ``lr``: η, the learning rate. ``l2``: λ; a step
        sees the gradient g + λw, that of the loss plus λ/2 ‖w‖². Of a table only the rows with a gradient
        are decayed.

    Raises
    ------
    ValueError
        If there are no parameters, one stands in two groups, or a setting is unknown or negative.
    TypeError
        If something else than a leaf that requires a gradient is among them.
    """

    def __init__(self, parameters: Parameters, **defaults: Any) -> None:
        entries: list[Any] = list(parameters)
        if not entries or not isinstance(entries[0], Mapping):
            entries = [{"params": entries}]
        self.groups: list[dict[str, Any]] = []
        seen: set[int] = set()
        for group in entries:
            unknown = set(group) - set(defaults) - {"params"}
            if unknown:
                raise ValueError(f"unknown settings {sorted(unknown)}; known are {sorted(defaults)}")
            settings = {**defaults, **group, "params": list(group.get("params", ()))}
            for key in ("lr", "l2", "eps"):
                if not settings.get(key, 0) >= 0:
                    raise ValueError(f"{key} is {settings[key]}; it can't be negative")
            for parameter in settings["params"]:
                node = getattr(parameter, "node", None)
                if node is None or node.op is not None:
                    raise TypeError(
                        "an optimiser takes a list of leaves that require a gradient, as model.parameters() "
                        f"returns; this is none: {parameter!r}"
                    )
                if id(parameter) in seen:
                    raise ValueError(f"parameter {parameter.name!r} stands twice in the groups")
                seen.add(id(parameter))
            self.groups.append(settings)
        if not seen:
            raise ValueError("an optimiser without parameters; pass model.parameters()")

    def _parameters(self) -> list[Parameter]:
        return [parameter for group in self.groups for parameter in group["params"]]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters():
            parameter.zero_grad()

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for group in self.groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is not None:
                    self._update(parameter, gradient, group)
                    parameter._storage.changed = new_id()

    def _update(self, parameter: Parameter, gradient: np.ndarray | SparseRows, group: Group) -> None:
        raise NotImplementedError

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint needs to go on bit-identically."""
        return {}

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Restore what `state_dict` returned, if it fits. Errors as in `check_state`."""
        self.check_state(values)

    def check_state(self, values: Mapping[str, np.ndarray]) -> None:
        """Check that `values` can be loaded.

        Raises
        ------
        StateError
            If names or shapes differ, or values are not real.
        """
        own = self.state_dict()
        if values and not own:
            raise StateError(f"{type(self).__name__} keeps no state, but was given {sorted(values)}")
        if own.keys() != values.keys() or any(own[k].shape != values[k].shape for k in own):
            raise StateError("the optimiser's state belongs to other parameters")
        for key, array in values.items():
            if array.dtype.kind not in "biuf":
                raise StateError(f"{key} in the optimiser's state holds {array.dtype}, not real numbers")


class SGD(Optimizer):
    """w −= η (g + λw)."""

    def __init__(self, parameters: Parameters, lr: float = 0.01, l2: float = 0.0) -> None:
        super().__init__(parameters, lr=lr, l2=l2)

    def _update(self, parameter: Parameter, gradient: np.ndarray | SparseRows, group: Group) -> None:
        w, lr, l2 = parameter.data, group["lr"], group["l2"]
        if isinstance(gradient, SparseRows):
            summed = gradient.summed()
            w[summed.rows] -= lr * (summed.values + l2 * w[summed.rows])
        else:
            w -= lr * (gradient + l2 * w)


class AdaGrad(Optimizer):
    """G += g²;  w −= η g / (√G + ε), with g including λw (Duchi et al. 2011).

    Parameters
    ----------
    parameters, lr, l2
        As in `Optimizer`.
    eps : float
        ε, added outside the root.
    first_step : "adagrad" or "sgd"
        With "sgd" the first update of each array, and of each row of a table, is −η g, as in the code of
        Le & Zuidema (2016).
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 0.05,
        eps: float = 1e-10,
        l2: float = 0.0,
        first_step: str = "adagrad",
    ) -> None:
        if first_step not in ("adagrad", "sgd"):
            raise ValueError(f"first_step is 'adagrad' or 'sgd', not {first_step!r}")
        super().__init__(parameters, lr=lr, eps=eps, l2=l2)
        self.first_step = first_step
        # G, and which rows (for a dense gradient: row 0 stands for all) are still to be updated first.
        self._sums = [np.zeros_like(p.data) for p in self._parameters()]
        self._fresh = [np.full(p.shape[:1] or 1, first_step == "sgd") for p in self._parameters()]
        self._slot = {id(p): k for k, p in enumerate(self._parameters())}

    def _update(self, parameter: Parameter, gradient: np.ndarray | SparseRows, group: Group) -> None:
        slot = self._slot[id(parameter)]
        w, G, fresh = parameter.data, self._sums[slot], self._fresh[slot]
        lr, eps, l2 = group["lr"], group["eps"], group["l2"]
        if isinstance(gradient, SparseRows):
            summed = gradient.summed()
            kernels.adagrad_rows(w, G, summed.rows, summed.values, lr, eps, l2, fresh)
            fresh[summed.rows] = False
        else:
            kernels.adagrad_dense(w, G, np.asarray(gradient, order="C"), lr, eps, l2, bool(fresh[:1].any()))
            fresh[:] = False

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return Σ g² and the first-step marks of every parameter, by position."""
        state = {f"G{k}": G.copy() for k, G in enumerate(self._sums)}
        state.update({f"fresh{k}": fresh.copy() for k, fresh in enumerate(self._fresh)})
        return state

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Restore what `state_dict` returned."""
        self.check_state(values)
        for k in range(len(self._sums)):
            self._sums[k][...] = values[f"G{k}"]
            self._fresh[k][...] = values[f"fresh{k}"]


def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their common Euclidean norm is at most `max_norm`.

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    FloatingPointError
        If a gradient holds NaN or inf; the text names the parameter. Nothing is scaled.
    ValueError
        If `max_norm` is negative or NaN.
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm is {max_norm}; a norm is not negative")
    found: list[tuple[Parameter, np.ndarray | SparseRows]] = []
    total = 0.0
    for position, parameter in enumerate(parameters):
        gradient = parameter.grad
        if gradient is None:
            continue
        if isinstance(gradient, SparseRows):
            gradient = gradient.summed()
        values = gradient.values if isinstance(gradient, SparseRows) else gradient
        square = float(kernels.squared_norm(values))
        if not np.isfinite(square):
            count = int(np.count_nonzero(~np.isfinite(values)))
            raise FloatingPointError(
                f"the gradient of {parameter.name or f'parameter {position}'} {parameter.shape} "
                f"is not finite ({count} of {values.size} elements)"
            )
        total += square
        found.append((parameter, gradient))
    norm = float(np.sqrt(total))
    if norm > max_norm:
        for parameter, gradient in found:
            scale = gradient.dtype.type(max_norm / norm)
            if isinstance(gradient, SparseRows):
                parameter.grad = SparseRows(gradient.rows, gradient.values * scale, gradient.shape[0])
            else:
                parameter.grad = gradient * scale
    return norm
