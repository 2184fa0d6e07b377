"""The cells of chains, by name, for what is built of them."""

from __future__ import annotations

from typing import Any

from models.cells.elman import Elman
from models.cells.gru import GRU
from models.cells.lstm import LSTM

RECURRENT: dict[str, Any] = {"Elman": Elman, "LSTM": LSTM, "GRU": GRU}


def recurrent(name: str) -> Any:
    """Return the class of a chain's cell; ValueError, with the names there are, if there is none."""
    if name not in RECURRENT:
        raise ValueError(f"there is no recurrent cell {name!r}; choose one of {', '.join(RECURRENT)}")
    return RECURRENT[name]
