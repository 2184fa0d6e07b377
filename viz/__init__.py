"""Pictures: trees coloured by gradient norms, figures of gradient ratios and of accuracies."""

from viz.accuracy import accuracy_figure
from viz.op_graph import OpGraphPicture
from viz.page import BLUE, COLUMN, PAGE, RED, save_figure
from viz.ratio_curves import Curve, ratio_curves
from viz.ratio_panels import DepthQuantiles, EpochPanel, ratio_panels
from viz.ratios import Ratios, ratio_figure
from viz.render import RenderError, render
from viz.scale import NormScale
from viz.tree_picture import TreePicture

__all__ = [
    "BLUE",
    "COLUMN",
    "PAGE",
    "RED",
    "Curve",
    "DepthQuantiles",
    "EpochPanel",
    "NormScale",
    "OpGraphPicture",
    "Ratios",
    "RenderError",
    "TreePicture",
    "accuracy_figure",
    "ratio_curves",
    "ratio_figure",
    "ratio_panels",
    "render",
    "save_figure",
]
