"""Cells by name, and cells of one's own by module and class."""

from __future__ import annotations

import difflib
import inspect
from importlib import import_module
from typing import Any

import numpy as np

import minigrad as mg
from models.cells.bidirectional import Bidirectional
from models.cells.child_sum import ChildSumTreeLSTM
from models.cells.dense import DenseRNN
from models.cells.dependency_rnn import DependencyRNN
from models.cells.encoder import Encoder
from models.cells.highway import HighwayRNN
from models.cells.multilayer import Multilayer
from models.cells.recurrent import RECURRENT
from models.cells.residual import ResidualRNN
from models.cells.rlstm import RLSTM
from models.cells.rnn import RNN
from models.cells.rntn import RNTN
from models.cells.slstm import SLSTM
from models.cells.tree_gru import TreeGRU
from models.cells.tree_lstm import TreeLSTM
from models.errors import CellError

# Over trees, and over left-branching chains.
TREE_CELLS: dict[str, Any] = {
    "RNN": RNN,
    "RLSTM": RLSTM,
    "TreeLSTM": TreeLSTM,
    "SLSTM": SLSTM,
    "TreeGRU": TreeGRU,
    "ResidualRNN": ResidualRNN,
    "HighwayRNN": HighwayRNN,
    "DenseRNN": DenseRNN,
    "RNTN": RNTN,
}
CHAIN_CELLS: dict[str, Any] = {**RECURRENT, "Bidirectional": Bidirectional, "Multilayer": Multilayer}
CELLS: dict[str, Any] = {**TREE_CELLS, **CHAIN_CELLS}
# Over dependency trees; the experiments have none, so `cell` finds these on request only.
NARY_CELLS: dict[str, Any] = {"ChildSumTreeLSTM": ChildSumTreeLSTM, "DependencyRNN": DependencyRNN}

NEEDS = (
    "a cell is a subclass of minigrad.Cell that sets `parts` in __init__(self, D, rng), "
    "and writes compose(self, left, right)"
)
NEEDS_NARY = f"{NEEDS}; or, for dependency trees, of minigrad.NaryCell, with compose(self, word, children)"


def cell(name: str, *, nary: bool = False) -> Any:
    """Return the class of a cell.

    Parameters
    ----------
    name : str
        One of `CELLS`, or, for a cell of one's own, ``"package.module:Class"``.
    nary : bool
        Whether it may be a `NaryCell`, for dependency trees.

    Returns
    -------
    class
        To be called with ``(D, rng)``.

    Raises
    ------
    CellError
        If there is no such name, module or class, or the class is no cell; the text says what would be right.

    Examples
    --------
    >>> cell("RLSTM")(D=50, rng=np.random.default_rng(0)).parts[0].width
    50
    """
    kind = _own(name, nary) if ":" in name else (CELLS | NARY_CELLS).get(name)
    if kind is not None:
        if not nary and issubclass(kind, mg.NaryCell):
            raise CellError(
                f"{name} reads dependency trees; a cell for binary trees or sentences is asked for: "
                f"one of {', '.join(CELLS)}"
            )
        return kind
    known_cells = CELLS | NARY_CELLS if nary else CELLS
    alike = {known.lower(): known for known in known_cells}
    near = [alike[k] for k in difflib.get_close_matches(name.lower(), alike, n=3, cutoff=0.5)]
    module, _, kind = name.rpartition(".")
    near = [f"{module}:{kind}"] if module and kind else near
    guess = f"did you mean {' or '.join(near)}? The" if near else "the"
    raise CellError(
        f"there is no cell {name!r}; {guess} cells are {', '.join(known_cells)}; "
        "one of your own is named package.module:Class, or FILE:Class for a class in FILE.py here"
    )


def is_chain_cell(kind: Any) -> bool:
    """Return whether a class of cells, or a cell, reads left-branching chains instead of trees.

    To find out, a small instance of a class is made.
    """
    made = kind(2, np.random.default_rng(0)) if isinstance(kind, type) else kind
    return made.right_parts is not None


def _own(name: str, nary: bool) -> Any:
    needs = NEEDS_NARY if nary else NEEDS
    path, _, attribute = name.partition(":")
    if not path or not attribute:
        raise CellError(f"{name!r} is half a name; a cell of one's own is named package.module:Class")
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{path}.".startswith(f"{error.name}."):
            raise CellError(f"{name}: importing {path} failed: {error}") from error
        raise CellError(
            f"{name}: there is no module {error.name!r} here; the name is package.module:Class, "
            "and the folder that holds the package is the working directory or on PYTHONPATH"
        ) from None
    except Exception as error:  # the user's module may fail in any way
        raise CellError(f"{name}: importing {path} failed: {type(error).__name__}: {error}") from error
    kind = getattr(module, attribute, None)
    if kind is None:
        near = difflib.get_close_matches(attribute, vars(module), n=3, cutoff=0.5)
        guess = f"; did you mean {' or '.join(near)}?" if near else ""
        raise CellError(f"{name}: the module {path} has no {attribute!r}{guess}")
    if not isinstance(kind, type):
        raise CellError(f"{name} is no class but {type(kind).__name__}; {needs}")
    if not issubclass(kind, mg.Cell | mg.NaryCell | Encoder):
        raise CellError(f"{name} is no cell: its bases are {_bases(kind)}; {needs}")
    if any(issubclass(kind, base) and kind.compose is base.compose for base in (mg.Cell, mg.NaryCell)):
        raise CellError(f"{name} has no compose; {needs}")
    try:
        inspect.signature(kind).bind(50, np.random.default_rng(0))
    except TypeError as error:
        given = inspect.signature(kind)
        raise CellError(f"{name}{given} can't be made as {attribute}(D, rng): {error}; {needs}") from None
    return kind


def _bases(kind: type) -> str:
    return ", ".join(base.__name__ for base in kind.__bases__)
