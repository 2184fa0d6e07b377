"""The one door to Numba: every kernel of the project is compiled by `kernel`.

A kernel takes arrays and returns arrays (or fills the ones it is given), knows nothing of tensors, and
has a slow NumPy twin with the same signature. The twin is the oracle of the tests, the path of
``NUMBA_DISABLE_JIT=1``, and, because Numba's loops are compiled for float32 and float64 only, the path
of the complex128 arrays that `gradcheck`'s complex step sends through an op.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
from numba.core import event

from minigrad import waiting
from minigrad.stack import Stack
from minigrad.symbol import Symbol

__all__ = ["FASTMATH", "JIT_ENABLED", "compiled", "kernel"]

JIT_ENABLED = not vars(numba.config)["DISABLE_JIT"]

# Everything `fastmath=True` allows except `nnan` and `ninf`: a loop may be reordered, a multiply and an
# add may be contracted, but NaN and inf keep their meaning.
FASTMATH = {"contract", "reassoc", "arcp", "nsz"}


class Compiling(event.Listener):
    """Says, once per process, that kernels are being compiled: when that has taken `waiting.SILENCE` in all.

    A first step and a first prediction need ten in mode level, 2.5 s of processor time on an AMD EPYC, and
    four in mode compiled, 4.7 s. Numba tells when it compiles; what it reads from its cache, and functions
    that are not of this project, don't count.
    """

    def __init__(self) -> None:
        self.own: set[Any] = set()
        self._depth, self._seconds, self._start = 0, 0.0, 0.0
        self._cancel: Callable[[], object] = lambda: None

    def on_start(self, event: Any) -> None:
        """Note that a function is being compiled; perhaps one that another calls."""
        if self._depth or getattr(event.data["dispatcher"], "py_func", None) in self.own:
            self._depth += 1
            if self._depth == 1 and self._seconds < waiting.SILENCE:
                self._start = waiting.CLOCK.now()
                self._cancel = waiting.CLOCK.call_later(waiting.SILENCE - self._seconds, self._say)

    def on_end(self, event: Any) -> None:
        """Count the seconds of what began outermost."""
        if self._depth == 1:
            self._cancel()
            self._seconds += waiting.CLOCK.now() - self._start
        self._depth = max(0, self._depth - 1)

    def _say(self) -> None:
        waiting.say("compiling kernels, first time on this machine: some 5 s, then kept")


COMPILING = Compiling()
event.register("numba:compile", COMPILING)  # type: ignore[no-untyped-call]


def compiled(function: Callable[..., Any], cache: bool = True) -> Callable[..., Any]:
    """Compile a function on first use, with the project's flags; a helper of kernels in the same file.

    Without the cache, its machine code is kept only as a part of what calls it.

    ``error_model='numpy'`` drops the zero-division check, without which LLVM cannot vectorise a division.
    Numba's cache does not notice a change in another file, so a cached function may call only compiled
    functions of its own file.
    """
    COMPILING.own.add(function)
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": FASTMATH}
    try:
        return numba.njit(cache=cache, **options)(function)
    except RuntimeError:  # no writable place for the cache: compile in every process instead
        return numba.njit(**options)(function)


def kernel(
    twin: Callable[..., Any] | None = None, dtypes: str = "fd", any_shape: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Pair a loop to be compiled with its NumPy `twin` and choose between them at each call.

    Nothing is compiled here: Numba compiles at the first call with a new signature. The twin runs when
    the JIT is disabled and when the first argument's dtype is none of `dtypes` (NumPy's letters): the
    loops of arithmetic are for float32 and float64, not for the integers or complex numbers of others.
    Without a twin, the loop itself stands in, interpreted: where NumPy has no words for what it does.

    With `any_shape`, all arrays have one shape and the loop doesn't ask which: it is compiled for matrices,
    once for each dtype, and not again for every number of axes and every layout.

    Returns
    -------
    A decorator. The decorated kernel has the attributes ``twin`` and ``compiled``.
    """

    def decorate(loop: Callable[..., Any]) -> Callable[..., Any]:
        slow = twin or loop
        fast = compiled(loop) if JIT_ENABLED else slow
        run = _on_matrices(fast) if any_shape and JIT_ENABLED else fast

        @functools.wraps(loop)
        def call(first: Any, *rest: Any) -> Any:
            if first.dtype.char not in dtypes or type(first) is Stack:
                return slow(first, *rest)
            if isinstance(first, Symbol):
                return first.kernel(loop.__name__, (first, *rest))
            return run(first, *rest)

        call.twin = slow  # type: ignore[attr-defined]
        call.compiled = fast  # type: ignore[attr-defined]
        return call

    return decorate


def _on_matrices(loop: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arrays: Any) -> Any:
        for array in arrays:
            if array.ndim != 2 or not array.flags.carray:
                return loop(*map(_row, arrays)).reshape(arrays[-1].shape)
        return loop(*arrays)

    return run


def _row(array: Any) -> Any:
    """Return all elements as a matrix of one row, copied where Numba would find another type than a matrix's.

    The cotangent of a sum, say, is one number seen as many, which nobody may write.
    """
    row = array.reshape(1, -1)
    return row if row.flags.carray else row.copy()
