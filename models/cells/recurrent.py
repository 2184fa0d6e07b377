"""The cells for chains by name, for networks that are built from them."""

from __future__ import annotations

from typing import Any

from models.cells.elman import Elman
from models.cells.gru import GRU
from models.cells.lstm import LSTM
from models.errors import one_of

RECURRENT: dict[str, Any] = {"Elman": Elman, "LSTM": LSTM, "GRU": GRU}


def recurrent(name: str) -> Any:
    """Return the class of a cell for chains; ValueError with all names if there is none."""
    return RECURRENT[one_of("a recurrent cell", name, RECURRENT)]
