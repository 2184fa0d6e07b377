"""Pictures: trees coloured by gradient norms, figures of gradient ratios and of accuracies."""

from viz.accuracy import accuracy_figure
from viz.comparison import Comparison, compare
from viz.directions import JACOBIANS, jacobian_values
from viz.dots import DotRow, dot_rows
from viz.epochs import Epochs, epochs
from viz.heat import gradient_norms, root_gradient_norms
from viz.line_panels import Line, LinePanel, line_panels
from viz.linear_scale import ActivationScale
from viz.op_graph import OpGraphPicture
from viz.page import BLUE, COLUMN, LOOKS, PAGE, RED, caption, save_figure
from viz.picture import Picture
from viz.ratio_curves import Curve, ratio_curves
from viz.ratio_panels import DepthQuantiles, EpochPanel, ratio_panels
from viz.ratios import Ratios, ratio_figure
from viz.render import RenderError, render
from viz.scale import NormScale, RatioScale, Scale
from viz.steps import StepsPicture
from viz.text_picture import TextPicture
from viz.tree_picture import TreePicture

__all__ = [
    "BLUE",
    "COLUMN",
    "JACOBIANS",
    "LOOKS",
    "PAGE",
    "RED",
    "ActivationScale",
    "Comparison",
    "Curve",
    "DepthQuantiles",
    "DotRow",
    "EpochPanel",
    "Epochs",
    "Line",
    "LinePanel",
    "NormScale",
    "OpGraphPicture",
    "Picture",
    "RatioScale",
    "Ratios",
    "RenderError",
    "Scale",
    "StepsPicture",
    "TextPicture",
    "TreePicture",
    "accuracy_figure",
    "caption",
    "compare",
    "dot_rows",
    "epochs",
    "gradient_norms",
    "jacobian_values",
    "line_panels",
    "ratio_curves",
    "ratio_figure",
    "ratio_panels",
    "render",
    "root_gradient_norms",
    "save_figure",
]
