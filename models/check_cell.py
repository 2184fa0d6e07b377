"""Everything that a cell has to get right, checked in one call."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import numpy as np

import minigrad as mg
from minigrad.cotangent import as_dense
from minigrad.fold.compiler.forms import Refusal
from minigrad.fold.compiler.run import compiled
from minigrad.fold.schedule import MODES
from minigrad.gradcheck import Row
from minigrad.kernels.jit import JIT_ENABLED
from minigrad.nn import Module
from models.cell_report import CellReport, difference
from models.cells import Encoder, encode
from models.cells import cell as find_cell
from models.chains import as_chains
from models.errors import CellCheckError, CellError
from models.forest import Forest
from models.tree import Tree

Loss = Callable[[mg.NodeStates, Forest], mg.Tensor]
Arrays = dict[str, np.ndarray]

TOLERANCE = {np.float64: 1e-12, np.float32: 2e-5}  # of a tensor's largest element
SPREAD = 0.1  # of what is added to the parameters, so that no bias idles at 0
SHOWN = 5  # wrong derivatives
WIDTH = 4  # of a cell that is given by its class


def check_cell(
    cell: Any,
    trees: Any,
    loss: Loss | None = None,
    *,
    modes: Sequence[str] = tuple(MODES),
    seed: int = 0,
    file: TextIO | None = None,
) -> CellReport:
    """Check a cell: derivatives, every mode of the fold, both dtypes, and that it can be saved.

    What is compared are the values of all nodes, and the derivatives of the loss by every parameter, by the
    words, and by every node's state. Modes have to agree with "node" up to 1e-12 of a tensor's largest
    element in float64, 2e-5 in float32; `gradcheck` says whether that is the derivative at all.

    Parameters
    ----------
    cell : Cell, Encoder, a class of them, or a name as `models.cell` takes it
        A class is called with ``(4, rng)``. The cell itself is left alone: a copy is checked, whose
        parameters are the cell's plus 0.1 times standard normal numbers.
    trees : Forest, Tree, bracketed text, or an iterable of trees or texts
        For a cell of chains, the sentences, as `models.as_chains` makes chains of them.
    loss : function (states, forest) -> scalar tensor, optional
        Must not draw random numbers. Without it every number in every state counts, by random weights.
    modes : sequence of str
        Of the fold. "compiled" takes some ten seconds for a cell that this machine has not seen yet.
    seed : int
        Of words, weights and what is added to parameters.
    file : text file, optional
        Where the report is printed; standard output if left out.

    Returns
    -------
    CellReport

    Raises
    ------
    CellCheckError
        An AssertionError: something is wrong. Its text is the report.
    CellError
        If `cell` is none.
    """
    __tracebackhide__ = True
    made = _made(cell, seed)
    subject = _Subject(made, _forest(made, trees), loss, seed)
    report = CellReport(type(made).__name__)
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"there is no mode {mode!r}; choose one of {', '.join(MODES)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mg.CompileWarning)
        subject.declaration(report)
        if report:
            subject.one_leaf(report, modes)
            subject.agreement(report, modes, np.float64)
            subject.agreement(report, modes, np.float32)
            subject.influence(report)
            subject.gradients(report)
            subject.round_trip(report)
    print(report, file=file or sys.stdout)
    if not report:
        raise CellCheckError(str(report))
    return report


def _made(cell: Any, seed: int) -> Any:
    if isinstance(cell, str):
        cell = find_cell(cell)
    if isinstance(cell, type) and issubclass(cell, mg.Cell | Encoder):
        cell = cell(WIDTH, np.random.default_rng(seed))  # type: ignore[call-arg]
    if not isinstance(cell, mg.Cell | Encoder):
        raise CellError(f"a cell is an instance of minigrad.Cell, its class or its name, not {cell!r}")
    return cell


def _forest(cell: Any, trees: Any) -> Forest:
    if not isinstance(trees, Forest):
        listed: Iterable[Any] = [trees] if isinstance(trees, Tree | str) else trees
        trees = Forest([Tree.parse(tree) if isinstance(tree, str) else tree for tree in listed])
    if cell.right_parts is None:
        return trees
    return as_chains(trees)


@contextmanager
def _rewound(module: Module) -> Iterator[None]:
    """Put the generators that a module holds, for dropout, back to where they stood."""
    found = [v for _, m in module._modules() for v in vars(m).values() if isinstance(v, np.random.Generator)]
    states = [copy.deepcopy(rng.bit_generator.state) for rng in found]
    try:
        yield
    finally:
        for rng, state in zip(found, states, strict=True):
            rng.bit_generator.state = state


class _Subject:
    """A cell's copies, and what they are run on."""

    def __init__(self, cell: Any, forest: Forest, loss: Loss | None, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.original, self.forest = cell, forest
        self.copies: dict[Any, Any] = {}
        self.width = next(p.width for p in cell.right_parts or cell.parts if p.leaf == "vector")
        self.words = rng.normal(size=(len(forest.vocabulary), self.width))
        self.weights = {p.name: rng.normal(size=(forest.n_nodes, p.width)) for p in cell.parts}
        self.loss = loss or self._weighted
        noisy = copy.deepcopy(cell).astype(np.float64)
        with mg.no_grad():
            for parameter in noisy.parameters():
                parameter.copy_(parameter.data + SPREAD * rng.normal(size=parameter.shape))
        self.copies = {np.float64: noisy, np.float32: copy.deepcopy(noisy).astype(np.float32)}

    def _weighted(self, states: mg.NodeStates, forest: Forest) -> mg.Tensor:
        terms = [mg.sum(self.weights[name].astype(states[name].dtype) * states[name]) for name in states]
        return sum(terms[1:], start=terms[0])

    def run(self, mode: str, dtype: Any, cell: Any = None) -> Arrays:
        """Return values and gradients by name."""
        cell = self.copies[dtype] if cell is None else cell
        L = mg.tensor(self.words.astype(dtype), requires_grad=True)
        cell.zero_grad()
        with _rewound(cell):
            leaves = mg.gather(L, self.forest.word[self.forest.leaves])
            states = encode(cell, self.forest, leaves, mode)
            self.loss(states, self.forest).backward()
        found = {f"the values of {name}": states[name].data for name in states}
        of = {f"the gradient by {name}": p for name, p in cell.named_parameters()}
        of |= {
            "the gradient by the words": L,
            **{f"the gradient by the nodes' {n}": states[n] for n in states},
        }
        return found | {name: _dense(tensor) for name, tensor in of.items()}

    def declaration(self, report: CellReport) -> None:
        """Check what can be seen without running anything, and whether it runs at all."""
        dtypes = {str(p.dtype) for p in self.original.parameters()}
        mixed = f"the parameters are {' and '.join(sorted(dtypes))}; use the dtype that __init__ was given"
        report.add("parameters", "", mixed if len(dtypes) > 1 else None, self._sizes())
        try:
            self.run("node", np.float64)
        except Exception as error:  # compose is the user's: it may raise anything
            report.add("runs", "node", f"{type(error).__name__}: {error}")

    def _sizes(self) -> str:
        parts = ", ".join(f"{p.name} ({p.width})" for p in self.original.parts)
        count = sum(p.data.size for p in self.original.parameters())
        return f"{count} numbers in {len(self.original.parameters())} parameters; state {parts}"

    def one_leaf(self, report: CellReport, modes: Sequence[str]) -> None:
        """Check trees that are one leaf, by themselves: the leaf's vector, or zeros."""
        single = Forest([Tree("0", "a"), Tree("0", "b")])
        words = self.words[[0, -1]]
        chain = self.original.right_parts is not None
        expected = {
            p.name: np.zeros((2, p.width)) if chain or p.leaf == "zero" else words
            for p in self.original.parts
        }
        for mode in modes:
            with _rewound(self.copies[np.float64]):
                states = encode(self.copies[np.float64], single, words, mode)
            problem, _ = difference({name: states[name].data for name in states}, expected, 0.0)
            report.add("trees of one leaf", mode, problem, "zeros" if chain else "its vector, or zeros")

    def agreement(self, report: CellReport, modes: Sequence[str], dtype: Any) -> None:
        """Check that modes agree with "node", are the same every time, and keep to the dtype."""
        name = np.dtype(dtype).name
        try:
            reference = self.run("node", dtype)
        except Exception as error:  # as in `declaration`
            report.add(f"{name} runs", "node", f"{type(error).__name__}: {error}")
            return
        for mode in modes:
            try:
                found, again = self.run(mode, dtype), self.run(mode, dtype)
            except Exception as error:  # as in `declaration`
                report.add(f"{name}, as node by node", mode, f"{type(error).__name__}: {error}")
                continue
            if mode != "node":
                problem, largest = difference(found, reference, TOLERANCE[dtype])
                report.add(f"{name}, as node by node", mode, problem, f"up to {largest:.0e}")
            other = [f"{key} is {a.dtype}" for key, a in found.items() if a.dtype != dtype]
            report.add(f"{name} throughout", mode, other[0] if other else None)
            changed = [key for key, a in found.items() if a.tobytes() != again[key].tobytes()]
            text = f"{changed[0]} differs from one run to the next" if changed else None
            report.add(f"{name}, twice the same", mode, text, "bit by bit")
            if mode == "compiled" and dtype == np.float32 and (reason := _refusal(self.copies[dtype])):
                report.note("compiled", mode, f"runs as level: {reason}")

    def influence(self, report: CellReport) -> None:
        """Check that the loss depends on the words and on parameters; note those that it does not reach."""
        found = self.run("level", np.float64)
        names = {f"the gradient by {name}": name for name, _ in self.original.named_parameters()}
        idle = [name for key, name in names.items() if not found[key].any()]
        nothing = not found["the gradient by the words"].any() or (idle and len(idle) == len(names))
        text = "the loss does not depend on the cell: give a loss that does, and trees of two leaves or more"
        report.add("the loss depends on the cell", "level", text if nothing else None)
        if idle and not nothing:
            report.note("parameters", "level", f"the loss does not depend on {', '.join(idle)}")

    def gradients(self, report: CellReport) -> None:
        """Check the derivatives against differences of the loss."""
        cell = self.copies[np.float64]
        L = mg.tensor(self.words, requires_grad=True, name="words")

        def value() -> mg.Tensor:
            with _rewound(cell):
                leaves = mg.gather(L, self.forest.word[self.forest.leaves])
                return self.loss(encode(cell, self.forest, leaves, "level"), self.forest)

        found = mg.gradcheck(value, {**dict(cell.named_parameters()), "words": L})
        wrong = [" ".join(row.cells()[:2]) + _differing(row) for row in found.wrong[:SHOWN]]
        problem = "\n".join([*found.reasons, *wrong])
        report.add("gradcheck", "level", problem or None, f"{found.compared} derivatives")

    def round_trip(self, report: CellReport) -> None:
        """Check that a new cell, given this one's parameters, is this cell."""
        cell = self.copies[np.float64]
        state = cell.state_dict()
        settings = getattr(self.original, "settings", None)
        if settings is None:
            report.note("settings", "", "there are none: models.save can't keep this cell, all else works")
            other = copy.deepcopy(cell)
            with mg.no_grad():
                for parameter in other.parameters():
                    parameter.copy_(np.zeros(parameter.shape))
        else:
            try:
                other = type(cell)(rng=np.random.default_rng(1), dtype=np.float64, **settings)
            except Exception as error:  # as in `declaration`
                call = f"{type(cell).__name__}(rng=…, dtype=…, **settings)"
                report.add("made again", "", f"{call} raised {type(error).__name__}: {error}")
                return
        try:
            other.load_state_dict(state)
        except ValueError as error:
            report.add("state_dict there and back", "", str(error))
            return
        problem, _ = difference(self.run("level", np.float64, other), self.run("level", np.float64), 0.0)
        report.add("state_dict there and back", "level", problem, "" if settings is None else "from settings")


def _differing(row: Row) -> str:
    return f" is {row.analytic:.9g} by backward, {row.numeric:.9g} by differences"


def _refusal(cell: Any) -> str | None:
    """Return why a cell, or one that it is made of, has no compiled form."""
    if not JIT_ENABLED:
        return "Numba is switched off"
    for _, module in cell._modules():
        if isinstance(module, mg.Cell):
            form = compiled(module, np.float32)
            if isinstance(form, Refusal):
                return form.reason
    return None


def _dense(tensor: mg.Tensor) -> np.ndarray:
    if tensor.grad is None:  # the loss does not depend on it
        return np.zeros(tensor.shape, tensor.dtype)
    return np.array(as_dense(tensor.grad))
