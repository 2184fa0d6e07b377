"""What all optimisers share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from minigrad.kernels.updates import CONSTANTS
from minigrad.nn import Parameter, StateError
from minigrad.nn.npz import check_fit
from minigrad.optim.batch import Batch, batches
from minigrad.optim.leaves import leaves, listed

Group = Mapping[str, Any]
Parameters = Iterable[Parameter] | Iterable[Group]

NOT_NEGATIVE = ("lr", "l1", "l2", "eps", "weight_decay")
BELOW_ONE = ("momentum", "alpha", "rho", "betas")


class Optimizer:
    """Parameters in groups, each group with its own settings.

    Every row of a table that is read by rows (a word's vector) is a parameter of its own: a minibatch that
    does not read it leaves it, its momentum, its averages and its count of steps exactly as they are. The
    steps it takes are those of the dense formula on the gradients it received. A step then costs what the
    rows it read cost, however high the table is. PyTorch's SparseAdam is lazy in the same way, but corrects
    its averages by the count of all steps: a word first read late would move several times too far.
    PyTorch's dense optimisers let the momentum and the averages of unread rows go on.

    Parameters
    ----------
    parameters : parameters, or groups
        A group is a dict with ``"params"`` and any of the settings, for instance
        ``{"params": model.cell.parameters(), "l2": 1e-3}``.
    lr : float, optional
        η, the learning rate.
    **settings
        Of groups that do not give their own; `defaults` has their names. ``l2``, ``l1``: λ₂, λ₁, 0 if left
        out; a step sees the gradient g + λ₂w + λ₁ sign(w), that of the loss plus λ₂/2 ‖w‖² plus λ₁ ‖w‖₁, with
        sign(0) = 0. Of a table only the rows with a gradient are decayed.

    Attributes
    ----------
    groups : list of dict
        With all of their settings.
    lr_factor : float
        What every group's learning rate is multiplied by, 1 at first; a `Schedule` says what comes then.

    Raises
    ------
    ValueError
        If there are no parameters, one stands in two groups, or a setting is unknown or out of its range.
    TypeError
        If something else than a leaf that requires a gradient is among them.
    """

    slots: tuple[str, ...] = ()  # names of what is kept per element
    counted = False  # whether a step depends on how many there were
    defaults: ClassVar[Mapping[str, Any]] = {}  # of the settings, but for l2 and l1

    def __init__(self, parameters: Parameters, lr: float | None = None, **settings: Any) -> None:
        entries: list[Any] = listed(parameters, "an optimiser")
        if not entries or not isinstance(entries[0], Mapping):
            entries = [{"params": entries}]
        self.groups: list[dict[str, Any]] = []
        self.lr_factor = 1.0
        seen: set[int] = set()
        defaults = {**self.defaults, "l2": 0.0, "l1": 0.0}
        own = settings if lr is None else {"lr": lr, **settings}
        for group in entries:
            unknown = (own.keys() | group.keys() - {"params"}) - defaults.keys()
            if unknown:
                raise ValueError(
                    f"{type(self).__name__.lower()} has no option {', '.join(sorted(unknown))}; "
                    f"it has {', '.join(defaults)}"
                )
            made = {**defaults, **own, **group, "params": (*leaves(group.get("params", ()), "an optimiser"),)}
            made |= {key: tuple(value) for key, value in made.items() if isinstance(value, list)}
            _check_settings(made)
            self._rule(made)
            for parameter in made["params"]:
                if id(parameter) in seen:
                    raise ValueError(f"parameter {parameter.name!r} stands twice in the groups")
                seen.add(id(parameter))
            self.groups.append(made)
        if not seen:
            raise ValueError("an optimiser without parameters; pass model.parameters()")
        self._batches = [list(batches(group["params"], len(self.slots))) for group in self.groups]

    def _rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        """Return the number of the kernel's rule, and its own constants."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for own in self._batches:
            for batch in own:
                batch.zero_grad()

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for group, own in zip(self.groups, self._batches, strict=True):
            rule, constants = self.rule(group)
            for batch in own:
                batch.step(rule, constants)

    def rule(self, group: Group) -> tuple[int, tuple[float, ...]]:
        """Return the number of the kernel's rule, and the constants of a step of a group."""
        rule, rest = self._rule(group)
        nothing = [0.0] * (CONSTANTS - 3 - len(rest))
        lr = group["lr"] * self.lr_factor
        return rule, tuple(map(float, (lr, group["l2"], group["l1"], *rest, *nothing)))

    def only_batch(self) -> Batch | None:
        """Return the batch of all parameters, if there is one for all."""
        return self._batches[0][0] if len(self._batches) == len(self._batches[0]) == 1 else None

    def _kept(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield all that is kept, by name and the parameter's position among all groups."""
        slot = {id(p): (b, k) for own in self._batches for b in own for k, p in enumerate(b.parameters)}
        ordered = [slot[id(p)] for group in self.groups for p in group["params"]]
        for number, (batch, k) in enumerate(ordered):
            for name, arrays in zip(self.slots, batch.kept, strict=True):
                yield f"{name}{number}", arrays[k]
            if self.counted:
                yield f"steps{number}", batch.counts[k]

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint needs to go on bit-identically, by position of the parameter."""
        return {name: array.copy() for name, array in self._kept()}

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Restore what `state_dict` returned, if it fits. Errors as in `check_state`."""
        self.check_state(values)
        for name, array in self._kept():
            array[...] = values[name]

    def check_state(self, values: Mapping[str, np.ndarray]) -> None:
        """Check that `values` can be loaded.

        Raises
        ------
        StateError
            If names or shapes differ, or values are not real.
        """
        own = {name: array.shape for name, array in self._kept()}
        if values and not own:
            raise StateError(f"{type(self).__name__} keeps no state, but was given {sorted(values)}")
        check_fit("this optimiser's parameters", own, values)


def _check_settings(settings: Group) -> None:
    for key in NOT_NEGATIVE:
        if not settings.get(key, 0) >= 0:
            raise ValueError(f"{key} is {settings[key]}; it can't be negative")
    for key in BELOW_ONE:
        if not np.all((np.asarray(settings.get(key, 0)) >= 0) & (np.asarray(settings.get(key, 0)) < 1)):
            raise ValueError(f"{key} is {settings[key]}; it lies in [0, 1)")
