"""Checks of derivatives against finite differences: `gradcheck`, and `assert_gradients` for tests."""

from minigrad.gradcheck.check import assert_gradients, gradcheck
from minigrad.gradcheck.report import Report, Row

__all__ = ["Report", "Row", "assert_gradients", "gradcheck"]
