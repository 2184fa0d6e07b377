"""Encodings that are told by a file's first bytes, for messages."""

from __future__ import annotations

import codecs

_MARKS = (  # that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def marked_encoding(start: bytes) -> str | None:
    """The encoding, other than UTF-8, whose byte-order mark a text begins with; None if there is none."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)
