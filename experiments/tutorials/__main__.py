"""Make notebooks of the tutorials: ``python -m experiments.tutorials``, or of some: ``… 01 04``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from experiments.tutorials.page import tutorials


def main(arguments: Sequence[str]) -> int:
    """Make the notebooks of the tutorials with these numbers, or of all; return the exit code."""
    pages = {page.name[:2]: page for page in tutorials()}
    if wrong := [number for number in arguments if number not in pages]:
        print(
            f"there is no tutorial {wrong[0]!r}; tutorials are {', '.join(pages)}: "
            "python -m experiments.tutorials 01",
            file=sys.stderr,
        )
        return 2
    try:
        from experiments.tutorials.notebook import TutorialError, write
    except ImportError as error:
        print(
            f'notebooks need {error.name}: python -m pip install -e ".[notebooks]" in the project\'s folder',
            file=sys.stderr,
        )
        return 2
    for number in arguments or pages:
        try:
            print(write(pages[number]), flush=True)
        except TutorialError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
