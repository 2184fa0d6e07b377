"""What all optimisers share, and the simplest of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

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
            settings = {**defaults, **group, "params": tuple(group.get("params", ()))}
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
        for group in self.groups:
            for parameter in group["params"]:
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
