"""The gradient of a table in memory that is used again."""

from __future__ import annotations

from minigrad.cotangent import Cotangent, Gradient, SparseRows
from minigrad.internal.flat import FlatGradients
from minigrad.tensor import Tensor


class LentGradient(Gradient):
    """A gradient whose memory is lent: who looks at it gets a copy."""

    __slots__ = ("_lease", "_value")

    def __init__(self) -> None:
        self._value: Cotangent = None
        self._lease: object = None

    def put(self, value: SparseRows, lease: object) -> None:
        """Add to the gradient; the memory is not used for anything else as long as `lease` is held."""
        if self._value is None:
            self._value, self._lease = value, lease
        else:
            self.add(value.copy(), owned=True)

    def peek(self) -> Cotangent:
        """Return the gradient to a reader who does not keep it."""
        return self._value

    @property
    def value(self) -> Cotangent:
        """The gradient."""
        if self._lease is not None:
            self.value = self._value.copy()
        return self._value

    @value.setter
    def value(self, value: Cotangent) -> None:
        self._value, self._lease = value, None


def lent_gradient(table: Tensor) -> LentGradient | None:
    """Return a table's gradient, made at the first call; None if it keeps none, or shares its memory."""
    own = table.node.gradient if table.node is not None else None
    if type(own) is Gradient and table.node is not None:
        lent = LentGradient()
        lent.value = own.value
        own = table.node.gradient = lent
        FlatGradients.version += 1  # optimisers look for it again
    return own if isinstance(own, LentGradient) else None
