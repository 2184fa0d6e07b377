"""The graph behind a tensor as boxes and arrows: what text and pictures of a graph have in common."""

from minigrad.outline.boxes import Box, Item, Outline, renumbered
from minigrad.outline.gather import outline

__all__ = ["Box", "Item", "Outline", "outline", "renumbered"]
