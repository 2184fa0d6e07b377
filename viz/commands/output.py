"""Options on how a picture is written, and its writing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from viz.command_line import InputError
from viz.files import suffix_of
from viz.picture import SUFFIXES, Picture
from viz.size import inches, letter_size

SMALLEST = 5.0  # points: smaller letters cannot be read in print


def add_out(parser: argparse.ArgumentParser, width: str = "--width") -> None:
    """Declare where a picture is written, and how wide; `width`: what the option for that is called."""
    parser.add_argument(
        "-o",
        "--out",
        type=picture_path,
        metavar="FILE",
        help=f"where to write ({' '.join(f'.{name}' for name in SUFFIXES)}); printed as text if left out",
    )
    parser.add_argument(
        width,
        dest="picture_width",
        type=picture_width,
        metavar="WIDTH",
        help="of the picture, as 3.3in, 8.4cm, 84mm or 240pt; letters shrink and grow with it",
    )


def deliver(picture: Picture, args: argparse.Namespace) -> int:
    """Write the picture and print its path, or print the picture; return the exit code."""
    out, width = args.out, args.picture_width
    if out is None:
        if width is not None:
            raise InputError("a width is that of a picture in a file: -o FILE")
        print(picture.to_text(), end="")
        return 0
    try:
        print(picture.save(out, width=width))
    except ValueError as error:
        raise InputError(str(error)) from None
    if width is not None and (points := letter_size(picture.to_svg(), width)) < SMALLEST:
        print(
            f"note: letters have {points:.1f} points at this width; fewer levels (--max-depth) or a wider "
            "picture would have larger ones",
            file=sys.stderr,
        )
    return 0


def picture_width(text: str) -> str:
    """Read the width of a picture."""
    try:
        inches(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def picture_path(text: str) -> Path:
    """Read the path of a picture, which ends in one of the formats."""
    try:
        suffix_of(text, SUFFIXES)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return Path(text)
