"""Initial biases of gates that hold for as long as a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
import models


def chrono(cell: Any, longest: int, rng: np.random.Generator) -> None:
    """Set the gates' biases so that the units hold for 1 to T steps (Tallec & Ollivier 2018, section 2).

    LSTM: bf = ln u, bi = −bf, so that σ(bf) = u / (1 + u) of the memory stays at each step, and as much as
    goes comes in. GRU: bu = −ln u. u is drawn from U(1, T − 1), unit by unit. Other cells are left alone.

    Parameters
    ----------
    cell : Cell
    longest : int
        T ≥ 3, the length of the longest dependency.
    rng : numpy.random.Generator
    """
    if not isinstance(cell, models.LSTM | models.GRU):
        return
    hold = np.log(rng.uniform(1, longest - 1, cell.parts[0].width)).astype(cell.parameters()[0].dtype)
    with mg.no_grad():
        if isinstance(cell, models.LSTM):
            cell.bf.copy_(hold)
            cell.bi.copy_(-hold)
        else:
            cell.bu.copy_(-hold)
