"""Pictures: trees coloured by gradient norms, and the figure of gradient ratios."""

from viz.ratios import Ratios, ratio_figure, save_figure
from viz.render import RenderError, render
from viz.scale import NormScale
from viz.tree_picture import TreePicture

__all__ = [
    "NormScale",
    "Ratios",
    "RenderError",
    "TreePicture",
    "ratio_figure",
    "render",
    "save_figure",
]
