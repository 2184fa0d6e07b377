"""A page on which a reader moves sliders and sees how far a gradient gets in a recurrent network."""

from viz.explorer.assemble import explorer_page

__all__ = ["explorer_page"]
