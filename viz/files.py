"""Writing a file so that it is there complete or not at all."""

import os
import secrets
from pathlib import Path


def write_atomic(path: str | Path, data: bytes) -> Path:
    """Write the bytes to the path by way of a temporary file in the same folder.

    Raises
    ------
    OSError
        The file cannot be written there. The text names the folder and the reason; nothing is
        left behind, and a file that was there before is untouched.
    """
    path = Path(path)
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        try:
            part.write_bytes(data)
            os.replace(part, path)
        finally:
            # After a success there is no such file; a missing folder is reported above.
            if part.is_file():
                part.unlink()
    except OSError as error:
        raise OSError(
            error.errno,
            f"cannot write {path.name} into the folder {path.parent.absolute()}: {error.strerror}",
        ) from error
    return path


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
