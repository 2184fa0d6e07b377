"""The dashboard's page: gradients of trainings through time, live or saved. Start at `assemble.py`."""

from viz.dashboard.assemble import dashboard_page

__all__ = ["dashboard_page"]
