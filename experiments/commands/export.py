"""Write all rows of a sweep as one CSV file, a line per epoch and per result, in the order of the names.

Columns: the run's name, the row's kind and epoch, the settings ("settings.lr"), what was measured
("ratios.post.median_from_8"). Lists are JSON. Equal sweeps give equal files, byte for byte.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.sweep import arguments
from experiments.sweep.export import export


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_stored(parser)
    parser.add_argument("--csv", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--timing", action="store_true", help="also what differs each time: seconds")


def run(args: argparse.Namespace) -> int:
    """Write the file; return the exit code."""
    export(args.out, args.csv, timing=args.timing)
    return 0
