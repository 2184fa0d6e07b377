"""Where everything stands in the rows of the emitted code's arrays."""

from __future__ import annotations

from minigrad.fold.compiler.columns import Columns, aligned
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Sweep
from minigrad.symbol import Symbol

K, U, V, Z = "k", "u", "v", "z"


class Layout:
    """Where everything stands in the rows of four arrays.

    K is for what forward keeps for backward: a row per inner node, in their order. U and V are for the
    operands of products, Z for the rest: blocks, cotangents on their way in, values that one loop leaves for
    another. A row of Z, and in forward of U, is a node's of the tile at hand; in backward a row of U and V is
    a node's of a chunk of tiles. (U and V are columns of one array, O.)
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
        """Return the places that a sweep writes what it computes to."""
        if sweep is self.plan.forward:
            return [(K, self.kept), (Z, self.forward_rest)]
        return [(V, sweep.operands), (Z, self.backward_rest)]

    def loads(self, sweep: Sweep) -> list[tuple[str, Columns]]:
        """Return the places that a sweep finds values in."""
        given = [(U, self.plan.forward.operands)]
        if sweep is self.plan.forward:
            return [*given, *self.stores(sweep)]
        return [*given, (K, self.kept), (Z, self.cotangents), (Z, sweep.bare), *self.stores(sweep)]

    def address(self, s: Symbol, places: list[tuple[str, Columns]]) -> str | None:
        """Return the element of a row that holds element j of a symbol, as text; None if nothing does."""
        found = self.find(s, places)
        return None if found is None else self.element(*found, s.shape[1])

    def find(self, s: Symbol, places: list[tuple[str, Columns]]) -> tuple[str, int] | None:
        """Return the row that holds a symbol, and where it begins there; None if nothing does."""
        for row, columns in places:
            if s in columns.start:
                return self.column(row, columns.start[s])
        return None

    def column(self, row: str, start: int) -> tuple[str, int]:
        """Return a row and a column as they are in the arrays."""
        return (U, self.V + start) if row == V else (row, start)

    def element(self, row: str, start: int, width: int) -> str:
        """Return element j of the columns that begin at `start`, as text."""
        row, start = self.column(row, start)
        return f"{row}[{start} + {'j' if width > 1 else '0'}]"
