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
from minigrad.fold.schedule import MODES
from minigrad.waiting import waiting
from models.cell_mixing import mixing, trees_for
from models.cell_report import CellReport, difference
from models.cell_trial import AnyForest, Arrays, Loss, Trial, gradient_of, rewound
from models.cells import Encoder, encode
from models.cells import cell as find_cell
from models.dependencies import DependencyTree
from models.errors import CellCheckError, CellError, one_of
from models.forest import Forest
from models.tree import Tree
from models.tree_forest import TreeForest

TOLERANCE = {np.float64: 1e-12, np.float32: 2e-5}  # of a tensor's largest element
SPREAD = 0.1  # of the noise added to the parameters, so that no bias is 0
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

    The values of all nodes are compared, and the gradients of the loss with respect to every parameter, the
    words and every node's state. Modes have to agree with "node" up to 1e-12 of a tensor's largest element in
    float64, 2e-5 in float32; `gradcheck` says whether that is the derivative at all. Trees of `check_cell`'s
    own are added, in which every node has others of its height, so that a cell that mixes nodes is found
    whatever the trees given.

    Parameters
    ----------
    cell : Cell, NaryCell, Encoder, a class of them, or a name as `models.cell` takes it
        A class is called with ``(4, rng)``. The cell itself is not changed: a copy is checked, whose
        parameters are the cell's plus 0.1 times standard normal numbers.
    trees : Forest, Tree, bracketed text, or an iterable of trees or texts
        A cell of chains gets their sentences, converted by `models.as_chains`; a NaryCell takes a TreeForest,
        a DependencyTree, or an iterable of these.
    loss : function (states, forest) -> scalar tensor, optional
        Must not draw random numbers; it is called only with the trees given. By default the loss is the sum
        of all numbers in all states, with random weights.
    modes : sequence of str
        Of the fold. "compiled" takes a second for a cell that this machine has not seen yet, and five before
        the first.
    seed : int
        Of word vectors, weights and the noise added to parameters.
    file : text file, optional
        Where the report is printed. By default a report that all is well goes to standard output, and another
        is the text of the exception only.

    Returns
    -------
    CellReport

    Raises
    ------
    CellCheckError
        An AssertionError: something is wrong. Its text is the report.
    CellError
        If `cell` is none, or has no ``parts``.
    """
    __tracebackhide__ = True
    for mode in modes:
        one_of("a mode", mode, MODES)
    made = _made(cell, seed)
    subject = _Subject(made, _listed(trees), loss, seed)
    checks: dict[str, Callable[[], None]] = {
        "trees of one leaf": lambda: subject.one_leaf(modes),
        "a node alone, and with others": lambda: subject.company(modes),
        "every mode in float64": lambda: subject.agreement(modes, np.float64),
        "every mode in float32": lambda: subject.agreement(modes, np.float32),
        "what the loss depends on": subject.influence,
        "gradcheck": subject.gradients,
        "saving and loading": subject.round_trip,
    }
    told = f"check_cell {type(made).__name__}: "
    with warnings.catch_warnings(), waiting(told + "whether it runs") as stage:
        warnings.simplefilter("ignore", mg.CompileWarning)
        for what, check in checks.items() if subject.declaration() else ():
            stage(told + what)
            check()
    report = subject.report
    if report or file is not None:
        print(report, file=file or sys.stdout)
    if not report:
        raise CellCheckError(str(report))
    return report


def _made(cell: Any, seed: int) -> Any:
    if isinstance(cell, str):
        cell = find_cell(cell, nary=True)
    if isinstance(cell, type) and issubclass(cell, mg.Cell | mg.NaryCell | Encoder):
        cell = cell(WIDTH, np.random.default_rng(seed))  # type: ignore[call-arg]
    if not isinstance(cell, mg.Cell | mg.NaryCell | Encoder):
        raise CellError(f"a cell is an instance of minigrad.Cell, its class or its name, not {cell!r}")
    for name in ("parts", "right_parts"):
        try:
            getattr(cell, name)
        except AttributeError as error:
            raise CellError(str(error)) from None
    return cell


def _listed(trees: Any) -> AnyForest | list[Any]:
    if isinstance(trees, Forest | TreeForest):
        return trees
    listed: Iterable[Any] = [trees] if isinstance(trees, Tree | DependencyTree | str) else trees
    return [Tree.parse(tree) if isinstance(tree, str) else tree for tree in listed]


class _Subject:
    """A cell's copies, what they are run on, and what was found."""

    def __init__(self, cell: Any, trees: AnyForest | list[Any], loss: Loss | None, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.original, self.seed = cell, seed
        self.report = CellReport(type(cell).__name__)
        # Without a loss of one's own no labels are read, so they may be any.
        every = [tree.map(label=lambda label: None) for tree in (*trees, *trees_for(cell))]
        self.trial = Trial(cell, every if loss is None else trees, loss, rng)
        noisy = copy.deepcopy(cell).astype(np.float64)
        with mg.no_grad():
            for parameter in noisy.parameters():
                parameter.copy_(parameter.data + SPREAD * rng.normal(size=parameter.shape))
        self.copies = {np.float64: noisy, np.float32: copy.deepcopy(noisy).astype(np.float32)}

    def run(self, mode: str, dtype: Any = np.float64) -> Arrays:
        """Return values and gradients by name."""
        return self.trial.run(self.copies[dtype], mode, dtype)

    @contextmanager
    def attempt(self, check: str, mode: str) -> Iterator[None]:
        """Report an exception of the block, and continue after it."""
        try:
            yield
        except Exception as error:  # compose and __init__ are the user's: they may raise anything
            self.report.add(check, mode, f"{type(error).__name__}: {error}")

    def declaration(self) -> bool:
        """Check what can be seen without running anything, and whether it runs at all."""
        parameters = self.original.parameters()
        dtypes = {str(p.dtype) for p in parameters}
        mixed = f"the parameters are {' and '.join(sorted(dtypes))}; use the dtype that __init__ was given"
        parts = ", ".join(f"{p.name} ({p.width})" for p in self.original.parts)
        counts = [_counted(sum(p.size for p in parameters), "number"), _counted(len(parameters), "parameter")]
        if parameters:
            problem = mixed if len(dtypes) > 1 else None
            self.report.add("parameters", "", problem, f"{' in '.join(counts)}; state {parts}")
        else:
            text = "there are none: training changes nothing here. A parameter is an attribute like self.W = "
            self.report.note("parameters", "", f"{text}minigrad.nn.Parameter(array); state {parts}")
        with self.attempt("runs", "node"):
            self.run("node")
        return bool(self.report)

    def one_leaf(self, modes: Sequence[str]) -> None:
        """Check trees of one leaf: the state is the leaf's vector, or zeros; a NaryCell computes it."""
        cell = self.copies[np.float64]
        if isinstance(cell, mg.NaryCell):
            self._one_word(cell, modes)
            return
        single = Forest([Tree("0", "a"), Tree("0", "b")])
        words = self.trial.words[[0, -1]]
        chain = cell.right_parts is not None
        expected = {
            p.name: np.zeros((2, p.width)) if chain or p.leaf == "zero" else words for p in cell.parts
        }
        for mode in modes:
            with rewound(cell):
                states = encode(cell, single, words, mode)
            problem, _ = difference({name: states[name].data for name in states}, expected, 0.0)
            self.report.add("trees of one leaf", mode, problem, "zeros" if chain else "its vector, or zeros")

    def _one_word(self, cell: mg.NaryCell, modes: Sequence[str]) -> None:
        trial = Trial(cell, [DependencyTree([word], [-1]) for word in "ab"], None, np.random.default_rng(0))
        expected = trial.run(cell, "node", np.float64)
        for mode in modes:
            problem, _ = difference(trial.run(cell, mode, np.float64), expected, TOLERANCE[np.float64])
            self.report.add("trees of one leaf", mode, problem, "as node by node")

    def company(self, modes: Sequence[str]) -> None:
        """Check that a node is the same alone and together with others."""
        cell, tolerance = self.copies[np.float64], TOLERANCE[np.float64]
        check = "a node alone, and with others"
        for mode in modes:
            with self.attempt(check, mode):
                self.report.add(check, mode, mixing(cell, mode, tolerance, self.seed), "the same")

    def agreement(self, modes: Sequence[str], dtype: Any) -> None:
        """Check that modes agree with "node", repeat themselves bit by bit, and keep the dtype."""
        name, report, reference = np.dtype(dtype).name, self.report, None
        with self.attempt(f"{name} runs", "node"):
            reference = self.run("node", dtype)
        if reference is None:
            return
        for mode in modes:
            check = f"{name}, as node by node"
            with self.attempt(check, mode):
                found, again = self.run(mode, dtype), self.run(mode, dtype)
                if mode != "node":
                    problem, largest = difference(found, reference, TOLERANCE[dtype])
                    report.add(check, mode, problem, f"up to {largest:.0e}")
                other = [f"{key} is {a.dtype}" for key, a in found.items() if a.dtype != dtype]
                report.add(f"{name} throughout", mode, other[0] if other else None)
                changed = [key for key, a in found.items() if a.tobytes() != again[key].tobytes()]
                text = f"{changed[0]} differs from one run to the next" if changed else None
                report.add(f"{name}, twice the same", mode, text, "bit by bit")
                if mode == "compiled" and dtype == np.float32 and (reason := _refusal(self.copies[dtype])):
                    report.note("compiled", mode, f"runs as level: {reason}")

    def influence(self) -> None:
        """Check that the loss depends on words and parameters; note parameters that have no influence."""
        found = self.run("level")
        names = [name for name, _ in self.original.named_parameters()]
        idle = [name for name in names if not found[gradient_of(name)].any()]
        nothing = not found[gradient_of("the words")].any() or (idle and len(idle) == len(names))
        text = "the loss does not depend on the cell: give a loss that does, and trees of two leaves or more"
        self.report.add("the loss depends on the cell", "level", text if nothing else None)
        if idle and not nothing:
            self.report.note("parameters", "level", f"the loss does not depend on {', '.join(idle)}")

    def gradients(self) -> None:
        """Check the derivatives against differences of the loss."""
        cell = self.copies[np.float64]
        L = mg.tensor(self.trial.words, requires_grad=True, name="words")
        found = mg.gradcheck(
            lambda: self.trial.forward(cell, L, "level")[0], {**dict(cell.named_parameters()), "words": L}
        )
        wrong = [
            f"{' '.join(row.cells()[:2])} is {row.analytic:.9g} by backward, {row.numeric:.9g} by differences"
            for row in found.wrong[:SHOWN]
        ]
        problem = "\n".join([*found.reasons, *wrong])
        self.report.add("gradcheck", "level", problem, f"{found.compared} derivatives")

    def round_trip(self) -> None:
        """Check that a new cell, given this one's parameters, is this cell."""
        cell, other = self.copies[np.float64], None
        settings = getattr(self.original, "settings", None)
        if settings is None:
            text = "there are none: models.save can't keep this cell; everything else works"
            self.report.note("settings", "", text)
            other = copy.deepcopy(cell)
            with mg.no_grad():
                for parameter in other.parameters():
                    parameter.copy_(np.zeros(parameter.shape))
        else:
            with self.attempt(f"{type(cell).__name__}(rng=…, dtype=…, **settings)", ""):
                other = type(cell)(rng=np.random.default_rng(1), dtype=np.float64, **settings)
        if other is None:
            return
        check = "state_dict there and back"
        with self.attempt(check, "level"):
            other.load_state_dict(cell.state_dict())
            found = self.trial.run(other, "level", np.float64)
            problem, _ = difference(found, self.run("level"), 0.0)
            self.report.add(check, "level", problem, "" if settings is None else "from settings")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)


def _refusal(cell: Any) -> str | None:
    """Return why a cell, or one of its parts, has no compiled form."""
    from minigrad.fold.compiler.refusal import Refusal
    from minigrad.fold.compiler.run import compiled

    for _, module in cell._modules():
        if isinstance(module, mg.NaryCell):
            return "its nodes have any number of children"
        if isinstance(module, mg.Cell):
            form = compiled(module, np.float32)
            if isinstance(form, Refusal):
                return form.reason
    return None
