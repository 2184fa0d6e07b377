"""Texts that must not change unnoticed, in files: a folder `references/` beside the test.

After a change that is wanted, ``REWRITE_REFERENCES=1 python -m pytest tests/viz`` writes a room's anew;
`git diff` then shows what has changed.
"""

from __future__ import annotations

import math
import os
import re
from itertools import zip_longest
from pathlib import Path

TESTS = Path(__file__).parent
REWRITE = "REWRITE_REFERENCES"

# Not the digits of a name or a colour: those have to be equal.
_NUMBER = re.compile(r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def assert_reference(path: str, text: str) -> None:
    """Compare a text with the file at this path under `tests`.

    Numbers may differ by one and a half in the last place that is printed, or by 1e-9 of their size, since
    another machine may round the other way; whole numbers and all else have to be equal.
    """
    file = TESTS / path
    text = text.rstrip("\n") + "\n"
    if os.environ.get(REWRITE):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    reference = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = zip_longest(text.splitlines(), reference.splitlines(), fillvalue="(no line)")
    for k, (line, wanted) in enumerate(lines, 1):
        if not alike(line, wanted):
            here = os.environ["PYTEST_CURRENT_TEST"].split("::")[0]
            raise AssertionError(
                f"line {k} of tests/{path} has changed\n  from  {wanted}\n  to    {line}\n"
                f"if that is wanted: {REWRITE}=1 python -m pytest {here}"
            )


def alike(line: str, other: str) -> bool:
    """Whether two lines are equal but for the rounding of their numbers."""
    if line == other:
        return True
    a, b = _NUMBER.findall(line), _NUMBER.findall(other)
    if len(a) != len(b) or _NUMBER.sub("#", line) != _NUMBER.sub("#", other):
        return False
    return all(_close(x, y) for x, y in zip(a, b, strict=True))


def _close(x: str, y: str) -> bool:
    unit = min(_last_place(x), _last_place(y))
    return x == y or (unit < 1 and math.isclose(float(x), float(y), rel_tol=1e-9, abs_tol=1.5 * unit))


def _last_place(number: str) -> float:
    mantissa, _, exponent = number.partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))
