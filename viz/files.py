"""Saving a picture: atomic writes, and the format that a path's suffix names."""

from pathlib import Path

from minigrad.files import atomic_write


def write_atomic(path: str | Path, data: bytes) -> Path:
    """Write the bytes to the path atomically; return the path. OSError if they can't be written."""
    with atomic_write(path) as file:
        file.write(data)
    return Path(path)


def suffix_of(path: str | Path, possible: tuple[str, ...]) -> str:
    """Return the path's suffix without its dot, in lower case.

    Raises
    ------
    ValueError
        The suffix is none of those possible; the text lists them.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in possible:
        choice = ", ".join(f".{name}" for name in possible)
        raise ValueError(f"{str(path)!r} ends in no known format; a picture can be saved as {choice}")
    return suffix
