"""What the layout engine writes to stderr is kept from the user, who cannot do anything about it."""

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Graphviz and the libraries that draw for it: "Warning: …", "Fontconfig warning: …", "(process:1): Pango-…".
_ENGINE = re.compile(r"(warning|error):|\*\* |\([^()]*:\d+\): (Pango|GLib|GObject|cairo)", re.I)
_log = logging.getLogger("minigrad")


@contextmanager
def engine_messages() -> Iterator[list[str]]:
    """Collect what is written on the process's stderr inside the block, by C code too.

    The list is filled when the block ends. If it raises, the lines are left to the handler of the exception.
    If it ends well, those of the engine go to the log, at the level of DEBUG, and those of others, in other
    threads, are printed.
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
            lines += [
                line for line in text.splitlines() if line.strip() and not line.startswith("Fontconfig")
            ]
    for line in lines:
        if _ENGINE.match(line):
            _log.debug("layout engine: %s", line.strip())
        else:
            print(line, file=sys.stderr)  # noqa: T201


def _flush() -> None:
    with suppress(AttributeError, ValueError, OSError):  # no stderr, or a closed one
        sys.stderr.flush()
