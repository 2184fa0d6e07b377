"""What the layout engine writes to stderr, without the noise."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# The wheel's fontconfig is older than the templates of many systems; a big tree just takes longer.
_NOISE = ("Fontconfig warning:", "Warning: graph has ")


@contextmanager
def engine_messages() -> Iterator[list[str]]:
    """Collect what is written on the process's stderr inside the block, by C code too.

    The list is filled when the block ends. If it ends well, the lines are printed; if it raises,
    they are left to the handler of the exception. Lines known to be noise are dropped.
    """
    lines: list[str] = []
    try:
        stderr = os.dup(2)
    except OSError:  # a process without stderr
        yield lines
        return
    with tempfile.TemporaryFile() as sink:
        _flush()
        os.dup2(sink.fileno(), 2)
        try:
            yield lines
        finally:
            _flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            sink.seek(0)
            text = sink.read().decode(errors="replace")
            lines += [line for line in text.splitlines() if not line.startswith(_NOISE)]
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201


def _flush() -> None:
    with suppress(AttributeError, ValueError, OSError):  # no stderr, or a closed one
        sys.stderr.flush()
