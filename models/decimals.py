"""Decimal numbers of a line of text, read by a loop over its characters.

A number with at most 15 digits is an integer below 2⁵³ times or over a power of ten up to 10²², both of
which float64 holds exactly, so that one multiplication or division rounds as it should (Clinger 1990). Most
files of word vectors have no other numbers.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from minigrad.kernels.jit import kernel

DIGITS, POWER = 15, 22
_POWERS = 10.0 ** np.arange(POWER + 1)
_DECIMAL = re.compile(rb"[+-]?(\d+)?(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?")


def _read_decimals_twin(text: npt.NDArray[np.uint8], out: npt.NDArray[np.float64]) -> int:
    fields = text.tobytes().split(b" ")
    if len(fields) > len(out):
        return -1
    for k, field in enumerate(fields):
        match = _DECIMAL.fullmatch(field)
        if match is None or not (match[1] or match[2]):
            return -1
        whole, fraction, exponent = match[1] or b"", match[2] or b"", int(match[3] or 0)
        if len((whole + fraction).lstrip(b"0")) > DIGITS or abs(exponent - len(fraction)) > POWER:
            return -1
        out[k] = float(field)
    return len(fields)


@kernel(_read_decimals_twin, dtypes="B")
def read_decimals(text: npt.NDArray[np.uint8], out: npt.NDArray[np.float64]) -> int:
    """Read numbers with a blank between any two.

    Parameters
    ----------
    text : uint8 (characters,)
        ASCII.
    out : float64 (n,)
        Filled from its beginning.

    Returns
    -------
    int
        How many there are; −1 if there are more than n, or one is of another form, has more than `DIGITS`
        digits, or a power of ten beyond ±`POWER`.
    """
    size, i, count = text.size, 0, 0
    while True:
        if count == out.size:
            return -1
        sign = 1.0
        if i < size and (text[i] == 43 or text[i] == 45):  # + and -
            sign = 44.0 - text[i]
            i += 1
        mantissa, digits, seen, power = np.int64(0), 0, 0, 0
        point = False
        while i < size:
            character = text[i]
            if 48 <= character <= 57:
                mantissa = mantissa * 10 + (character - 48)
                digits += mantissa > 0
                seen += 1
                power -= point
                if digits > DIGITS:
                    return -1
            elif character == 46 and not point:
                point = True
            else:
                break
            i += 1
        if seen == 0:
            return -1
        if i < size and (text[i] == 69 or text[i] == 101):  # E and e
            i += 1
            minus = i < size and text[i] == 45
            if i < size and (text[i] == 43 or text[i] == 45):
                i += 1
            exponent, first = 0, i
            while i < size and 48 <= text[i] <= 57 and i < first + 3:
                exponent = exponent * 10 + (text[i] - 48)
                i += 1
            if i == first:
                return -1
            power += -exponent if minus else exponent
        if power < -POWER or power > POWER:
            return -1
        value = mantissa / _POWERS[-power] if power < 0 else mantissa * _POWERS[power]
        out[count] = sign * value
        count += 1
        if i == size:
            return count
        if text[i] != 32:
            return -1
        i += 1
