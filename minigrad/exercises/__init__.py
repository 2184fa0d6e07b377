"""Four exercises on the engine: a file each, with a blank to fill, `...`.

`python -m minigrad.exercises 1` tells whether the first one is right, and if not, what to look at.
"""

from __future__ import annotations

from typing import Any

NAMES = ("chain_rule", "reused_value", "unbroadcasting", "wrong_vjp")


class NotYetError(Exception):
    """The answer is missing or wrong; the message says what to look at."""


def filled(answer: Any, function: str) -> Any:
    """Return an answer, if there is one."""
    if answer is ...:
        raise NotYetError(f"the blank in `{function}` is empty: write your answer in place of `...`")
    return answer
