"""Where everything stands in the rows of the emitted code's arrays."""

from __future__ import annotations

from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.sweep import Columns

# Which entries of a tile bound the nodes whose child on a side is no leaf (see order.py), or all nodes.
SIDE_RANGE = {"left": (2, 4), "right": (1, 3), None: (0, 4)}


class Layout:
    """Where everything stands in a row of the workspace."""

    def __init__(self, plan: Plan) -> None:
        forward, backward = plan.forward, plan.backward
        forward.kept.add(s for s in plan.trace.outputs.values() if s not in forward.operands.start)
        backward.kept.add(s for s in plan.trace.child_gradients.values())
        self.cotangents = Columns()
        self.cotangents.add(plan.trace.cotangents.values())
        self.U = 0
        self.S = self.U + forward.operands.width
        self.V = self.S + forward.kept.width
        self.width = self.V + backward.operands.width
        self.G = backward.blocks.width
        self.R = self.G + self.cotangents.width
        self.tile_width = max(1, forward.blocks.width, self.R + backward.kept.width)
