"""Random files of word vectors, right and wrong: each gives vectors or a named error and nothing else.

``python -m tests.models.vectors_fuzz --count 1000000 --seed 0`` tries a million and says how they went.
"""

from __future__ import annotations

import atexit
import bz2
import gzip
import lzma
import os
import random
import shutil
import tempfile
import warnings
from functools import cache, partial
from pathlib import Path

import numpy as np

from models import VectorsError, VectorsWarning, read_vectors
from tests.models.fuzzing import changed, main

WORDS = ["good", "Bad", "Haus", "naïve", ". . .", "world war 2", "-lrb-", "7", "é", "a\u0301"]
WANTED = ["good", "bad", "haus", "na\u00efve", "-LRB-", "7", "á", ". . ."]
PIECES = [
    *(bytes([byte]) for byte in b" \t\n\r.-e0123\x00\xff"),
    *[
        b"  ",
        b"\n\n",
        b"nan",
        b"inf",
        b"1e999",
        b"2 3\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"\x1f\x8b",
    ],
    *["\xa0".encode(), "\u3000".encode(), b"good 1 2 3\n", b"good ", b"1e999"],
]
PACKED = [gzip.compress, bz2.compress, partial(lzma.compress, preset=0)]  # a small window


def right(rng: random.Random) -> bytes:
    """Return a file that can be read, in one of three formats."""
    width, n = rng.randrange(1, 4), rng.randrange(1, 5)
    words = rng.sample(WORDS, n)
    numbers = [[rng.choice([0.5, -1.25, 3, 1e-3]) for _ in range(width)] for _ in words]
    header = f"{n} {width}\n".encode()
    if rng.random() < 0.3:
        body = b"".join(
            word.encode().replace(b" ", b"_")
            + b" "
            + np.array(row, "<f4").tobytes()
            + rng.choice([b"", b"\n"])
            for word, row in zip(words, numbers, strict=True)
        )
        return header + body
    lines = [f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, numbers, strict=True)]
    return (header if rng.random() < 0.4 else b"") + "".join(lines).encode()


@cache
def _path() -> Path:
    """Return a file to write to, in memory where that is possible."""
    folder = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "vectors"


def attempt(rng: random.Random) -> str:
    """Read a file; say how it went."""
    content = changed(rng, right(rng), PIECES)
    kind = "plain"
    if rng.random() < 0.15:
        content, kind = rng.choice(PACKED)(content), "packed"
        if rng.random() < 0.5:
            content = changed(rng, content, PIECES)
    path = _path()
    path.write_bytes(content)
    encoding = rng.choice(["utf-8", "utf-8", "latin-1"])
    refused: Exception | None = None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            vectors = read_vectors(path, WANTED, encoding=encoding)
        except (VectorsError, OSError) as error:
            refused = error
    if refused is not None:
        is_ours = isinstance(refused, VectorsError)
        assert str(refused).startswith(str(path))
        assert is_ours or "is damaged compressed data" in str(refused)
        return f"{kind}: {'VectorsError' if is_ours else 'damaged'}"
    assert all(issubclass(warning.category, VectorsWarning) for warning in told), told
    assert vectors.found
    for vector in vectors.found.values():
        assert vector.shape == (vectors.width,)
        assert vector.dtype == np.float32
        assert np.isfinite(vector).all()
    return f"{kind}: read" + (", with a warning" if told else "")


if __name__ == "__main__":
    main(attempt, __doc__)
