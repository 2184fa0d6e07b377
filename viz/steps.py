"""Backward through a small graph, step by step: every arrow is a contribution, with its number."""

from __future__ import annotations

from itertools import islice
from typing import Any

import graphviz

import minigrad as mg
from minigrad.step import array_text, node_title, step_table
from viz.fonts import FONT
from viz.picture import Picture
from viz.text import safe_label


class StepsPicture(Picture):
    """Picture of what `minigrad.step_through` goes through; nothing changes in the graph.

    The result is at the top. A box is a value with its cotangent g; an arrow goes from a result to an
    operand, with the number of the step and what it contributes. Where two arrows end in a box, its
    cotangent is the sum.

    Parameters
    ----------
    tensor : minigrad.Tensor
        Where backward starts.
    cotangent : array of the tensor's shape, optional
        What it starts from; 1 for a scalar.
    max_steps : int
        The most steps that are drawn.
    title : str, optional
        Printed above.

    Raises
    ------
    GraphError, ShapeError
        As `minigrad.step_through` does.
    ValueError
        Backward takes more than `max_steps` steps.
    """

    def __init__(
        self, tensor: mg.Tensor, cotangent: Any = None, *, max_steps: int = 60, title: str | None = None
    ) -> None:
        steps = [*islice(mg.step_through(tensor, cotangent).peek(), max_steps + 1)]
        if len(steps) > max_steps:
            raise ValueError(
                f"backward takes more than {max_steps} steps; draw a smaller graph, or raise max_steps "
                "(viz.OpGraphPicture draws large graphs)"
            )
        self.steps = steps
        self.title = title

    @property
    def name(self) -> str:
        """What the picture's page is called."""
        return self.title or "backward"

    @property
    def dot(self) -> str:
        """The picture as DOT text: the same for the same computation, always."""
        graph = graphviz.Digraph(
            "steps",
            graph_attr={
                "bgcolor": "white",
                "fontname": FONT,
                "label": safe_label(self.title or ""),
                "labelloc": "t",
                "margin": "0",
            },
            node_attr={
                "fontname": FONT,
                "fontsize": "10",
                "height": "0.3",
                "margin": "0.08,0.04",
                "shape": "box",
            },
            edge_attr={"arrowsize": "0.6", "color": "#606060", "fontname": FONT, "fontsize": "9"},
        )
        cotangents = {step.parent: step.total for step in self.steps} | {
            step.node: step.g for step in self.steps
        }
        names = {node: f"n{k}" for k, node in enumerate(sorted(cotangents, key=lambda node: -node.id))}
        for node, name in names.items():
            label = safe_label(node_title(node), f"g = {array_text(cotangents[node])}")
            graph.node(name, label, style="rounded" if node.op is None else "solid")
        for step in self.steps:
            label = safe_label(f" {step.number}:  {array_text(step.contribution)} ")
            graph.edge(names[step.node], names[step.parent], label)
        return str(graph.source)

    def to_text(self) -> str:
        """Return the table that printing `minigrad.step_through` shows."""
        heading = f"{self.title}\n" if self.title else ""
        return f"{heading}{step_table(self.steps, renumber=True)}\n"
