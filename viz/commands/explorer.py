"""Write a page with sliders: how far does a gradient get in a recurrent network?

Matrix, its scale, activation, steps and inputs are set by hand; the gradients in an Elman network, an LSTM
and a GRU, the bound by the matrix's norm and its eigenvalues are computed in the page. It is one file that
needs neither a server nor the network. For example:

  python -m viz explorer -o explorer.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

from viz.explorer import explorer_page
from viz.files import suffix_of, write_atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m viz explorer`."""
    parser.add_argument(
        "-o", "--out", type=_page_path, required=True, metavar="FILE", help="write it to this .html file"
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and print its path; return the exit code."""
    print(write_atomic(args.out, explorer_page().encode()))
    return 0


def _page_path(text: str) -> Path:
    try:
        suffix_of(text, ("html",))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return Path(text)
