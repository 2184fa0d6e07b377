"""What each loss of a text sends back to every earlier character: a page, and a figure."""

from viz.itemised.assemble import itemised_page
from viz.itemised.record import ItemisedMoment, ItemisedRun
from viz.itemised.strips import itemised_figure

__all__ = ["ItemisedMoment", "ItemisedRun", "itemised_figure", "itemised_page"]
