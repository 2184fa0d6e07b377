"""Tensor: an array, and its node in the graph."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minigrad.context import thread
from minigrad.copies import Copied
from minigrad.cotangent import Gradient, SparseRows
from minigrad.errors import GraphError, ShapeError
from minigrad.graph import Meta, Node, Storage, backward, new_id


class Tensor(Copied):
    """An array whose history is recorded, so that derivatives can be taken.

    Made by `tensor` (a leaf) or by an operation. Operators, indexing and broadcasting are NumPy's, names
    are PyTorch's.

    Attributes
    ----------
    data : ndarray
        The value. Writing into it is not noticed: a graph that saved the old value then computes wrong
        derivatives. Use ``t[...] = value`` or ``copy_``, which are noticed.
    grad : ndarray, SparseRows or None
        ∂J/∂(this tensor), added up over backward calls, for leaves that require a gradient; for others
        see `retain_grad`. ``SparseRows`` for a table that was only read by `gather`.
    name : str or None
        Used in errors and pictures.
    """

    __slots__ = ("__weakref__",)
    _functions: ClassVar[Collection[str]] = ()  # what is no method but might be taken for one

    def __init__(self, data: np.ndarray, node: Node | None = None, storage: Storage | None = None) -> None:
        self.data = data
        self._node = node
        self._storage = storage
        self.name = None

    if TYPE_CHECKING:  # attached by minigrad.ops.operators
        T: Tensor

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...

        sum: Callable[..., Tensor]
        mean: Callable[..., Tensor]
        max: Callable[..., Tensor]
        min: Callable[..., Tensor]
        prod: Callable[..., Tensor]
        var: Callable[..., Tensor]
        std: Callable[..., Tensor]
        cumsum: Callable[..., Tensor]
        clip: Callable[..., Tensor]
        squeeze: Callable[..., Tensor]
        reshape: Callable[..., Tensor]
        transpose: Callable[..., Tensor]

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    @property
    def requires_grad(self) -> bool:
        """True if backward can reach this tensor."""
        return self._node is not None

    @property
    def node(self) -> Node | None:
        """The node of this value in the graph; None where no gradient is required."""
        return self._node

    @property
    def grad(self) -> np.ndarray | SparseRows | None:
        """The gradient that backward stored here, or None."""
        if self._node is None or self._node.gradient is None:
            return None
        return self._node.gradient.value

    @grad.setter
    def grad(self, value: np.ndarray | SparseRows | None) -> None:
        if self._node is None or self._node.gradient is None:
            raise GraphError(
                f"{self._called()} keeps no gradient; make it with requires_grad=True or call retain_grad()"
            )
        if value is not None and value.shape != self.shape:
            raise ShapeError(f"a gradient of shape {value.shape} for {self._called()} {self.shape}")
        self._node.gradient.value = value

    def backward(
        self,
        cotangent: Any = None,
        retain_graph: bool = False,
        *,
        create_graph: bool = False,
    ) -> None:
        """Compute the gradients with respect to all leaves that this tensor was computed from.

        Parameters
        ----------
        cotangent : array of this tensor's shape, optional
            ∂J/∂(this tensor). May be left out for a scalar, where it is 1.
        retain_graph : bool
            Keep what a second backward needs. Otherwise vjps and saved arrays are freed as backward passes.

        Raises
        ------
        GraphError
            If nothing here requires a gradient, if the graph has been freed, if an operand was changed in
            place since, or if a second derivative is asked for (`create_graph`).
        ShapeError
            If the cotangent is missing for a non-scalar, or has another shape.
        """
        if create_graph:
            raise GraphError(
                "minigrad computes first derivatives only: gradients are arrays, not tensors. For a second "
                "derivative, take finite differences of the gradient"
            )
        backward(*self._seed(cotangent), retain_graph, thread.state.observers)

    def _seed(self, cotangent: Any) -> tuple[Node, np.ndarray]:
        """Return the node and the cotangent that backward starts from."""
        if self._node is None:
            raise GraphError(
                f"{self._called()} does not depend on any tensor that requires a gradient, or was computed "
                "under no_grad(); make the inputs with requires_grad=True"
            )
        if cotangent is None:
            if self.size != 1:
                raise ShapeError(
                    f"backward from a tensor of shape {self.shape} needs a cotangent of that shape; "
                    "pass one, or reduce to a scalar first, for instance with .sum()"
                )
            return self._node, np.ones(self.shape, self.dtype)
        cotangent = np.array(cotangent.data if isinstance(cotangent, Tensor) else cotangent)
        if cotangent.shape != self.shape:
            raise ShapeError(f"a cotangent of shape {cotangent.shape} for shape {self.shape}")
        return self._node, cotangent.astype(self.dtype, copy=False)

    def retain_grad(self) -> Tensor:
        """Keep the gradient with respect to this computed tensor in `.grad`; return the tensor."""
        if self._node is None:
            raise GraphError(f"{self._called()} does not require a gradient; there is none to retain")
        if self._node.gradient is None:
            self._node.gradient = Gradient()
        return self

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if self._node is not None and self._node.gradient is not None:
            self._node.gradient.value = None

    def detach(self) -> Tensor:
        """Return the same values (the same memory), cut off from the graph."""
        return Tensor(self.data, None, self._storage)

    def numpy(self) -> np.ndarray:
        """Return the values as an array (the same memory)."""
        return self.data

    def item(self) -> Any:
        """Return the value of a one-element tensor as a Python number."""
        thread.state.context.use_value("its value")
        if self.size != 1:
            raise ShapeError(f"item() needs one element; this tensor has shape {self.shape}")
        return self.data.item()

    def copy_(self, value: Any) -> Tensor:
        """Overwrite the values in place; a graph that saved the old ones will refuse backward."""
        self[...] = value
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        thread.state.context.use_value("an in-place change")
        if self._storage is None or (self._node is not None and self._node.op is not None):
            raise GraphError(
                f"{self._called()} is the result of an operation and can't be changed in place; "
                "compute a new tensor, for instance with mg.where"
            )
        if self._node is not None and thread.state.recording_graph:
            raise GraphError(
                f"{self._called()} requires a gradient; change it in place inside `with mg.no_grad():`"
            )
        self.data[index] = value.data if isinstance(value, Tensor) else value
        self._storage.changed = new_id()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[k] for k in range(len(self)))

    def __bool__(self) -> bool:
        thread.state.context.use_value("control flow on its value")
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        thread.state.context.use_value("its value")
        return self.data.__index__()

    def __getattr__(self, name: str) -> Any:
        public = [known for known in dir(type(self)) if not known.startswith("_")]
        close = difflib.get_close_matches(name, public, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        hint = f"; it is a function: mg.{name}" if name in self._functions else hint
        raise AttributeError(f"a Tensor has no attribute {name!r}{hint}", name=name, obj=self)

    def _called(self) -> str:
        return f"tensor {self.name!r}" if self.name else "this tensor"


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Make a leaf tensor from numbers, nested lists or an array; the values are copied.

    Parameters
    ----------
    data
        Arrays keep their dtype; Python floats become float32, Python ints int64, unless `dtype` says
        otherwise.
    requires_grad : bool
        Backward leaves a derivative in ``.grad``. Needs float32, float64 (or complex128 in gradcheck).
    name : str, optional
        Shown in errors, `explain` and pictures.

    Raises
    ------
    TypeError, ShapeError
        If the data are not numbers, or not floating while a gradient is required; if tensors that require
        one are among them, which `stack` would join; if nested lists are of unequal length.
    """
    if isinstance(data, Tensor):
        if data.requires_grad and thread.state.recording_graph:
            raise TypeError(f"{data._called()} would lose its gradient in a new leaf; use it or t.numpy()")
        data = data.data
    try:
        array = np.array(data, dtype=dtype, order="C")
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ShapeError(f"nested lists of unequal length make no tensor: {str(data)[:60]}") from None
    if dtype is None and array.dtype == np.float64 and not isinstance(data, np.ndarray | np.generic):
        array = array.astype(np.float32)
    if array.dtype.kind not in "bifuc":
        raise TypeError(f"a tensor holds numbers, not {array.dtype} ({str(data)[:40]!r})")
    if requires_grad and array.dtype not in (np.float32, np.float64, np.complex128):
        raise TypeError(
            f"only float32 and float64 tensors can require a gradient, not {array.dtype}; "
            "pass dtype=np.float32"
        )
    out = Tensor(array, None, Storage())
    out.name = name
    if requires_grad:
        out._node = Node.leaf(array, Meta(thread.state.meta.scope, name))
    return out


def as_tensor(value: Any) -> Tensor:
    """Return a tensor unchanged, anything else as a leaf."""
    return value if isinstance(value, Tensor) else tensor(value)
