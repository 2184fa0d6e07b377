"""From a plan to the text of a Python module that Numba compiles.

What must last lives in a workspace W with a row per inner node: the operands of products (U), kept values
(S), the operands of the backward products (V). What lasts for one tile lives in Z, with a row per node of a
tile, and stays in cache: blocks, cotangents on their way in (G), values that one loop keeps for another (R).
Two arrays and no more, because LLVM vectorises a loop over many arrays only if it can rule out that they
overlap, and within one it can do so by the distance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.fold.compiler.layout import SIDE_RANGE, Layout
from minigrad.fold.compiler.matrices import Matrices
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.rules import RULES
from minigrad.fold.compiler.sweep import Columns, Loop, Sweep
from minigrad.symbol import Symbol, UnsupportedError


class Emitter:
    """Writes the module of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.trace = plan.trace
        self.layout = Layout(plan)
        self.parts = [p.name for p in self.trace.parts]
        self.chain = self.trace.children["right"] is not self.trace.parts  # right children are words
        self.lines: list[str] = []
        self.weights = self._vectors()
        self.matrices = Matrices(plan)

    def source(self) -> str:
        """Return the text of the module, without what it needs of products and activations."""
        self._forward()
        self._backward()
        for lines in (self.matrices.pack_forward, self.matrices.pack_backward, self.matrices.gradients):
            self.lines += [*lines, "", ""]
        return "\n".join(self.lines).rstrip() + "\n"

    def _vectors(self) -> dict[Symbol, str]:
        """Name the parameters that elementwise loops read."""
        names: dict[Symbol, str] = {}
        for sweep in (self.plan.forward, self.plan.backward):
            for loop in (loop for loops in sweep.stages for loop in loops):
                for s in loop.statements:
                    for a in sweep.terms[s][1] if s in sweep.terms else s.args:
                        if isinstance(a, Symbol) and a.op == "parameter":
                            names[a] = f"w{a.args[0]}"
        return names

    def _emit(self, text: str, depth: int = 0) -> None:
        self.lines.append("    " * depth + text if text else "")

    # Addresses

    def _address(self, s: Symbol, sweep: Sweep) -> str | None:
        """Return the column of the workspace that holds a symbol, as text, or None."""
        layout, forward, backward = self.layout, self.plan.forward, self.plan.backward
        places = [("w", forward.operands, layout.U), ("w", forward.kept, layout.S)]
        if sweep is backward:
            places += [
                ("z", layout.cotangents, layout.G),
                ("w", backward.operands, layout.V),
                ("z", backward.kept, layout.R),
            ]
        for row, columns, start in places:
            if s in columns.start:
                return f"{row}[{start + columns.start[s]} + {'j' if s.shape[1] > 1 else '0'}]"
        return None

    def _load(self, a: Any, loop: Loop, sweep: Sweep, computed: set[Symbol]) -> str:
        if not isinstance(a, Symbol):
            return f"T({a!r})" if isinstance(a, int | float) and not isinstance(a, bool) else repr(a)
        if a in computed:
            return f"v{a.id}"
        if a.op == "is_leaf":
            return f"{a.args[0]}_leaf[i]"
        if a.op == "mask":
            return f"mask{a.args[0]}[rows[i], {'j' if a.shape[1] > 1 else '0'}]"
        if a in self.weights:
            if a.size not in (1, loop.width):
                raise UnsupportedError(f"a parameter of shape {a.shape} in an elementwise op")
            return f"{self.weights[a]}[{'j' if a.size > 1 else '0'}]"
        address = self._address(a, sweep)
        if address is None:
            raise UnsupportedError(f"{a.op} of weights")
        return address

    # Sweeps

    def _loops(self, sweep: Sweep, stage: int) -> None:
        for loop in sweep.stages[stage] if stage < len(sweep.stages) else ():
            self._rows_loop()
            self._emit(f"for j in range({loop.width}):", 3)
            computed: set[Symbol] = set()
            for s in loop.statements:
                self._emit(f"v{s.id} = {self._expression(s, loop, sweep, computed)}", 4)
                computed.add(s)
                for row, columns, start in self._stores(sweep):
                    if s in columns.start:
                        self._emit(f"{row}[{start + columns.start[s]} + j] = v{s.id}", 4)

    def _rows_loop(self) -> None:
        # Unsigned, since Numba would otherwise have every index checked for counting from the end.
        self._emit("for i in range(t[0], t[4]):", 2)
        self._emit("w, z = W[np.uint64(i)], Z[np.uint64(i - t[0])]", 3)

    def _copy(self, width: int, array: str, row: str, statement: str) -> None:
        self._emit(f"x = {array}[np.uint64({row}[i])]", 3)
        self._emit(f"for j in range({width}):", 3)
        self._emit(statement, 4)

    def _stores(self, sweep: Sweep) -> list[tuple[str, Columns, int]]:
        layout = self.layout
        if sweep is self.plan.forward:
            return [("w", sweep.operands, layout.U), ("w", sweep.kept, layout.S)]
        return [("w", sweep.operands, layout.V), ("z", sweep.kept, layout.R)]

    def _expression(self, s: Symbol, loop: Loop, sweep: Sweep, computed: set[Symbol]) -> str:
        def load(a: Any) -> str:
            return self._load(a, loop, sweep, computed)

        if s in sweep.terms:
            _, others = sweep.terms[s]
            block = f"z[{sweep.blocks.start[s]} + j]"
            return " + ".join([block, *map(load, others)])
        if s.op not in RULES:
            raise UnsupportedError(s.op)
        return RULES[s.op].format(*map(load, s.args))

    def _products(self, sweep: Sweep, stage: int, name: str) -> None:
        start = self.layout.U if sweep is self.plan.forward else self.layout.V
        for number, r in enumerate(sweep.rectangles):
            if r.stage == stage:
                (k0, k1), (n0, n1) = r.k, r.n
                first, last = SIDE_RANGE[r.side]
                rows = f"t[{first}]:t[{last}]"
                to = f"Z[t[{first}] - t[0] : t[{last}] - t[0], {n0}:{n1}]"
                rows_of = f"W[{rows}, {start + k0}:{start + k1}]"
                self._emit(f"add_product_packed({to}, {rows_of}, {name}{number}, {n1 - n0})", 2)

    def _clear(self, sweep: Sweep) -> None:
        if sweep.blocks.width:
            self._emit(f"Z[: t[4] - t[0], :{sweep.blocks.width}] = zero", 2)

    def arguments(self) -> list[str]:
        """Return what both sweeps take besides states and packed matrices."""
        masks = [f"mask{k}" for k in range(len(self.trace.masks))]
        return [
            "W",
            "Z",
            "tiles",
            "rows",
            "left",
            "right",
            "left_leaf",
            "right_leaf",
            *self.weights.values(),
            *masks,
        ]

    def _signature(self, name: str, states: list[str], sweep: Sweep, packed: str) -> None:
        matrices = [f"{packed}{k}" for k in range(len(sweep.rectangles))]
        self._emit("@compiled")
        self._emit(f"def {name}({', '.join([*self.arguments(), *states, *matrices])}):")

    def _forward(self) -> None:
        sweep, layout = self.plan.forward, self.layout
        states = [*(f"state_{p}" for p in self.parts), *(["leaves"] if self.chain else [])]
        self._signature("forward", states, sweep, "P")
        self._emit("for k in range(len(tiles)):", 1)
        self._emit("t = tiles[k]", 2)
        self._gather_children(sweep, layout)
        self._clear(sweep)
        for stage in range(len(sweep.stages)):
            self._loops(sweep, stage)
            self._products(sweep, stage, "P")
        self._rows_loop()
        for name, s in self.trace.outputs.items():
            self._copy(s.shape[1], f"state_{name}", "rows", f"x[j] = {self._address(s, sweep)}")
        self._emit("")
        self._emit("")

    def _gather_children(self, sweep: Sweep, layout: Layout) -> None:
        self._rows_loop()
        for (side, name), s in self.trace.inputs.items():
            if s not in sweep.operands.start:
                continue
            target = f"w[{layout.U + sweep.operands.start[s]} + j]"
            array = self._child_array(side, name, "state_", "leaves")
            if array is not None:
                self._copy(s.shape[1], array, side, f"{target} = x[j]")
            else:
                self._emit(f"for j in range({s.shape[1]}):", 3)
                self._emit(f"{target} = zero", 4)

    def _child_array(self, side: str, name: str, prefix: str, leaves: str) -> str | None:
        """Return the array that holds a child's part, None for the zeros of a chain's words."""
        if side == "right" and self.chain:
            part = next(p for p in self.trace.children["right"] if p.name == name)
            return leaves if part.leaf == "vector" else None
        return prefix + name

    def _backward(self) -> None:
        sweep, layout = self.plan.backward, self.layout
        states = [*(f"G_{p}" for p in self.parts), *(["G_leaves"] if self.chain else [])]
        outputs = [*(f"dW{k}" for k in range(len(self.plan.weight_products))), "sums"]
        self._signature("backward", [*states, *outputs], sweep, "Q")
        self._emit("for k in range(len(tiles) - 1, -1, -1):", 1)
        self._emit("t = tiles[k]", 2)
        self._rows_loop()
        for name, s in self.trace.cotangents.items():
            places = [f"z[{layout.G + layout.cotangents.start[s]} + j]"]
            if s in sweep.operands.start:
                places.append(f"w[{layout.V + sweep.operands.start[s]} + j]")
            for place in places:
                self._copy(s.shape[1], f"G_{name}", "rows", f"{place} = x[j]")
        self._clear(sweep)
        for stage in range(len(sweep.stages)):
            self._loops(sweep, stage)
            self._products(sweep, stage, "Q")
        self._scatter_gradients(sweep)
        self._weight_gradients(sweep)
        self._emit("")
        self._emit("")

    def _scatter_gradients(self, sweep: Sweep) -> None:
        self._rows_loop()
        for (side, name), s in self.trace.child_gradients.items():
            array = self._child_array(side, name, "G_", "G_leaves")
            address = self._address(s, sweep)
            if address is None:
                raise UnsupportedError("a child's gradient that is given")
            if array is not None:
                self._copy(s.shape[1], array, side, f"x[j] += {address}")

    def _weight_gradients(self, sweep: Sweep) -> None:
        layout = self.layout
        self._emit("n = len(rows)", 1)
        for number, p in enumerate(self.plan.weight_products):
            (k0, k1), (n0, n1) = p.k, p.n
            self._emit(
                f"add_product_tn(dW{number}, W[:n, {layout.U + k0}:{layout.U + k1}], "
                f"W[:n, {layout.V + n0}:{layout.V + n1}])",
                1,
            )
        self._emit("for i in range(n):", 1)
        self._emit("w = W[np.uint64(i)]", 2)
        for start, stop in _merged((start, start + s.shape[0]) for s, start in self.plan.sums.items()):
            self._emit(f"for j in range({start}, {stop}):", 2)
            self._emit(f"sums[j] += w[{layout.V} + j]", 3)


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that touch."""
    out: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], stop)
        else:
            out.append((start, stop))
    return out


def constants(dtype: np.dtype[Any]) -> str:
    """Return the lines that give the emitted code its numbers."""
    return f"T = np.{dtype.name}\nzero, half, one = T(0), T(0.5), T(1)\n"
