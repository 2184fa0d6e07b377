"""Parameters, and the modules that hold them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, Self

import numpy as np

from minigrad.context import no_grad, thread
from minigrad.graph import Meta, Node, Storage
from minigrad.nn.npz import check_fit
from minigrad.tensor import Tensor


class Parameter(Tensor):
    """A leaf tensor that training changes.

    Parameters
    ----------
    data : float32 or float64 array
        Copied.
    name : str, optional
        Taken from the attribute when the parameter is assigned to a module.
    """

    __slots__ = ()

    def __init__(self, data: Any, name: str | None = None) -> None:
        array = np.array(data, order="C")
        if array.dtype not in (np.float32, np.float64):
            raise TypeError(f"a parameter is float32 or float64, not {array.dtype}")
        super().__init__(array, Node.leaf(array, Meta(thread.state.meta.scope, name)), Storage())
        self.name = name

    def called(self, name: str) -> None:
        """Take a name, unless it has one."""
        if self.name is None and self.node is not None:
            self.name = name
            self.node.note(name=name)

    def astype_(self, dtype: Any) -> None:
        """Convert values and gradient, in place; a graph that was built before goes on with the old values.

        Raises
        ------
        TypeError
            If the dtype is neither float32 nor float64.
        """
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise TypeError(f"a parameter is float32 or float64, not {np.dtype(dtype)}")
        node: Any = self.node
        self.data, node.dtype = self.data.astype(dtype), np.dtype(dtype)
        if self.grad is not None:
            self.grad = self.grad.astype(dtype)


class Module:
    """Something with parameters. Assign parameters and modules as attributes; they are found by name.

    Several are kept in a `ParameterList` or a `ModuleList`. Inside a plain list, tuple, set or dict they
    would not be found, hence not be trained or saved: assigning one that holds any raises TypeError, as does
    asking for parameters after one was put into a list.
    """

    training: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_inside(name, value)
        if isinstance(value, Parameter):
            value.called(name)
        elif isinstance(value, Module):
            value._assigned(name)
        super().__setattr__(name, value)

    def _assigned(self, name: str) -> None:
        """Hear as which attribute this module is assigned."""

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Yield (dotted name, parameter), each parameter once, in order of assignment."""
        seen: set[int] = set()
        for path, module in self._modules(prefix):
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield path + name, value

    def parameters(self) -> list[Parameter]:
        """Return the parameters in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def _modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield (dotted name, module), this one first, each once: modules may refer to each other."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            for name, value in vars(module).items():
                module._refuse_inside(name, value)
            below = [(f"{path}{k}.", value) for k, value in vars(module).items() if isinstance(value, Module)]
            stack.extend(reversed(below))

    def _refuse_inside(self, name: str, value: Any) -> None:
        """Raise TypeError if an attribute's value is a container that holds parameters or modules."""
        found = _inside(value)
        if found is not None:
            listed = "ParameterList" if isinstance(found, Parameter) else "ModuleList"
            kind = "Parameter" if isinstance(found, Parameter) else type(found).__name__
            raise TypeError(
                f"{type(self).__name__}.{name} is a {type(value).__name__} that holds a {kind}, which would "
                f"not be found there, hence neither trained nor saved: write self.{name} = nn.{listed}([…]) "
                f"or make each one an attribute, self.{name}0 = …"
            )

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in all modules below; dropout is on while it is True."""
        for _, module in self._modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set `training` to False here and in all modules below."""
        return self.train(False)

    def astype(self, dtype: Any) -> Self:
        """Give all parameters, and their gradients, another dtype, in place; return self.

        They remain the parameters that an optimiser holds. It keeps its averages in the dtype in which it was
        made: make it afterwards if they are to have the new one.
        """
        for parameter in self.parameters():
            parameter.astype_(dtype)
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of every parameter's values by dotted name."""
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Overwrite all parameters; nothing is changed unless everything fits. Errors as in `check_state`."""
        self.check_state(values)
        with no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(values[name])

    def check_state(self, values: Mapping[str, np.ndarray]) -> None:
        """Check that `values` can be loaded.

        Raises
        ------
        StateError
            If a name is missing or unknown, a shape differs, or values are not real; the text says which.
        """
        check_fit("this module", {name: p.shape for name, p in self.named_parameters()}, values)


def _inside(value: Any, above: tuple[int, ...] = ()) -> Parameter | Module | None:
    """Return the first parameter or module in a container or in those inside it; None if there is none.

    `above` are the containers that it stands in, for one that contains itself.
    """
    items: Any = ()
    if isinstance(value, Mapping):
        items = value.values()
    elif isinstance(value, list | tuple | set | frozenset | deque):
        items = value
    elif isinstance(value, np.ndarray) and value.dtype == object:
        items = value.flat
    elif is_dataclass(value) and not isinstance(value, type | Module):
        items = vars(value).values() if hasattr(value, "__dict__") else ()
    if items and id(value) not in above:
        for item in items:
            found = item if isinstance(item, Parameter | Module) else _inside(item, (*above, id(value)))
            if found is not None:
                return found
    return None
