"""Parameters, and the modules that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


class Module:
    """Something with parameters. Assign parameters and modules as attributes; they are found by name.

    Inside a list, tuple, set or dict they would not be found, hence not be trained or saved: assigning one
    that holds any raises TypeError, as does asking for parameters after one was put into a list.
    """

    training: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_inside(name, value)
        if isinstance(value, Parameter) and value.name is None and value.node is not None:
            value.name = name
            value.node.note(name=name)
        super().__setattr__(name, value)

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
        yield prefix, self
        for name, value in vars(self).items():
            self._refuse_inside(name, value)
            if isinstance(value, Module):
                yield from value._modules(f"{prefix}{name}.")

    def _refuse_inside(self, name: str, value: Any) -> None:
        """Raise TypeError if an attribute's value is a container that holds parameters or modules."""
        found = _inside(value)
        if found is not None:
            kind = "Parameter" if isinstance(found, Parameter) else type(found).__name__
            raise TypeError(
                f"{type(self).__name__}.{name} is a {type(value).__name__} that holds a {kind}, which would "
                "not be found there, hence neither trained nor saved: make each one an attribute, as in "
                f'self.{name}0 = …, or setattr(self, f"{name}{{k}}", …) in a loop, and '
                f'getattr(self, f"{name}{{k}}") to read it'
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
        """Give all parameters another dtype, in place (new tensors, values converted); return self."""
        converted: dict[int, Parameter] = {}
        for _, module in list(self._modules()):
            for name, value in list(vars(module).items()):
                if isinstance(value, Parameter):
                    if id(value) not in converted:
                        converted[id(value)] = Parameter(value.data.astype(dtype), value.name)
                    setattr(module, name, converted[id(value)])
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


def _inside(value: Any) -> Parameter | Module | None:
    """Return the first parameter or module in a container or in those inside it; None if there is none."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for item in value:
            found = item if isinstance(item, Parameter | Module) else _inside(item)
            if found is not None:
                return found
    return None
