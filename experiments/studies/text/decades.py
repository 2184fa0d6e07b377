"""Sizes of gradients as text, one character for each: the nearest tenth of a decade.

Rows hold tens of thousands of them. The first character of `CODE` stands for 0 and whatever rounds to less
than 10⁻⁷, the next one for 10⁻⁷, the one after it for 10⁻⁶·⁹, and so on; the last for 100 and whatever is
more. Others are at most 12 % from what their character says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOWEST, PER_DECADE, HIGHEST = -7, 10, 2  # decades
# All of ASCII that is printed and that JSON writes as it is.
CODE = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"\\')
_NUMBER = {character: number for number, character in enumerate(CODE)}


def encode(values: npt.ArrayLike) -> str:
    """Return sizes as text.

    Parameters
    ----------
    values : (n,) array
        Not negative.

    Raises
    ------
    ValueError
        If one is negative or no number.
    """
    sizes = np.asarray(values, np.float64)
    if not (sizes >= 0).all():
        raise ValueError(f"sizes are at least 0, not {sizes[~(sizes >= 0)][0]}")
    with np.errstate(divide="ignore"):
        level = 1 + (np.log10(sizes) - LOWEST) * PER_DECADE
    numbers = np.rint(np.clip(level, 0, len(CODE) - 1)).astype(int)
    return "".join(CODE[number] for number in numbers)


def decode(text: str) -> npt.NDArray[np.float64]:
    """Return what `encode` said: sizes (n,), 0 for what was less than 10⁻⁷.

    Raises
    ------
    ValueError
        If there is a character that stands for none.
    """
    try:
        numbers = np.array([_NUMBER[character] for character in text], int)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} stands for no size of a gradient") from None
    return np.where(numbers, 10.0 ** (LOWEST + (numbers - 1) / PER_DECADE), 0.0)
