"""No default and no public constant of this room changes unnoticed."""

from __future__ import annotations

from tests.interface import assert_interface


def test_a_default_changes_on_purpose_only() -> None:
    assert_interface("models")
