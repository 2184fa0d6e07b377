"""Check an exercise: ``python -m minigrad.exercises 1``."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from minigrad.exercises import NAMES, NotYetError


def main(arguments: Sequence[str]) -> int:
    """Check the exercise of the number given, or list them all; return the exit code."""
    modules = [import_module(f"minigrad.exercises.{name}") for name in NAMES]
    if not arguments:
        for module in modules:
            print(f"{(module.__doc__ or '').splitlines()[0]:42}{module.__file__}")
        return 0
    if len(arguments) != 1 or arguments[0] not in map(str, range(1, len(NAMES) + 1)):
        print(f"say which exercise, 1 to {len(NAMES)}: python -m minigrad.exercises 1", file=sys.stderr)
        return 2
    module = modules[int(arguments[0]) - 1]
    try:
        module.check()
    except NotYetError as error:
        print(f"not yet: {error}\n(the exercise is in {module.__file__})")
        return 1
    except Exception:
        print(f"not yet: your code raises an error\n{traceback.format_exc(limit=-1)}", end="")
        return 1
    print("right!")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
