"""Show trainings in the browser while they run, or afterwards: gradients through depth, sentences and time.

FOLDER is that of any sweep, or of a demo with --live. Its rows give losses, accuracies, and ratios where they
were measured; what --live adds is a sentence's tree, eigenvalues, gates and the monitor's rules. The printed
address is for browsers on this machine; from elsewhere, ssh -L PORT:127.0.0.1:PORT leads to it. For example:

  python -m experiments gradient --out rows --live
  python -m experiments dashboard rows
"""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.dashboard.page import require_rows, save
from experiments.dashboard.process import become_server
from viz.arguments import whole

LAST_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where rows or looks are written")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="on this machine; 0: any free one")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="serve nothing, write the page with its data to this file"
    )


def run(args: argparse.Namespace) -> int:
    """Write the page, or serve until Ctrl-C; return the exit code."""
    if args.save is None:
        require_rows(args.folder)
        become_server(args.folder, args.port)
    print(save(args.folder, args.save))
    return 0


def _port(text: str) -> int:
    number = whole("a port", 0)(text)
    if number > LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is at most {LAST_PORT}, not {text}")
    return number
