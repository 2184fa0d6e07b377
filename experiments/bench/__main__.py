"""One measurement, in this process: ``python -m experiments.bench MODULE:FUNCTION ARGUMENTS``, as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module

from experiments.bench.process import BenchError
from minigrad import CompileWarning


def main(path: str, arguments: str) -> int:
    """Call a function and print what it returns; return the exit code."""
    module, _, name = path.partition(":")
    warnings.simplefilter("error", CompileWarning)  # or level would be timed under the name compiled
    try:
        print(json.dumps(getattr(import_module(module), name)(*json.loads(arguments))))
    except (BenchError, CompileWarning) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
