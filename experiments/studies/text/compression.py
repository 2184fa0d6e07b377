"""What general compressors need for a text, given the text before it."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterable, Mapping

from experiments.studies.text.corpus import Document

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "bz2": lambda data: bz2.compress(data, 9),
    "xz": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
}


def compressed_bits(train: Iterable[Document], test: Iterable[Document]) -> dict[str, float]:
    """Return (size(train + test) − size(train)) / n bits per character of test, by compressor.

    bz2 knows no more than the last 900 kB before a character, xz the last 64 MB.
    """
    first, second = ("".join(one.text for one in part) for part in (train, test))
    before, both = first.encode(), (first + second).encode()
    return {
        name: 8 * (len(compress(both)) - len(compress(before))) / len(second)
        for name, compress in COMPRESSORS.items()
    }
