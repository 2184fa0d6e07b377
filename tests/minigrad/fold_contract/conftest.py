"""The one place that says which modes the contract holds for."""

from __future__ import annotations

import pytest

from minigrad.fold.schedule import MODES


@pytest.fixture(scope="session", params=list(MODES))
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)
