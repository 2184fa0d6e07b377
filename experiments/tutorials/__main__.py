"""Make the notebooks of tutorials, running all their examples and comparing what they print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from experiments.tutorials.page import tutorials


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the notebooks of the tutorials with the numbers given, or of all; return the exit code."""
    pages = {page.name[:2]: page for page in tutorials()}
    parser = argparse.ArgumentParser(prog="python -m experiments.tutorials", description=__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help=f"{', '.join(pages)}; all if left out")
    numbers = parser.parse_args(arguments).numbers
    if wrong := [number for number in numbers if number not in pages]:
        parser.error(f"there is no tutorial {wrong[0]!r}; tutorials are {', '.join(pages)}")
    try:
        from experiments.tutorials.notebook import TutorialError, write
    except ModuleNotFoundError as error:
        parser.error(f'notebooks need {error.name}: python -m pip install -e ".[notebooks]"')
    for number in numbers or pages:
        try:
            print(write(pages[number]), flush=True)
        except TutorialError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
