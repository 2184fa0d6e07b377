"""Checks of derivatives against finite differences: `gradcheck`, and `assert_gradients` for tests."""

from minigrad.checks.check import assert_gradients, gradcheck
from minigrad.checks.report import Report, Row

__all__ = ["Report", "Row", "assert_gradients", "gradcheck"]
