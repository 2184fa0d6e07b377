"""The layout of the emitted code's buffers: the columns of every value."""

from __future__ import annotations

from minigrad.fold.compiler.columns import Columns, aligned
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Sweep
from minigrad.symbol import Symbol

K, U, V, Z = "k", "u", "v", "z"


class Layout:
    """The columns of every value in the rows of four buffers.

    K is what forward saves for backward: a row per inner node, in the order of computation. U and V hold the
    operands of products, Z the rest: blocks, incoming cotangents, values that one loop stores for another. Z
    has a row for each node of the current tile, and so has U in forward; in backward U and V have a row for
    each node of a chunk of tiles. (U and V are columns of one buffer, O.)
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        forward, backward = plan.forward, plan.backward
        self.kept = forward.kept
        self.V = aligned(forward.operands.width)
        self.operand_width = max(1, self.V + backward.operands.width)
        self.cotangents, self.forward_rest, self.backward_rest = Columns(), Columns(), Columns()
        self.forward_rest.width = aligned(forward.blocks.width)
        outputs = [s for s in plan.trace.outputs.values() if forward.computed(s)]
        self.forward_rest.add(s for s in [*forward.passed, *outputs] if s not in self.kept.start)
        self.cotangents.width = aligned(backward.blocks.width)
        self.cotangents.add(plan.trace.cotangents.values())
        self.backward_rest.width = self.cotangents.width
        gradients = plan.trace.child_gradients.values()
        passed = [*backward.passed, *(s for s in gradients if backward.computed(s))]
        passed = [s for s in passed if s not in backward.bare.start]
        self.backward_rest.add(s for s in passed if s not in backward.operands.start)
        self.tile_width = max(1, self.forward_rest.width, self.backward_rest.width)

    def stores(self, sweep: Sweep) -> list[tuple[str, Columns]]:
        """Return the buffers and columns that a sweep writes its results to."""
        if sweep is self.plan.forward:
            return [(K, self.kept), (Z, self.forward_rest)]
        return [(V, sweep.operands), (Z, self.backward_rest)]

    def loads(self, sweep: Sweep) -> list[tuple[str, Columns]]:
        """Return the buffers and columns that a sweep reads values from."""
        given = [(U, self.plan.forward.operands)]
        if sweep is self.plan.forward:
            return [*given, *self.stores(sweep)]
        return [*given, (K, self.kept), (Z, self.cotangents), (Z, sweep.bare), *self.stores(sweep)]

    def find(self, s: Symbol, buffers: list[tuple[str, Columns]]) -> tuple[str, int] | None:
        """Return the row that holds a symbol, and its first column there; None if no buffer holds it."""
        for row, columns in buffers:
            if s in columns.start:
                return self.column(row, columns.start[s])
        return None

    def column(self, row: str, start: int) -> tuple[str, int]:
        """Translate V to columns of U, since both are columns of the buffer O."""
        return (U, self.V + start) if row == V else (row, start)

    def element(self, row: str, start: int, width: int) -> str:
        """Return the text of element j of the columns that begin at `start`."""
        row, start = self.column(row, start)
        return f"{row}[{start} + {'j' if width > 1 else '0'}]"
